"""The inputs of the catalogue, made from its one schema; and back to its plain form.

A key of the catalogue is declared once, in `core.catalogue.schema`: its type and
description become the input's. What is given goes through the same reader as YAML, so that
both say the same of the same mistake.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import Field, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Final, Literal, Union, get_args, get_origin

import strawberry

from api.features.catalogue import entry_enums, enums, living_enums
from core.catalogue.schema import InlineTableDefinition
from core.catalogue.schema.fields import (
    DEFAULT_TEXT,
    DESCRIPTION,
    GROUPED,
    KEY,
    KEYED_BY,
    is_required,
    types_of,
)

ENUMS: Final[dict[frozenset[str], type[Enum]]] = {
    frozenset(str(member.value) for member in found): found
    for found in (
        enums.ProductKind,
        enums.OfferState,
        enums.TaxMode,
        enums.BilledIn,
        enums.GaugePolicy,
        enums.TableApplies,
        enums.PriceDriver,
        enums.PackageRounding,
        enums.RateCounts,
        enums.PeriodAnchor,
        enums.TermsKind,
        enums.BelowThreshold,
        enums.DiscountsAllowed,
        enums.JobBills,
        entry_enums.EntryState,
        entry_enums.SegmentSubject,
        entry_enums.DiscountState,
        entry_enums.DiscountMethod,
        entry_enums.DiscountTarget,
        entry_enums.DiscountScope,
        entry_enums.DiscountRangeOf,
        entry_enums.UsageCatalogueState,
        entry_enums.AdvanceDurationUnit,
        enums.Proration,
        living_enums.FeatureCounts,
        living_enums.FeatureBeyond,
        living_enums.GrantPer,
        living_enums.GrantRenews,
        living_enums.ChangeActs,
        living_enums.FewerActs,
        living_enums.MoreActs,
        living_enums.EarlyEnd,
    )
}
NAMES: Final[Mapping[str, str]] = {
    "RangeDefinition": "DiscountRange",
    "AttributeDefinition": "UdrAttribute",
    "ConditionalRateDefinition": "ConditionalRate",
    "DefaultRateDefinition": "DefaultRate",
    "ValidityDefinition": "UsageValidity",
    "UsageServiceDefinition": "UsageService",
    "UsageWindowDefinition": "UsageWindow",
    "DurationDefinition": "AdvanceDuration",
    "BindingDefinition": "TermsBinding",
    "RestingDefinition": "TermsResting",
    "PaymentDefinition": "TermsPayment",
    "SurchargeDefinition": "RateSurcharge",
    "GrantDefinition": "ProductGrant",
    "TrialDefinition": "ProductTrial",
    "TrialGrantDefinition": "ProductTrialGrant",
}
"""What nested definitions are called in the API, where their own name says too little."""
INLINE_TABLE: Final = "inline_table"


@strawberry.input(description="A price of a rate table.")
class PriceRowInput:
    """A price by dimension value or zone."""

    value: str = strawberry.field(description="The dimension's value, or a zone.")
    price: Decimal = strawberry.field(description="The price of one unit there.")


@strawberry.input(description="A named text: a setting of a price model, a rule set.")
class OptionInput:
    """A named text."""

    name: str = strawberry.field(description="What is set.")
    value: str = strawberry.field(description="What it is set to.")


@strawberry.input(description="A named list of dimension values.")
class ZoneInput:
    """A zone."""

    name: str = strawberry.field(description="What rows call it.")
    values: list[str] = strawberry.field(description="The values in it.")


_MAPPINGS: Final[dict[Any, tuple[type, str, str]]] = {
    Decimal: (PriceRowInput, "value", "price"),
    str: (OptionInput, "name", "value"),
    tuple: (ZoneInput, "name", "values"),
}


def definition_input(
    definition: type,
    name: str,
    *,
    description: str,
    bases: tuple[type, ...] = (),
    without: tuple[str, ...] = (),
    all_optional: bool = False,
    more: Mapping[str, tuple[Any, Any]] | None = None,
) -> Any:
    """Make an input with a field for each key of a definition.

    `more` are fields besides, by name, as annotation and `strawberry.field`; with
    `all_optional` what is left out is meant to stay as it is.
    """
    annotations: dict[str, Any] = {}
    namespace: dict[str, Any] = {"__annotations__": annotations, "__module__": __name__}
    for field_name, (annotation, declared) in (more or {}).items():
        annotations[field_name], namespace[field_name] = annotation, declared
    hints = types_of(definition)
    for found in fields(definition):
        if found.name in without:
            continue
        for field_name, annotation in _annotated(found, hints[found.name]):
            is_optional = all_optional or not is_required(found)
            annotations[field_name] = annotation | None if is_optional else annotation
            default = {"default": strawberry.UNSET} if is_optional else {}
            told = _told(found, field_name)
            namespace[field_name] = strawberry.field(description=told, **default)
    return strawberry.input(type(name, bases, namespace), description=description)


def plain_of(definition: type, given: Any) -> dict[str, Any]:
    """Return what an input gives as the plain values that YAML would hold."""
    written: dict[str, Any] = {}
    hints = types_of(definition)
    for found in fields(definition):
        name = found.metadata.get(KEY) or found.name
        inline = getattr(given, INLINE_TABLE, strawberry.UNSET)
        if found.name == "table" and inline not in (None, strawberry.UNSET):
            written[name] = plain_of(InlineTableDefinition, inline)
            continue
        value = getattr(given, found.name, strawberry.UNSET)
        if value is strawberry.UNSET:
            continue
        written[name] = None if value is None else _plain(found, hints[found.name], value)
    return written


def _annotated(found: Field[Any], hint: Any) -> list[tuple[str, Any]]:
    """Return the fields of the input that stand for a key: one, or two for a table."""
    if found.name == "table":
        inline = (INLINE_TABLE, _nested(InlineTableDefinition))
        return [("table", str), inline] if str in members_of(hint) else [inline]
    return [(found.name, _annotation(present(hint)))]


def _annotation(hint: Any) -> Any:
    origin = get_origin(hint)
    if origin is Literal:
        return ENUMS[frozenset(get_args(hint))]
    if origin is tuple:
        return list[_annotation(get_args(hint)[0])]  # type: ignore[misc] # made at run time
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return list[_mapping(hint)[0]]  # type: ignore[misc] # made at run time
    if is_dataclass(hint) and isinstance(hint, type):
        return _nested(hint)
    if hint in {date, datetime} or members_of(hint) == {date, datetime}:
        return str
    return hint


def _plain(found: Field[Any], hint: Any, value: Any) -> Any:
    inner = present(hint)
    keyed_by = found.metadata.get(KEYED_BY)
    if keyed_by:
        grouped = bool(found.metadata.get(GROUPED))
        return _keyed(get_args(inner)[0], keyed_by, value, grouped=grouped)
    return _value(inner, value)


def _value(hint: Any, value: Any) -> Any:
    origin = get_origin(hint)
    if origin is Literal:
        return value.value
    if origin is tuple:
        return [_value(get_args(hint)[0], item) for item in value]
    if isinstance(origin, type) and issubclass(origin, Mapping):
        _row, name, of = _mapping(hint)
        return {getattr(row, name): getattr(row, of) for row in value}
    if is_dataclass(hint) and isinstance(hint, type):
        return plain_of(hint, value)
    return value


def _keyed(item: type, keyed_by: str, values: list[Any], *, grouped: bool) -> dict[str, Any]:
    """Write a list as YAML does: by the key, and as a list where one has several."""
    written: dict[str, Any] = {}
    for value in values:
        body = plain_of(item, value)
        name = body.pop(keyed_by)
        if grouped:
            written.setdefault(name, []).append(body)
        else:
            written[name] = body
    return written


def _mapping(hint: Any) -> tuple[type, str, str]:
    item = get_args(hint)[1]
    return _MAPPINGS[get_origin(item) or item]


@cache
def _nested(definition: type) -> Any:
    own = definition.__name__
    name = f"{NAMES.get(own, own.removesuffix('Definition'))}Input"
    told = (definition.__doc__ or name).strip().partition("\n")[0]
    return definition_input(definition, name, description=told)


def present(hint: Any) -> Any:
    """Take the None off an annotation that may be None."""
    members = members_of(hint)
    if type(None) not in members:
        return hint
    left = [member for member in get_args(hint) if member is not type(None)]
    return left[0] if len(left) == 1 else Union[tuple(left)]  # noqa: UP007 - made at run time


def members_of(hint: Any) -> set[Any]:
    """Return the members of a union; none of anything else."""
    return set(get_args(hint)) if get_origin(hint) in {Union, types.UnionType} else set()


def _told(found: Field[Any], name: str) -> str:
    if name == INLINE_TABLE:
        return "Prices by dimension that are written into the rate, for it alone."
    told = str(found.metadata[DESCRIPTION])
    if members_of(found.type) or "date" in str(found.type):
        told = f"{told} Write 2026-01-31, or an instant with its offset."
    default = found.metadata.get(DEFAULT_TEXT)
    return f"{told} Default: {default}." if default else told
