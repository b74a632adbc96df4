"""Stretches of the calendar that a series may have, and those that it may not."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from core.revenue.months import month_ends, steps
from core.revenue.refusals import InvalidRange

NOW = datetime(2026, 7, 15, tzinfo=UTC)


def test_months_end_by_the_sellers_clock() -> None:
    """March ends at 22:00 UTC in Paris: the clocks have changed on the 29th."""
    found = month_ends(date(2026, 3, 7), date(2026, 3, 9), zone="Europe/Paris", now=NOW)
    assert found == [
        datetime(2026, 2, 28, 23, tzinfo=UTC),
        datetime(2026, 3, 31, 22, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        (date(2026, 3, 1), date(2026, 2, 28), "before"),
        (date(2026, 3, 1), date(2026, 8, 1), "not begun"),
        (date(2023, 7, 1), date(2026, 7, 1), "36 months"),
    ],
)
def test_a_range_of_months_that_is_refused(first: date, last: date, told: str) -> None:
    """Backwards, ahead of now, and a 37th month."""
    with pytest.raises(InvalidRange, match=told):
        month_ends(first, last, zone="UTC", now=NOW)


def test_thirty_six_months_are_allowed() -> None:
    """August 2023 to July 2026, with the end before them."""
    found = month_ends(date(2023, 8, 1), date(2026, 7, 1), zone="UTC", now=NOW)
    assert len(found) == 37


def test_steps_begin_with_what_holds_the_first_day() -> None:
    """29 February 2028 is a Tuesday."""
    leap = date(2028, 2, 29)
    assert steps(leap, date(2028, 3, 1), per="day") == [leap, date(2028, 3, 1)]
    assert steps(leap, date(2028, 3, 6), per="week") == [date(2028, 2, 28), date(2028, 3, 6)]
    assert steps(leap, date(2028, 3, 1), per="month") == [date(2028, 2, 1), date(2028, 3, 1)]


def test_a_series_has_a_bound() -> None:
    """366 days are a leap year; one more is refused, and so is an end before the start."""
    assert len(steps(date(2028, 1, 1), date(2028, 12, 31), per="day")) == 366
    with pytest.raises(InvalidRange):
        steps(date(2028, 1, 1), date(2029, 1, 1), per="day")
    with pytest.raises(InvalidRange):
        steps(date(2028, 1, 2), date(2028, 1, 1), per="day")
