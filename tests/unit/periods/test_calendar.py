"""Which periods a subscription has: the first ones, and those that follow a closing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from core.kernel.periods import Frequency, Period
from core.periods.calendar import (
    MOST_PAST,
    PlannedPeriod,
    StartTooFarBack,
    first_periods,
    next_periods,
    periods_behind,
    planned_period,
)
from core.periods.rows import StreamEnd
from core.periods.schedule import FeesIn, Schedule, Stream

TENANT, ACCOUNT, SUBSCRIPTION = UUID(int=1), UUID(int=2), UUID(int=3)
MONTH, YEAR, DAY = Frequency(1, "month"), Frequency(1, "year"), Frequency(1, "day")


def at(month: int, day: int, hour: int = 0, *, year: int = 2026) -> datetime:
    """An instant of 2026 in UTC."""
    return datetime(year, month, day, hour, tzinfo=UTC)


def schedule(
    *,
    anchor: date = date(2026, 1, 1),
    zone: str = "UTC",
    frequency: Frequency = MONTH,
    usage_frequency: Frequency | None = None,
    fees_in: FeesIn = "arrears",
    closes_after: timedelta = timedelta(0),
) -> Schedule:
    """A monthly schedule in arrears, but for what a test names."""
    return Schedule(
        anchor, zone, frequency, usage_frequency or frequency, fees_in, closes_after
    )


def end(stream: Stream = "fees", **changes: object) -> StreamEnd:
    """A stream whose January was just closed while February is open."""
    standing = StreamEnd(
        account_id=ACCOUNT,
        subscription_id=SUBSCRIPTION,
        stream=stream,
        ordinal=1,
        whole_end=at(3, 1),
        open_count=1,
        first_due=at(3, 1),
        ends_at=None,
        is_test=False,
        schedule=schedule(),
    )
    return standing._replace(**changes)


def of(stream: Stream, periods: list[PlannedPeriod]) -> list[PlannedPeriod]:
    """The periods of one stream."""
    return [period for period in periods if period.stream == stream]


def test_a_subscription_begins_with_the_open_period_and_the_next_of_each_stream() -> None:
    """Begun on 10 January, by the calendar: the rest of January, and February."""
    fees = of("fees", first_periods(schedule(), starts_at=at(1, 10), now=at(1, 10)))
    assert [period.part for period in fees] == [
        Period(at(1, 10), at(2, 1)),
        Period(at(2, 1), at(3, 1)),
    ]
    assert [period.whole.start for period in fees] == [at(1, 1), at(2, 1)]
    assert [period.ordinal for period in fees] == [0, 1]
    assert [period.due_at for period in fees] == [at(2, 1), at(3, 1)]


def test_a_start_in_the_future_opens_the_period_that_holds_it() -> None:
    """On 10 January for 15 March: the rest of March, and April."""
    usage = of("usage", first_periods(schedule(), starts_at=at(3, 15), now=at(1, 10)))
    assert [period.part for period in usage] == [
        Period(at(3, 15), at(4, 1)),
        Period(at(4, 1), at(5, 1)),
    ]


def test_a_start_in_the_past_opens_every_period_since() -> None:
    """On 10 April from 20 January: January to April, and May; January is 12 of 31 days."""
    fees = of("fees", first_periods(schedule(), starts_at=at(1, 20), now=at(4, 10)))
    assert [period.ordinal for period in fees] == [0, 1, 2, 3, 4]
    assert fees[0].part == Period(at(1, 20), at(2, 1))
    assert fees[-1].part == Period(at(5, 1), at(6, 1))


def test_36_past_periods_are_opened_and_37_are_refused() -> None:
    """In December 2026, 36 months are over since December 2023 and 37 since November."""
    now = at(12, 15)
    fees = of("fees", first_periods(schedule(), starts_at=at(12, 1, year=2023), now=now))
    assert sum(period.part.end <= now for period in fees) == 36 == MOST_PAST
    with pytest.raises(StartTooFarBack) as refused:
        first_periods(schedule(), starts_at=at(11, 30, year=2023), now=now)
    assert refused.value.path == ("startsAt",)


def test_a_yearly_contract_has_monthly_usage() -> None:
    """Fees of a year in advance are due at once, usage at the end of each month."""
    yearly = schedule(frequency=YEAR, usage_frequency=MONTH, fees_in="advance")
    periods = first_periods(yearly, starts_at=at(1, 1), now=at(1, 1))
    assert [(period.part, period.due_at) for period in of("fees", periods)] == [
        (Period(at(1, 1), at(1, 1, year=2027)), at(1, 1)),
        (Period(at(1, 1, year=2027), at(1, 1, year=2028)), at(1, 1, year=2027)),
    ]
    assert [(period.part, period.due_at) for period in of("usage", periods)] == [
        (Period(at(1, 1), at(2, 1)), at(2, 1)),
        (Period(at(2, 1), at(3, 1)), at(3, 1)),
    ]


def test_an_anniversary_on_the_31st_comes_back_after_a_short_month() -> None:
    """31 January, 28 February, 31 March; the clamped period is a full one."""
    monthly = schedule(anchor=date(2026, 1, 31))
    january = planned_period("fees", 0, schedule=monthly, lifetime=at(1, 31))
    february = planned_period("fees", 1, schedule=monthly, lifetime=at(1, 31))
    assert january is not None
    assert february is not None
    assert january.part == january.whole == Period(at(1, 31), at(2, 28))
    assert february.part == february.whole == Period(at(2, 28), at(3, 31))


def test_a_year_from_29_february_ends_on_the_28th_and_comes_back() -> None:
    """29 February 2024, 28 February 2025 … and 29 February 2028 again."""
    yearly = schedule(anchor=date(2024, 2, 29), frequency=YEAR)
    starts = []
    for ordinal in (0, 1, 4):
        period = planned_period("fees", ordinal, schedule=yearly, lifetime=at(2, 29, year=2024))
        assert period is not None
        starts.append(period.part.start)
    assert starts == [at(2, 29, year=2024), at(2, 28, year=2025), at(2, 29, year=2028)]


def test_a_month_of_a_clock_change_is_an_hour_shorter() -> None:
    """March 2026 in Paris begins at UTC+1 and ends at UTC+2: 31 days less one hour."""
    paris = schedule(zone="Europe/Paris")
    march = planned_period("usage", 2, schedule=paris, lifetime=at(1, 1))
    assert march is not None
    assert march.part == Period(
        datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 3, 31, 22, tzinfo=UTC)
    )
    assert march.part.end - march.part.start == timedelta(days=31) - timedelta(hours=1)


def test_a_day_that_a_zone_skipped_has_no_row() -> None:
    """Apia went from 29 to 31 December 2011: 30 December holds no instant."""
    apia = schedule(anchor=date(2011, 12, 29), zone="Pacific/Apia", frequency=DAY)
    start = datetime(2011, 12, 29, 10, tzinfo=UTC)  # midnight at UTC-10, in summer time
    fees = of("fees", first_periods(apia, starts_at=start, now=start))
    assert [period.ordinal for period in fees] == [0, 2]
    assert fees[0].part.end == fees[1].part.start


def test_a_closed_period_is_followed_by_the_next_but_one() -> None:
    """January is closed and February open: March is made, once."""
    rows = next_periods([end()], tenant_id=TENANT)
    assert [(row.stream, row.ordinal, row.starts_at, row.ends_at) for row in rows] == [
        ("fees", 2, at(3, 1), at(4, 1))
    ]
    assert rows[0].due_at == at(4, 1)
    assert (rows[0].tenant_id, rows[0].account_id) == (TENANT, ACCOUNT)
    assert (rows[0].state, rows[0].run_id, rows[0].is_test) == ("open", None, False)


def test_a_stream_with_its_open_and_next_period_gets_nothing() -> None:
    """A closing that is run again adds no row; a settlement stream never renews."""
    assert next_periods([end(open_count=2, first_due=at(2, 1))], tenant_id=TENANT) == []
    assert next_periods([end("settlement", open_count=0)], tenant_id=TENANT) == []


def test_rows_for_many_streams_keep_their_own_schedules() -> None:
    """A yearly fees stream and its monthly usage are continued in one call."""
    yearly = schedule(frequency=YEAR, usage_frequency=MONTH, fees_in="advance")
    fees = end(
        ordinal=1,
        whole_end=at(1, 1, year=2028),
        first_due=at(1, 1, year=2027),
        schedule=yearly,
    )
    usage = end("usage", schedule=yearly, is_test=True)
    rows = next_periods([fees, usage], tenant_id=TENANT)
    assert [(row.stream, row.starts_at, row.due_at, row.is_test) for row in rows] == [
        ("fees", at(1, 1, year=2028), at(1, 1, year=2028), False),
        ("usage", at(3, 1), at(4, 1), True),
    ]


def test_nothing_follows_the_end_of_a_subscription() -> None:
    """It ends with February, which is open: there is no March."""
    assert periods_behind(end(ends_at=at(3, 1))) == []


def test_the_last_period_is_clipped_and_remembers_its_whole() -> None:
    """It ends on 10 March: the row has 9 days of a month of 31, due on the 10th."""
    (last,) = periods_behind(end(ends_at=at(3, 10)))
    assert last.part == Period(at(3, 1), at(3, 10))
    assert last.whole == Period(at(3, 1), at(4, 1))
    assert last.due_at == at(3, 10)


def test_usage_that_closes_late_has_periods_until_it_does() -> None:
    """Days that close 3 days later: on the 1st, rows reach beyond the end of the 4th."""
    daily = schedule(frequency=DAY, closes_after=timedelta(days=3))
    usage = of("usage", first_periods(daily, starts_at=at(1, 1), now=at(1, 1)))
    assert usage[0].due_at == at(1, 5)
    assert usage[-1].part.end == at(1, 6)
    assert len(of("fees", first_periods(daily, starts_at=at(1, 1), now=at(1, 1)))) == 2


def test_a_stream_that_was_left_behind_is_extended_to_an_instant() -> None:
    """Nothing was closed since January; usage of 10 May finds the rows to May."""
    behind = periods_behind(end("usage", open_count=2, first_due=at(2, 1)), until=at(5, 10))
    assert [period.part for period in behind] == [
        Period(at(3, 1), at(4, 1)),
        Period(at(4, 1), at(5, 1)),
        Period(at(5, 1), at(6, 1)),
    ]


def test_rows_tile_the_time_of_a_stream_without_gap() -> None:
    """Each of 40 closings adds one period, which starts where the one before ended."""
    standing = end(schedule=schedule(anchor=date(2026, 1, 31)), whole_end=at(3, 31))
    for _month in range(40):
        (added,) = periods_behind(standing._replace(first_due=standing.whole_end))
        assert added.part.start == standing.whole_end
        standing = standing._replace(ordinal=added.ordinal, whole_end=added.whole.end)
    assert standing.whole_end == at(7, 31, year=2029)  # 40 months after 31 March 2026
