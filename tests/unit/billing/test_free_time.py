"""Free months: counted in the order of time, at the price that these months have."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from core.billing.bill import bill
from core.billing.draft import InvoiceDraft
from core.billing.free_time import length_in_months
from core.billing.snapshot import Discount, FeeItem, FeesPart, LifeMonth
from core.kernel.frequency import Frequency
from core.kernel.periods import Period
from core.rating.compile import CompiledPlan
from tests.unit.billing.reduced import applied, free, percent, taken_off
from tests.unit.billing.sellers import (
    FEBRUARY,
    JANUARY,
    SUBSCRIPTION,
    TERMS,
    YEARLY,
    fees,
    invoice,
    period,
    plan,
    product,
)
from tests.unit.rating.rates import rate, tier

GOLD = product(60, "gold", "termed_service")
START = product(63, "start-up", "expense")
ITEM = GOLD.id
YEAR = period("2016-01-01", "2017-01-01")
FLAT = plan(
    (GOLD, rate("flat", base="25", per_months=1)),
    (START, rate("flat", driver=None, base="5")),
)


def part_of(
    slice_: Period,
    whole: Period | None = None,
    *,
    of: CompiledPlan = FLAT,
    spans: int = 1,
    life: tuple[LifeMonth, ...] = (),
    frequency: Frequency = TERMS.frequency,
    zone: str = "UTC",
) -> FeesPart:
    """One Gold for a slice of a period."""
    item = FeeItem(ITEM, 1, GOLD.id, Decimal(1), slice_, life)
    part = fees(
        of, item, during=slice_, whole=whole, products=(GOLD,), zone=zone,
        terms=TERMS._replace(frequency=frequency),
    )  # fmt: skip
    return part._replace(spans=Fraction(spans))


def reduced(part: FeesPart, *discounts: Discount) -> InvoiceDraft:
    """The draft of a part with discounts."""
    return bill(invoice(part)._replace(discounts=discounts))


def months_spent(draft: InvoiceDraft) -> list[Decimal]:
    """The months of Gold that each discount spent."""
    return [dict(one.free_time)[ITEM] for one in draft.discounts]


def test_a_year_in_advance_with_three_free_months_is_nine_months() -> None:
    """12 x 25 = 300, less 3 x 25 = 75: 225."""
    draft = reduced(part_of(YEAR, spans=12), free(1, "3"))
    assert taken_off(draft) == [("Discount 1: gold", Decimal(-75))]
    assert draft.net == 225
    assert months_spent(draft) == [3]
    (step,) = json.loads(draft.lines[1].working)
    assert (step["label"], step["amount"]) == ("3 months free", "-75")


@pytest.mark.parametrize("months", [12, 1])
def test_the_criteria_may_ask_for_a_year_in_advance(months: int) -> None:
    """Platinum: first month free for who buys 12; 12 p becomes 11 p, one month stays p."""
    asked = free(1, "1", criteria="bill.advance_months == 12")
    part = part_of(YEAR, spans=12) if months == 12 else part_of(JANUARY)
    draft = bill(invoice(part)._replace(discounts=(asked,), contexts={SUBSCRIPTION: {}}))
    assert draft.net == (11 * 25 if months == 12 else 25)


def test_a_month_s_price_by_maturity_is_its_own() -> None:
    """Months 1 and 2 at 10, then 30: the year is 320, its first three 10 + 10 + 30."""
    scale = rate("flat", tier("1", "2", "10"), tier("3", None, "30"), driver="maturity")
    life = tuple(LifeMonth(number) for number in range(1, 13))
    part = part_of(YEAR, of=plan((GOLD, scale)), spans=12, life=life)
    draft = reduced(part, free(1, "3"))
    assert (draft.net, applied(draft)) == (270, {"discount-1": Decimal(50)})


def test_months_that_cost_nothing_are_spent_all_the_same() -> None:
    """Two months at 0: they are the first of three, and one is left."""
    scale = rate("flat", tier("1", "2", "0"), tier("3", None, "30"), driver="maturity")
    of = plan((GOLD, scale))
    first = reduced(part_of(JANUARY, of=of, life=(LifeMonth(1),)), free(1, "3"))
    assert (applied(first), months_spent(first)) == ({"discount-1": Decimal(0)}, [1])
    assert [line.kind for line in first.lines] == ["fee"]
    third = part_of(FEBRUARY, of=of, life=(LifeMonth(3),))
    last = reduced(third, free(1, "3", free_time={ITEM: Decimal(1)}))
    assert (last.net, months_spent(last)) == (0, [1])


def test_what_is_left_waits_for_the_next_bills() -> None:
    """Three free months on monthly bills: three bills of 0, and the fourth of 25."""
    left, nets = Decimal(3), []
    for month in ("2026-01", "2026-02", "2026-03", "2026-04"):
        first = datetime.fromisoformat(f"{month}-01")
        following = first.replace(month=first.month + 1)
        during = period(first.isoformat()[:10], following.isoformat()[:10])
        draft = reduced(part_of(during), free(1, "3", free_time={ITEM: left}))
        nets.append(draft.net)
        left -= sum(months_spent(draft))
    assert nets == [0, 0, 0, 25]


def test_days_of_a_cut_month_are_days_of_the_free_month() -> None:
    """11 of January's 31 days are free, 11/31 of a month; 20/31 of February follow."""
    rest = period("2026-01-21", "2026-02-01")
    first = reduced(part_of(rest, JANUARY), free(1, "1"))
    assert (first.net, months_spent(first)) == (0, [Decimal("0.354838709677")])  # 11 / 31
    left = 1 - months_spent(first)[0]
    second = reduced(part_of(FEBRUARY), free(1, "1", free_time={ITEM: left}))
    assert second.net == Decimal("8.87")  # 25 - 25 x 20/31 (16.129..)
    assert months_spent(first)[0] + months_spent(second)[0] == 1


