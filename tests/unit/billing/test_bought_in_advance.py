"""Fees of a period that spans several frequencies of the terms."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction

from core.billing.bill import bill
from core.billing.snapshot import FeeItem, FeesPart, LifeMonth
from core.kernel.frequency import Frequency
from core.rating.compile import compile_plan
from core.rating.price_models import BUILT_IN
from tests.unit.billing.sellers import TERMS, fees, invoice, period, plan, product
from tests.unit.rating.rates import rate, tier

GOLD = product(60, "gold", "termed_service")
DECODER = product(61, "decoder", "physical_good")
YEAR = period("2026-01-01", "2027-01-01")
MONTHLY_GOLD = rate("flat", base="25", per_months=1)
OF = plan(
    (GOLD, MONTHLY_GOLD),
    (DECODER, rate("flat", base="40")),
    yearly=((GOLD, rate("flat", base="250", per_months=12)),),
)


def year_of(part: FeesPart, spans: str = "12") -> FeesPart:
    """The same period, bought in advance."""
    return part._replace(spans=Fraction(spans))


def test_twelve_months_in_advance_are_twelve_times_the_month() -> None:
    """12 x 25 = 300; the plan's own price of a year, 250, is for yearly terms."""
    draft = bill(invoice(year_of(fees(OF, (GOLD, "1"), during=YEAR))))
    (line,) = draft.lines
    assert line.amount == Decimal(300)
    (_price, months) = json.loads(line.working)
    assert (months["kind"], months["label"], months["quantity"]) == (
        "months", "for 12 × month", "12",
    )  # fmt: skip


def test_a_slice_owes_its_days_of_the_whole_year() -> None:
    """From 1 February 334 of 365 days of 300: 274.52 (274.5205..)."""
    rest = period("2026-02-01", "2027-01-01")
    item = FeeItem(DECODER.id, 1, GOLD.id, Decimal(1), rest)
    draft = bill(invoice(year_of(fees(OF, item, during=YEAR, products=(GOLD,)))))
    assert draft.net == Decimal("274.52")


def test_goods_are_charged_once_however_long_the_period_is() -> None:
    """One decoder is 40."""
    draft = bill(invoice(year_of(fees(OF, (DECODER, "1"), during=YEAR))))
    assert draft.net == 40


def test_maturity_is_told_by_the_months_of_the_item_s_life() -> None:
    """Months 1 to 3 free, then 20: the year is 9 x 20 = 180 and not twelve times that."""
    scale = rate("flat", tier("1", "3", "0"), tier("4", None, "20"), driver="maturity")
    of = plan((GOLD, scale))
    life = tuple(LifeMonth(number) for number in range(1, 13))
    item = FeeItem(GOLD.id, 1, GOLD.id, Decimal(1), YEAR, life)
    assert bill(invoice(year_of(fees(of, item, during=YEAR, products=(GOLD,))))).net == 180


def test_weeks_and_quarters_span_too() -> None:
    """A fortnight on weekly terms is 2 x 7 = 14; a year on quarterly ones 4 x 3 x 25."""
    weekly = TERMS._replace(frequency=Frequency(1, "week"))
    quarterly = TERMS._replace(frequency=Frequency(3, "month"))
    fortnight = period("2026-01-01", "2026-01-15")
    by_week = OF.source._replace(
        rates=(OF.source.rates[0]._replace(rate=rate("flat", base="7"), frequency="week"),)
    )
    of = compile_plan(by_week, BUILT_IN)
    two = year_of(fees(of, (GOLD, "1"), during=fortnight, terms=weekly), "2")
    assert bill(invoice(two)).net == 14
    four = year_of(fees(OF, (GOLD, "1"), during=YEAR, terms=quarterly), "4")
    assert bill(invoice(four)).net == 300
