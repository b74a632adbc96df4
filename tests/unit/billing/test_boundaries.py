"""Where a rule of the invoice begins and ends: bounds, shares of fees, the order of parts."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations
from uuid import UUID

import pytest

from core.billing.bill import bill
from core.billing.lines import ImplausibleInvoice
from core.billing.snapshot import ChargedFee
from core.rating.compile import CompiledPlan
from core.rating.plan import Commitment
from tests.unit.billing.sellers import (
    EMAILS,
    FEBRUARY,
    JANUARY,
    crm360,
    fees,
    invoice,
    period,
    plan,
    product,
    usage,
)
from tests.unit.rating.rates import rate

ANTENNA = product(33, "antenna", "physical_good", "zero")
SEAT = product(30, "seat", "licence")


@pytest.mark.parametrize(
    ("price", "refused"), [("9999999999999.99", False), ("10000000000000", True)]
)
def test_a_line_and_a_total_stay_below_ten_trillion(price: str, refused: bool) -> None:
    """The database holds amounts below 1e13; 1e13 itself would fail only there."""
    snapshot = invoice(fees(plan((ANTENNA, rate("flat", base=price))), (ANTENNA, "1")))
    if refused:
        with pytest.raises(ImplausibleInvoice, match="a total of"):
            bill(snapshot)
    else:
        assert bill(snapshot).total == Decimal(price)


def test_a_line_beyond_the_bound_is_found_below_a_sound_total() -> None:
    """A late void of 1e13 - 1 and a charge of 1e13 total 1, and are still no invoice."""
    of = plan((EMAILS, rate("flat", driver="usage", base="1")))
    before = bill(invoice(usage(of, (EMAILS, "9999999999999"))._replace(tax_rates=UNTAXED)))
    late = usage(of)._replace(
        period_id=UUID(int=19), billed=before.steps[0].totals, seq=2, is_late=True,
        products={EMAILS.id: EMAILS}, tax_rates=UNTAXED,
    )  # fmt: skip
    now = usage(of, (EMAILS, "10000000000000"), during=FEBRUARY)._replace(tax_rates=UNTAXED)
    with pytest.raises(ImplausibleInvoice, match=r"no sound charge of 1\.0"):
        bill(invoice(late, now))


UNTAXED = {"standard": Decimal(0)}


def committed(minimum: str) -> CompiledPlan:
    """Seats at 100 a month, which count towards a minimum."""
    return plan(
        (SEAT, rate("flat", base="100", per_months=1)),
        commitment=Commitment(Decimal(minimum), kinds=frozenset({"licence"})),
    )


def test_a_year_s_fee_counts_by_its_days_in_the_month() -> None:
    """31 of 365 days of 3,650.00 are 310.00 of January's minimum of 400.00."""
    year = period("2026-01-01", "2027-01-01")
    part = usage(committed("400"), products=(SEAT,))
    paid = part._replace(fees=(ChargedFee(SEAT.id, year, Decimal("3650.00")),))
    assert [line.amount for line in bill(invoice(paid)).lines] == [Decimal("90.00")]


def test_a_fee_of_the_month_alone_counts_in_full() -> None:
    """310.00 for 11 to 31 January, whatever the days: 90.00 are missing."""
    rest = period("2026-01-11", "2026-02-01")
    part = usage(committed("400"), products=(SEAT,))
    paid = part._replace(fees=(ChargedFee(SEAT.id, rest, Decimal("310.00")),))
    assert [line.amount for line in bill(invoice(paid)).lines] == [Decimal("90.00")]


def test_a_late_period_does_not_count_the_fees_of_the_invoice_that_carries_it() -> None:
    """Its own inputs hold what was charged for it; a slice added later is February's."""
    of = committed("400")
    first = bill(invoice(usage(of, products=(SEAT,))))
    assert first.net == 400
    late = usage(of, products=(SEAT,))._replace(
        billed=first.steps[0].totals, seq=2, is_late=True
    )
    carrying = bill(invoice(late, fees(of, (SEAT, "1"), during=JANUARY)))
    assert [(line.kind, line.amount) for line in carrying.lines] == [("fee", Decimal(100))]


def test_the_order_of_periods_does_not_change_a_byte() -> None:
    """Steps are recorded in the order of the periods, however these were read."""
    level = crm360(3)
    parts = [
        usage(level, (EMAILS, "1000"), during=during)._replace(period_id=UUID(int=number))
        for number, during in ((20, JANUARY), (21, FEBRUARY))
    ]
    drafts = {repr(bill(invoice(*order)).steps) for order in permutations(parts)}
    assert len(drafts) == 1