def test_free_time_begins_and_ends_with_its_discount() -> None:
    """From April on three months; until March only two of them; none before it begins."""
    april = period("2016-04-01", "2016-05-01").start
    march = period("2016-03-01", "2016-04-01").start
    part = part_of(YEAR, spans=12)
    assert months_spent(reduced(part, free(1, "3", from_at=april))) == [3]
    cut = reduced(part, free(1, "3", until_at=march))
    assert (cut.net, months_spent(cut)) == (250, [2])
    late = period("2016-12-01", "2017-01-01").start
    assert months_spent(reduced(part, free(1, "3", from_at=late))) == [1]
    assert reduced(part, free(1, "3", from_at=YEAR.end)).discounts == ()


def test_by_maturity_the_discount_s_own_months_are_free() -> None:
    """From 1 March on one month, at the price of month 3."""
    scale = rate("flat", tier("1", "2", "10"), tier("3", None, "30"), driver="maturity")
    life = tuple(LifeMonth(number) for number in range(1, 13))
    part = part_of(YEAR, of=plan((GOLD, scale)), spans=12, life=life)
    march = period("2016-03-01", "2016-04-01").start
    assert applied(reduced(part, free(1, "1", from_at=march))) == {"discount-1": Decimal(30)}


def test_two_free_times_follow_each_other() -> None:
    """Three months and two are five of twelve; thirteen months are all twelve."""
    part = part_of(YEAR, spans=12)
    assert reduced(part, free(1, "3"), free(2, "2")).net == 7 * 25
    more = reduced(part, free(1, "13"), free(2, "2"))
    assert (more.net, months_spent(more)) == (0, [12])


def test_percentages_reduce_what_free_time_left() -> None:
    """300 - 75 = 225; 10 % of it is 22.50."""
    draft = reduced(part_of(YEAR, spans=12), percent(2, "10"), free(1, "3"))
    assert draft.net == Decimal("202.50")


def test_yearly_terms_have_twelve_months_too() -> None:
    """A year at 12 x 25 by the month's price; three months are 75."""
    assert reduced(part_of(YEAR, frequency=YEARLY), free(1, "3")).net == 225


def test_revisions_of_an_item_share_its_months() -> None:
    """One Gold to the 20th and two from then on; one free month takes both slices: 0."""
    one = FeeItem(ITEM, 1, GOLD.id, Decimal(1), period("2026-01-01", "2026-01-21"))
    two = FeeItem(ITEM, 2, GOLD.id, Decimal(2), period("2026-01-21", "2026-02-01"))
    part = fees(FLAT, two, one, products=(GOLD,))
    draft = reduced(part, free(1, "1"))
    assert draft.net == 0
    assert months_spent(draft) == [Decimal(1)]
    half = reduced(part, free(1, "0.5"))
    # 15.5 days: 15.5/20 of 16.13 are 12.50
    assert applied(half) == {"discount-1": Decimal("12.50")}


def test_what_is_bought_once_has_no_time() -> None:
    """A start-up fee of 5 stays, and a fee of other products too."""
    part = fees(FLAT, (START, "1"))
    assert reduced(part, free(1, "3")).net == 5
    assert reduced(part_of(JANUARY), free(1, "3", products=(START,))).net == 25
    assert reduced(part_of(JANUARY), free(1, "3", scope="usage")).net == 25


@pytest.mark.parametrize(
    ("start", "end", "zone", "months"),
    [
        ("2026-01-01", "2026-02-01", "UTC", "1"),
        ("2026-01-31", "2026-02-28", "UTC", "1"),
        ("2026-01-15", "2026-03-20", "UTC", "67/31"),  # two months, 5 of 31 days
        ("2026-01-01", "2026-01-01", "UTC", "0"),
        ("2024-02-01", "2024-02-15", "UTC", "14/29"),
        ("2026-01-01", "2027-01-01", "UTC", "12"),
    ],
)
def test_months_are_counted_from_the_first_day(
    start: str, end: str, zone: str, months: str
) -> None:
    """Whole ones by the calendar, the last by its days."""
    assert length_in_months(period(start, end), zone) == Fraction(months)
