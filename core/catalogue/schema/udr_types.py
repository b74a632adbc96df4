"""UDR types: what an order or a record of usage must say."""

# ruff: noqa: RUF009 - key() makes a dataclass field

from __future__ import annotations

from dataclasses import dataclass

from core.catalogue.schema.fields import EntryState, key


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeDefinition:
    """The values that an attribute may have."""

    values: tuple[str, ...] | None = key(
        "The allowed values.",
        default=None,
        default_text="any value",
        refused_when="there is none, or one comes twice or is empty",
    )
    required: bool = key("Whether it has to be given.", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UdrTypeDefinition:
    """A kind of usage record with its attributes; an attribute left out is not taken."""

    code: str = key("Stable code of the type, unique in the tenant.")
    name: str = key("Name shown to people.")
    unit_label: str = key("What one unit of the amount is called.", default="")
    methods: AttributeDefinition | None = key("Usage methods (TV, web).", default=None)
    devices: AttributeDefinition | None = key("Devices.", default=None)
    source_systems: AttributeDefinition | None = key("Systems that send it.", default=None)
    source_categories: AttributeDefinition | None = key(
        "Categories of where it came from.", default=None
    )
    destination_categories: AttributeDefinition | None = key(
        "Categories of where it went.", default=None
    )
    amount_required: bool = key(
        "Whether the amount of usage has to be given.",
        default=False,
        default_text="not given, it is 1",
    )
    state: EntryState = key("`inactive` types take no new records.", default="active")
