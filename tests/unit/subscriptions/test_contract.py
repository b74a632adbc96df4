"""Terms that are agreed for a length of time, and the notice that ends them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from core.catalogue.compile import TermsVersion
from core.kernel.frequency import Frequency
from core.kernel.periods import Period
from core.periods.schedule import Schedule
from core.subscriptions.contract import agreed_at

NOBODY = UUID(int=0)


def terms(
    frequency: str = "month", *, term: str = "12 months", notice: str = "30 days"
) -> TermsVersion:
    """Terms with a length and a notice; an empty text is none."""
    every = Frequency.parse(frequency)
    return TermsVersion(
        id=NOBODY, terms_id=NOBODY, code="terms", number=1, frequency=every,
        usage_frequency=every, anchor="anniversary", fixed_charges="advance", proration="day",
        closes_after=timedelta(0), plans=frozenset(), default_plan_id=None,
        term=Frequency.parse(term) if term else None,
        notice=Frequency.parse(notice) if notice else None,
    )  # fmt: skip


def day(year: int, month: int, number: int) -> datetime:
    """Midnight in UTC."""
    return datetime(year, month, number, tzinfo=UTC)


def test_a_year_of_months_ends_after_a_year_and_asks_for_thirty_days() -> None:
    """From 14 April 2026 to 14 April 2027; 15 March is the last day: 30 before the end."""
    held = terms()
    schedule = Schedule.of(held, anchor=date(2026, 4, 14), zone="UTC")
    start = day(2026, 4, 14)
    found = agreed_at(day(2026, 10, 1), held, schedule=schedule, term_from=start)
    assert found.period == Period(start, day(2027, 4, 14))
    assert found.notice_until == day(2027, 3, 16)  # 14 April - 30 days is 15 March, to its end


@pytest.mark.parametrize(
    ("instant", "ends_at"),
    [
        (datetime(2027, 4, 13, 23, 59, tzinfo=UTC), day(2027, 4, 14)),
        (day(2027, 4, 14), day(2028, 4, 14)),
        (day(2028, 4, 14), day(2029, 4, 14)),
    ],
)
def test_the_next_term_begins_where_the_last_one_ends(
    instant: datetime, ends_at: datetime
) -> None:
    """The end itself is in the next term."""
    held = terms()
    schedule = Schedule.of(held, anchor=date(2026, 4, 14), zone="UTC")
    found = agreed_at(instant, held, schedule=schedule, term_from=day(2026, 4, 14))
    assert found.period.end == ends_at


def test_a_term_ends_with_the_fees_period_that_holds_its_last_day() -> None:
    """From 10 January by calendar months: a year is over on the 10th, January on the 31st."""
    held = terms()
    schedule = Schedule.of(held, anchor=date(2026, 1, 1), zone="UTC")
    found = agreed_at(day(2026, 5, 1), held, schedule=schedule, term_from=day(2026, 1, 10))
    assert found.period == Period(day(2026, 1, 10), day(2027, 2, 1))


def test_without_a_term_each_period_is_agreed_for() -> None:
    """A monthly subscription with a notice of 7 days: 25 May is the last day for May."""
    held = terms(term="", notice="7 days")
    schedule = Schedule.of(held, anchor=date(2026, 1, 1), zone="UTC")
    found = agreed_at(day(2026, 5, 12), held, schedule=schedule, term_from=day(2026, 1, 10))
    assert found.period == Period(day(2026, 5, 1), day(2026, 6, 1))
    assert found.notice_until == day(2026, 5, 26)  # 1 June - 7 days is 25 May, to its end


def test_without_notice_renewal_may_be_turned_off_until_the_end() -> None:
    """Nothing comes too late."""
    held = terms(notice="")
    schedule = Schedule.of(held, anchor=date(2026, 4, 14), zone="UTC")
    found = agreed_at(day(2026, 10, 1), held, schedule=schedule, term_from=day(2026, 4, 14))
    assert found.notice_until == found.period.end == day(2027, 4, 14)
