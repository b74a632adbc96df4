"""What a rate may be, checked on the way in.

Every problem carries a path into the rate, so that a catalogue error can name its line.
Which driver a kind of product may have is CRM.COM's list, kept in one table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from core.kernel.errors import Problem
from core.kernel.money import MAX_DIGITS
from core.plugin_api.values import Driver, Rate
from core.rating.price_model import PriceModels
from core.rating.price_models import BUILT_IN
from core.rating.price_models.scale import segments_of, stretch
from core.rating.tier_rules import ONE, tier_problems

MAX_ROWS: Final = 2_000
MAX_SLOTS: Final = 1_000
MAX_PER_MONTHS: Final = 1_200
MAX_PRICE: Final = Decimal("1e13")

DRIVERS: Final[Mapping[str, tuple[Driver, ...]]] = MappingProxyType(
    {
        "one_time_service": ("duration", "quantity"),
        "module": ("quantity", "maturity"),
        "pack": ("quantity", "maturity"),
        "licence": ("quantity", "maturity"),
        "termed_service": ("quantity", "maturity"),
        "physical_good": ("quantity",),
        "usage_service": ("usage",),
        "expense": (),
    }
)

RECURRING: Final = frozenset({"module", "pack", "licence", "termed_service"})


def validate_rate(rate: Rate, *, kind: str, models: PriceModels) -> list[Problem]:
    """Return everything wrong with a rate for a kind of product; empty when it is sound."""
    of_tiers = [*tier_problems(rate.tiers)]
    return [
        *_driver_problems(rate, kind),
        *_expense_problems(rate, kind),
        *_price_problems(rate),
        *(of_tiers or _coverage_problems(rate)),
        *_table_problems(rate),
        *_bound_problems(rate, kind),
        *_maturity_problems(rate),
        *_model_problems(rate, models),
    ]


def _driver_problems(rate: Rate, kind: str) -> Iterator[Problem]:
    allowed = DRIVERS.get(kind)
    if allowed is None:
        kinds = ", ".join(DRIVERS)
        yield Problem("UNKNOWN_PRODUCT_KIND", f"{kind!r} is no kind of product; use {kinds}")
    elif allowed and rate.driver not in allowed:
        listed = " or ".join(allowed)
        yield Problem(
            "DRIVER_NOT_ALLOWED",
            f"a rate for a {kind} goes by {listed}, not by {rate.driver or 'nothing'}",
            ("driver",),
        )
    elif not allowed and rate.driver is not None:
        yield Problem(
            "DRIVER_NOT_ALLOWED",
            f"a rate for an {kind} has no driver; leave out {rate.driver}",
            ("driver",),
        )


def _expense_problems(rate: Rate, kind: str) -> Iterator[Problem]:
    if kind == "expense" and rate.tiers:
        told = "an expense has one price and no tiers; give it a base price instead"
        yield Problem("TIERS_NOT_ALLOWED", told, ("tiers",))


def _price_problems(rate: Rate) -> Iterator[Problem]:
    if rate.base is not None:
        yield from amount_problems(rate.base, ("base",))
    if rate.base is None and not rate.tiers and rate.table is None:
        yield Problem("PRICE_MISSING", "give a base price, tiers or a table", ("base",))
    yield from amount_problems(rate.free_units, ("free_units",))


def _coverage_problems(rate: Rate) -> Iterator[Problem]:
    """Refuse sound tiers that leave a quantity without any price: its bill would park."""
    if not rate.tiers or rate.base is not None or rate.table is not None:
        return
    if rate.model not in BUILT_IN:
        return  # a plugin's model may read tiers in its own way
    for segment in segments_of(rate):
        if segment.price is None:
            told = (
                f"no tier holds what is {stretch(segment)}; close the gap, or give a base price"
            )
            yield Problem("PRICE_MISSING", told, ("tiers",))
            return


def amount_problems(value: Decimal, path: tuple[str, ...]) -> Iterator[Problem]:
    """Refuse what is negative, endless or no number at all."""
    if not value.is_finite() or value < 0:
        yield Problem("PRICE_REFUSED", f"{value} is no price; give a number of 0 or more", path)
    elif value >= MAX_PRICE:
        yield Problem("PRICE_REFUSED", f"{value:.6E} is too large; stay below 1e13", path)


def _table_problems(rate: Rate) -> Iterator[Problem]:
    table = rate.table
    if table is None:
        return
    if table.applies == "on_event_date" and rate.tiers:
        yield Problem(
            "TIERS_NOT_ALLOWED",
            "a table that changes on the date of the event cannot have tiers",
            ("tiers",),
        )
    if table.applies == "on_event_date" and rate.free_units:
        yield Problem(
            "FREE_UNITS_NOT_ALLOWED",
            "a table that changes on the date of the event would give free units anew at"
            " each date; use one that is kept_until_moved",
            ("free_units",),
        )
    if table.applies == "kept_until_moved" and len(table.slots) > 1:
        yield Problem(
            "SLOTS_NOT_ALLOWED",
            "a table kept with the plan version has one state; use applies: on_event_date",
            ("table", "slots"),
        )
    if not 1 <= len(table.slots) <= MAX_SLOTS:
        message = f"a table has 1 to {MAX_SLOTS} dated states, not {len(table.slots)}"
        yield Problem("SLOTS_REFUSED", message, ("table", "slots"))
    if len({slot.number for slot in table.slots}) < len(table.slots):
        yield Problem("SLOTS_REFUSED", "a number is given twice", ("table", "slots"))
    for index, slot in enumerate(table.slots):
        path = ("table", "slots", str(index))
        yield from row_problems(tuple(slot.rows.items()), slot.default, path=path)


def row_problems(
    rows: tuple[tuple[str, Decimal], ...],
    default: Decimal | None,
    *,
    path: tuple[str, ...] = (),
) -> Iterator[Problem]:
    """Return what is wrong with the rows of a table as they were written.

    Takes pairs and not a mapping, so that a dimension given twice is seen.
    """
    if len(rows) > MAX_ROWS:
        yield Problem("TOO_MANY_ROWS", f"a table has at most {MAX_ROWS} rows", (*path, "rows"))
        return
    if not rows and default is None:
        yield Problem("PRICE_MISSING", "give the table a row or a default", (*path, "rows"))
    seen: set[str] = set()
    for dimension, price in rows:
        row_path = (*path, "rows", dimension)
        if dimension in seen:
            message = f"the row {dimension!r} is given twice; keep one"
            yield Problem("DUPLICATE_ROW", message, row_path)
        seen.add(dimension)
        yield from amount_problems(price, row_path)
    if default is not None:
        yield from amount_problems(default, (*path, "default"))


def _bound_problems(rate: Rate, kind: str) -> Iterator[Problem]:
    size = rate.package_size
    if size is not None and not (size.is_finite() and 0 < size < MAX_PRICE):
        message = "a batch holds more than 0 units and fewer than 1e13"
        yield Problem("PACKAGE_SIZE_REFUSED", message, ("package_size",))
    if rate.precision is not None and not 0 <= rate.precision <= MAX_DIGITS:
        message = f"a unit price has 0 to {MAX_DIGITS} decimals"
        yield Problem("PRECISION_REFUSED", message, ("precision",))
    per_months = rate.per_months
    if per_months is not None and not 1 <= per_months <= MAX_PER_MONTHS:
        message = f"a price is for 1 to {MAX_PER_MONTHS} months"
        yield Problem("PER_MONTHS_REFUSED", message, ("per_months",))
    if per_months is not None and kind in DRIVERS and kind not in RECURRING:
        message = f"a {kind} does not recur; leave out the months its price is for"
        yield Problem("PER_MONTHS_REFUSED", message, ("per_months",))
    if rate.counts == "events" and kind != "usage_service":
        message = "only usage counts events; leave out counts"
        yield Problem("COUNTS_NOT_ALLOWED", message, ("counts",))


def _maturity_problems(rate: Rate) -> Iterator[Problem]:
    if rate.driver != "maturity":
        return
    if rate.model not in {"flat", "tiered"}:
        message = "a rate by maturity is flat or tiered"
        yield Problem("MODEL_NOT_ALLOWED", message, ("model",))
    if rate.table is not None:
        message = "a rate by maturity has tiers of months, no table"
        yield Problem("TABLE_NOT_ALLOWED", message, ("table",))
    if rate.free_units:
        message = "a rate by maturity has no free units; give the first months the price 0"
        yield Problem("FREE_UNITS_NOT_ALLOWED", message, ("free_units",))
    for index, tier in enumerate(rate.tiers):
        if tier.fee:
            message = "a tier of months has a price and no fee"
            yield Problem("FEE_NOT_ALLOWED", message, ("tiers", str(index), "fee"))
        if tier.upto is not None and tier.upto % ONE:
            message = "months are whole; give a whole number"
            yield Problem("TIER_REFUSED", message, ("tiers", str(index), "to"))


def _model_problems(rate: Rate, models: PriceModels) -> Iterator[Problem]:
    model = models.get(rate.model)
    if model is None:
        known = ", ".join(sorted(models))
        message = f"no price model is called {rate.model!r}; use {known}"
        yield Problem("UNKNOWN_PRICE_MODEL", message, ("model",))
    else:
        yield from model.validate(rate)
