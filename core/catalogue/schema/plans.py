"""Price plans: rates for products, and a commitment."""

# ruff: noqa: RUF009 - key() makes a dataclass field

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from core.catalogue.schema.fields import (
    ProductKind,
    State,
    TaxMode,
    key,
)
from core.catalogue.schema.rates import RateDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class CoversDefinition:
    """Which charges count towards a commitment."""

    products: tuple[str, ...] = key(
        "Products by code.", default=(), refused_when="the plan has no rate for one"
    )
    kinds: tuple[ProductKind, ...] = key("All products of these kinds.", default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentDefinition:
    """A minimum per period; what is missing is billed as a line of its own."""

    minimum: Decimal = key("The minimum amount.", refused_when="it is not above 0")
    per: str = key(
        "The time that the minimum stands for, in months or years.",
        default="month",
        detail="frequency",
    )
    covers: CoversDefinition = key("What counts.", refused_when="it names nothing")
    tax_class: str = key("Tax class of the line for the missing part.", default="standard")


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePlanDefinition:
    """Rates for products, in versions."""

    code: str = key("Stable code of the plan, unique in the tenant.")
    name: str = key("Name shown to people.")
    currency: str = key(
        "ISO 4217 code; a plan is in one currency.",
        refused_when="it differs from the stored plan's",
    )
    tax: TaxMode = key(
        "Whether the stated amounts are without or with tax.",
        default="exclusive",
        refused_when="it differs from the stored plan's",
    )
    base: str | None = key(
        "Code of the base plan; it makes this a conditional plan, which prices in its place.",
        default=None,
        default_text="none: the plan stands by itself",
        refused_when="it is conditional itself, in another currency or tax mode, or changed",
    )
    select_when: str = key(
        "Condition under which the plan may be chosen (account, subscription, job).",
        default="",
        default_text="always",
        refused_when="the plan has no base",
        detail="condition",
    )
    apply_when: str = key(
        "Condition asked at each billing (account, subscription, job); where it is false, "
        "the base plan prices.",
        default="",
        default_text="always",
        refused_when="the plan has no base",
        detail="condition",
    )
    units: tuple[str, ...] = key(
        "Org units by code whose staff may choose the plan.",
        default=(),
        default_text="everyone may",
        refused_when="no such unit exists",
    )
    family: str | None = key("Plans between which a subscriber may move.", default=None)
    level: int | None = key("Rank in the family.", default=None)
    effective_from: date | datetime | None = key(
        "When this version begins to be sold; a date is that day's start in the tenant's zone.",
        default=None,
        default_text="the first version: always; a later one: now, or the date of the version "
        "it replaces where that is still to come",
        refused_when="it is before the version that it replaces",
    )
    commitment: CommitmentDefinition | None = key("A minimum per period.", default=None)
    rule_sets: Mapping[str, str] = key(
        "Rule set of a windowed channel by which its events are judged, whatever their date.",
        empty=dict,
        default_text="the one in force on the event's date",
        refused_when="the channel has no windows, or no such rule set",
    )
    rates: tuple[RateDefinition, ...] = key(
        "Rates by product; a list of them where they differ by frequency.",
        default=(),
        default_text="no rates",
        refused_when="two rates of a product have the same frequency",
        keyed_by="product",
        grouped="frequency",
    )
    state: State = key("`retired` plans are no longer offered.", default="active")
