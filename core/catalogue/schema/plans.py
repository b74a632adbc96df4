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
from core.catalogue.schema.tables import InlineTableDefinition
from core.plugin_api.values import ZERO, Counts, Driver, Rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class TierDefinition:
    """A part of the quantity scale with its own price."""

    start: Decimal = key(
        "Lower limit: the upper limit before it, or that + 1; the first takes all from 0.",
        name="from",
        refused_when="it overlaps the tier before",
    )
    upto: Decimal | None = key(
        "Inclusive upper limit.", name="to", default=None, default_text="no limit"
    )
    price: Decimal = key("Price of one unit (of one batch, in a package) in this tier.")
    fee: Decimal = key("Fixed amount owed once when the tier is reached.", default=ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageDefinition:
    """Sell in batches."""

    size: Decimal = key("Units in a batch.", refused_when="it is not above 0")
    rounding: Rounding = key(
        "`up`: started batches count whole; `exact`: pro rata of a batch.", default="up"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RateDefinition:
    """How one product is priced in one plan."""

    product: str = key("Code of the product.", refused_when="no such product exists")
    frequency: str = key(
        "Price for billing periods of exactly this length (`year`); empty: for all others.",
        default="",
        refused_when="the product does not recur, or the frequency is given twice",
        detail="frequency",
    )
    model: str = key(
        "Price model: `flat`, `tiered`, `package`, or one of a plugin.",
        default="",
        default_text="`package` where `package` is given, else `flat`",
    )
    driver: Driver | None = key(
        "What the quantity is: units, hours, months of life, or usage.",
        default=None,
        default_text="`usage` for a usage service, none for an expense, else `quantity`",
        refused_when="the product's kind cannot be priced by it",
    )
    base: Decimal | None = key("Price where no tier holds the quantity.", default=None)
    tiers: tuple[TierDefinition, ...] = key(
        "Ascending tiers.", default=(), refused_when="they overlap; the product is an expense"
    )
    package: PackageDefinition | None = key("Batches.", default=None)
    free_units: Decimal = key(
        "Units of a period that cost nothing, taken off first; with a table, in each row.",
        default=ZERO,
    )
    counts: Counts = key("Count the quantity, or the number of events.", default="quantity")
    precision: int | None = key(
        "Decimals to which the unit price is rounded (0 to 12).",
        default=None,
        default_text="the unit price is not rounded",
    )
    per: str = key(
        "The time that the price stands for, in months or years.",
        default="",
        default_text="`month` for what recurs, else none",
        refused_when="the product does not recur, or `frequency` is given",
        detail="frequency",
    )
    table: str | InlineTableDefinition | None = key(
        "Prices by dimension: the code of a rate table, or rows written here.",
        default=None,
        refused_when="no such table exists",
    )
    options: Mapping[str, str] = key(
        "Settings of a plugin's own price model.",
        empty=dict,
        default_text="none",
    )


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
        "Condition asked at each billing (account, subscription, job, bill); where it is "
        "false, the base plan prices.",
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
    rates: tuple[RateDefinition, ...] = key(
        "Rates by product; a list of them where they differ by frequency.",
        default=(),
        default_text="no rates",
        refused_when="two rates of a product have the same frequency",
        keyed_by="product",
        grouped="frequency",
    )
    state: State = key("`retired` plans are no longer offered.", default="active")
