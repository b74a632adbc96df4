"""Rates: how one product is priced in one plan, and the variants of a rate."""

# ruff: noqa: RUF009 - key() makes a dataclass field

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from core.catalogue.schema.fields import key
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
class SurchargeDefinition:
    """A percentage on top of each unit price: what is passed on, and a fee of so much of it."""

    percent: Decimal = key(
        "Part of the unit price that is added, in percent.",
        refused_when="it is not above 0 and at most 1000",
    )
    precision: int = key(
        "Decimals to which the unit price and what is added are rounded, each (0 to 12).",
        default=4,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RateVariantDefinition:
    """A price in place of a rate's own while a condition holds; the first that holds counts."""

    when: str = key(
        "The condition, over account, subscription or job, and the item.",
        refused_when="it is empty; it is of usage or of a gauge and reads the item",
        detail="condition",
    )
    name: str = key(
        "What the working of a charge calls it.", default="", default_text="the condition"
    )
    model: str = key(
        "Price model: `flat`, `tiered`, `package`, or one of a plugin.",
        default="",
        default_text="`package` where `package` is given, else `flat`",
    )
    driver: Driver | None = key(
        "What the quantity is.",
        default=None,
        default_text="the rate's",
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
    counts: Counts | None = key(
        "Count the quantity, or the number of events.", default=None, default_text="the rate's"
    )
    precision: int | None = key(
        "Decimals to which the unit price is rounded (0 to 12).",
        default=None,
        default_text="the unit price is not rounded",
    )
    surcharge: SurchargeDefinition | None = key(
        "A percentage on top of each unit price.",
        default=None,
        refused_when="the rate has a `precision` of its own",
    )
    per: str = key(
        "The time that the price stands for, in months or years.",
        default="",
        default_text="the rate's",
        refused_when="the product does not recur, or the rate has a `frequency`",
        detail="frequency",
    )
    table: InlineTableDefinition | None = key(
        "Prices by dimension, written here.",
        default=None,
        refused_when="the rate has a table with dates",
    )
    options: Mapping[str, str] = key(
        "Settings of a plugin's own price model.",
        empty=dict,
        default_text="none",
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
    surcharge: SurchargeDefinition | None = key(
        "A percentage on top of each unit price.",
        default=None,
        refused_when="the rate has a `precision` of its own",
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
    variants: tuple[RateVariantDefinition, ...] = key(
        "Other prices under a condition each, in the order in which they are asked.",
        default=(),
        refused_when="the product's events are priced one by one; there are more than 20",
    )
