"""What a type of usage record asks of an order's attributes. Pure."""

from __future__ import annotations

from typing import Final, NamedTuple

from core.catalogue.schema.udr_types import AttributeDefinition, UdrTypeDefinition
from core.plugin_api.values import RateFacts

_ATTRIBUTES: Final = (
    ("method", "method", "methods"),
    ("device", "device", "devices"),
    ("source_system", "sourceSystem", "source_systems"),
    ("source_category", "sourceCategory", "source_categories"),
    ("destination_category", "destinationCategory", "destination_categories"),
)


class Fault(NamedTuple):
    """What is wrong with an attribute, and its name in the schema."""

    field: str
    message: str


def attribute_fault(udr_type: UdrTypeDefinition, facts: RateFacts) -> Fault | None:
    """Return the first attribute that the type does not take; None when all is well."""
    for name, shown, allowed in _ATTRIBUTES:
        fault = _fault(getattr(facts, name), getattr(udr_type, allowed))
        if fault:
            return Fault(shown, f"{shown} {fault}")
    if udr_type.amount_required and facts.amount is None:
        return Fault("amount", f"amount is missing; records of {udr_type.code} need it")
    return None


def _fault(value: str, attribute: AttributeDefinition | None) -> str:
    if attribute is None:
        return "is not taken by this type of record; leave it out" if value else ""
    choices = ", ".join(attribute.values or ())
    if not value:
        told = f"; choose from {choices}" if choices else ""
        return f"is missing{told}" if attribute.required else ""
    if attribute.values and value not in attribute.values:
        return f"is {value[:80]!r}; choose from {choices}"
    return ""
