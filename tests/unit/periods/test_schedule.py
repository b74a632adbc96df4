"""When periods fall due, and where a price may change without cutting one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from core.kernel.periods import Frequency, Period
from core.periods.schedule import (
    FeesIn,
    Schedule,
    Stream,
    due_time,
    fees_period_at,
    next_common_start,
)

MONTH, QUARTER, YEAR = Frequency(1, "month"), Frequency(3, "month"), Frequency(1, "year")
JANUARY = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))


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


@pytest.mark.parametrize(
    ("stream", "fees_in", "closes_after", "due"),
    [
        ("fees", "arrears", timedelta(0), datetime(2026, 2, 1, tzinfo=UTC)),
        ("fees", "advance", timedelta(0), datetime(2026, 1, 1, tzinfo=UTC)),
        ("usage", "arrears", timedelta(0), datetime(2026, 2, 1, tzinfo=UTC)),
        ("usage", "advance", timedelta(0), datetime(2026, 2, 1, tzinfo=UTC)),
        ("usage", "arrears", timedelta(days=3), datetime(2026, 2, 4, tzinfo=UTC)),
        ("fees", "arrears", timedelta(days=3), datetime(2026, 2, 1, tzinfo=UTC)),
        ("settlement", "arrears", timedelta(hours=12), datetime(2026, 2, 1, 12, tzinfo=UTC)),
    ],
)
def test_fees_and_usage_fall_due_at_their_own_times(
    stream: Stream, fees_in: FeesIn, closes_after: timedelta, due: datetime
) -> None:
    """January's fees are due on 1 February, or on 1 January in advance; only usage waits."""
    assert (
        due_time(stream, JANUARY, schedule(fees_in=fees_in, closes_after=closes_after)) == due
    )


def test_the_fees_period_of_an_instant_is_half_open() -> None:
    """The first instant of February is in February, the last one before it in January."""
    february = datetime(2026, 2, 1, tzinfo=UTC)
    assert fees_period_at(february - timedelta(microseconds=1), schedule()) == JANUARY
    assert fees_period_at(february, schedule()).start == february


@pytest.mark.parametrize(
    ("frequency", "usage_frequency", "expected"),
    [
        (MONTH, MONTH, datetime(2026, 3, 1, tzinfo=UTC)),
        (YEAR, MONTH, datetime(2027, 1, 1, tzinfo=UTC)),
        (MONTH, QUARTER, datetime(2026, 4, 1, tzinfo=UTC)),
    ],
)
def test_a_price_changes_where_both_streams_begin(
    frequency: Frequency, usage_frequency: Frequency, expected: datetime
) -> None:
    """From 10 February: the next month, the next year, or the next quarter's first month."""
    found = next_common_start(
        datetime(2026, 2, 10, tzinfo=UTC),
        schedule(frequency=frequency, usage_frequency=usage_frequency),
    )
    assert found == expected


def test_streams_that_do_not_meet_soon_have_no_common_start() -> None:
    """Fees on the 1st of each month and a century of usage meet after 1200 months."""
    odd = schedule(usage_frequency=Frequency(100, "year"))
    assert next_common_start(datetime(2026, 2, 10, tzinfo=UTC), odd) is None
