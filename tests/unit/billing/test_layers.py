"""More units of an item in a time that is paid for: the price of all less that of those."""

from __future__ import annotations

import json
from decimal import Decimal
from uuid import UUID

import pytest

from core.billing.bill import bill
from core.billing.snapshot import Discount, FeeItem, LifeMonth
from core.plugin_api.values import Rate
from tests.unit.billing.sellers import (
    JANUARY,
    SUBSCRIPTION,
    fees,
    invoice,
    period,
    plan,
    product,
)
from tests.unit.rating.rates import rate, tier

SEAT = product(72, "seat", "licence")
ITEM = UUID(int=7)
REST = period("2026-01-12", "2026-02-01")
"""20 of the 31 days of January."""


def more(quantity: str, over: str, *, life: tuple[LifeMonth, ...] = ()) -> FeeItem:
    """More units from 12 January on."""
    return FeeItem(ITEM, 2, SEAT.id, Decimal(quantity), REST, life, over=Decimal(over), layer=2)


@pytest.mark.parametrize(
    ("of", "amount"),
    [
        # 5 x 31 x 20/31 - 3 x 31 x 20/31 = 100 - 60
        (rate("flat", base="31", per_months=1), "40.00"),
        # 3 at 31, 2 more at 15.50: (93 + 31 - 93) x 20/31
        (rate("tiered", tier("1", "3", "31"), tier("4", None, "15.5"), per_months=1), "20.00"),
        # all 5 at 31 after 3 at 40: (155 - 120) x 20/31 = 22.580...
        (rate("flat", tier("1", "3", "40"), tier("4", None, "31"), per_months=1), "22.58"),
        # 5 at 10 cost less than the 3 that are paid at 31: nothing, and never below
        (rate("flat", tier("1", "3", "31"), tier("4", None, "10"), per_months=1), "0.00"),
    ],
    ids=["flat", "tiered", "flat-by-tier", "cheaper"],
)
def test_more_units_cost_the_price_of_all_less_that_of_those_paid(
    of: Rate, amount: str
) -> None:
    """5 seats, of which 3 are paid, for 20 of 31 days."""
    draft = bill(invoice(fees(plan((SEAT, of)), more("5", "3"), products=(SEAT,))))
    (line,) = draft.lines
    assert (line.amount, line.quantity) == (Decimal(amount), Decimal(2))
    (billed,) = draft.slices
    assert (billed.layer, billed.quantity, billed.line_number) == (2, Decimal(2), 1)


def test_the_working_shows_both_prices() -> None:
    """155.00, of it 20 of 31 days, less 60.00 that are paid."""
    of = plan((SEAT, rate("flat", base="31", per_months=1)))
    (line,) = bill(invoice(fees(of, more("5", "3"), products=(SEAT,)))).lines
    steps = json.loads(line.working)
    assert [(step["kind"], step["label"], step["amount"]) for step in steps] == [
        ("base", "base rate", "155"),
        ("proration", "20 of 31 days", "100"),
        ("paid", "less 3 that are paid", "-60"),
    ]
    assert steps[-1]["facts"] == {"units": "3", "price": "60"}


def test_months_of_life_are_charged_for_the_units_on_top() -> None:
    """Month 2 at 20.00 for 2 more of 5: 40.00."""
    of = plan((SEAT, rate("tiered", tier("1", None, "20"), driver="maturity")))
    item = more("5", "3", life=(LifeMonth(2),))
    assert bill(invoice(fees(of, item, products=(SEAT,)))).net == Decimal(40)


def test_a_slice_knows_its_line_and_what_was_taken_off_it() -> None:
    """10 % of 31.00: line 1 is the fee, line 2 its discount of 3.10."""
    of = plan((SEAT, rate("flat", base="31", per_months=1)))
    tenth = Discount(
        None, UUID(int=50), UUID(int=51), "tenth", "A tenth", SUBSCRIPTION, None, "percent",
        Decimal(10), JANUARY.start,
    )  # fmt: skip
    snapshot = invoice(fees(of, (SEAT, "1")))._replace(discounts=(tenth,))
    (billed,) = bill(snapshot).slices
    assert (billed.line_number, billed.reduced, billed.reduced_by) == (1, Decimal("3.1"), (2,))
