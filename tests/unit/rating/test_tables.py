"""Rates by dimension: rows, the default row, dated states, and counting events."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from core.plugin_api.values import RateTable, TableSlot, Usage
from core.rating.price_model import RateMissing
from core.rating.price_models import BUILT_IN
from tests.unit.rating.rates import compiled, price_usage, rate

ROWS = {"FR": Decimal("0.06"), "DE": Decimal("0.12")}
SMS = RateTable("sms", "kept_until_moved", (TableSlot(0, None, ROWS, Decimal("0.20")),))
META = RateTable(
    "meta",
    "on_event_date",
    (
        TableSlot(1, None, {"FR:marketing": Decimal("0.1423")}),
        TableSlot(2, None, {"FR:marketing": Decimal("0.0854")}),
    ),
)


def used(quantity: str, dimension: str, *, slot: int = 0, events: int = 1) -> Usage:
    """Usage of one dimension."""
    return Usage(Decimal(quantity), events, "segment", dimension, slot)


@pytest.mark.parametrize(
    ("dimension", "expected", "row"),
    [("FR", "120.00", "FR"), ("DE", "240.00", "DE"), ("US", "400.00", "default")],
)
def test_a_dimension_has_its_row_or_the_default(
    dimension: str, expected: str, row: str
) -> None:
    """2,000 segments at 0.06, 0.12 and, to the rest of the world, 0.20."""
    sms = rate("flat", driver="usage", table=SMS)
    charge = price_usage(rate=sms, usage=used("2000", dimension), models=BUILT_IN)
    assert charge.amount == Decimal(expected)
    assert charge.steps[0].facts == (("table", "sms"), ("slot", "0"), ("row", row))


def test_a_missing_row_without_a_default_is_refused() -> None:
    """Nothing is priced as zero because a row is missing."""
    meta = rate("flat", driver="usage", table=META)
    with pytest.raises(RateMissing, match="no row for 'XX'"):
        price_usage(rate=meta, usage=used("1", "XX", slot=1), models=BUILT_IN)
    with pytest.raises(RateMissing, match="no slot 3"):
        price_usage(rate=meta, usage=used("1", "FR:marketing", slot=3), models=BUILT_IN)


def test_usage_is_priced_by_the_slot_that_it_carries() -> None:
    """The rate changed for everyone between slot 1 and 2: 10 x 0.1423, 10 x 0.0854."""
    meta = rate("flat", driver="usage", table=META)
    amounts = [
        price_usage(
            rate=meta, usage=used("10", "FR:marketing", slot=slot), models=BUILT_IN
        ).amount
        for slot in (1, 2)
    ]
    assert amounts == [Decimal("1.4230"), Decimal("0.8540")]


def test_a_row_may_be_the_price_of_a_batch() -> None:
    """3 started batches of 1,000 at the row's 0.06."""
    batches = rate("package", driver="usage", table=SMS, package_size="1000")
    charge = price_usage(rate=batches, usage=used("2001", "FR"), models=BUILT_IN)
    assert charge.amount == Decimal("0.18")


def test_a_rate_may_count_events_instead_of_quantities() -> None:
    """7 messages of 21 segments: 7 x 0.06 by events, 21 x 0.06 by quantity."""
    by_events = rate("flat", driver="usage", table=SMS, counts="events")
    usage = used("21", "FR", events=7)
    assert price_usage(rate=by_events, usage=usage, models=BUILT_IN).amount == Decimal("0.42")
    by_quantity = replace(by_events, counts="quantity")
    assert price_usage(rate=by_quantity, usage=usage, models=BUILT_IN).amount == Decimal("1.26")


def test_unknown_dimensions_share_one_prepared_default_row() -> None:
    """Clients choose dimensions; a thousand unknown ones must not fill the memory."""
    shared = compiled(rate("flat", driver="usage", table=SMS), BUILT_IN)
    for number in range(1000):
        shared.price_usage(Decimal(1), events=1, dimension=f"x{number}")
    assert len(shared._rows) == 1
