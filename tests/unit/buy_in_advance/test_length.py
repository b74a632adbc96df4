"""A period bought in advance: where it ends, and what it stands for."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.buy_in_advance.length import is_longer, long_period, spans, whole_months
from core.kernel.frequency import Frequency
from core.kernel.periods import Period, period_number
from core.kernel.zones import local_day, start_of_day

MONTH = Frequency(1, "month")
YEAR = Frequency(1, "year")


def utc(year: int, month: int, day: int) -> datetime:
    """Midnight in UTC."""
    return datetime(year, month, day, tzinfo=UTC)


@pytest.mark.parametrize(
    ("anchor", "start", "duration", "end"),
    [
        (date(2016, 1, 1), utc(2016, 1, 1), "12 months", utc(2017, 1, 1)),
        (date(2016, 1, 1), utc(2016, 2, 1), "year", utc(2017, 2, 1)),
        # The 31st is clamped and comes back; so does 29 February.
        (date(2026, 1, 31), utc(2026, 2, 28), "3 months", utc(2026, 5, 31)),
        (date(2026, 1, 31), utc(2026, 3, 31), "11 months", utc(2027, 2, 28)),
        (date(2024, 2, 29), utc(2024, 2, 29), "12 months", utc(2025, 2, 28)),
        (date(2024, 2, 29), utc(2025, 2, 28), "36 months", utc(2028, 2, 29)),
        # Begun in the middle of a calendar month: from that day on.
        (date(2026, 1, 1), utc(2026, 1, 10), "12 months", utc(2027, 1, 10)),
        (date(2026, 1, 1), utc(2026, 1, 1), "6 weeks", utc(2026, 2, 12)),
        (date(2026, 1, 1), utc(2026, 1, 1), "100 days", utc(2026, 4, 11)),
    ],
)
def test_the_end_is_counted_from_the_anchor(
    anchor: date, start: datetime, duration: str, end: datetime
) -> None:
    """Months by the anchor's day, clamped or not; weeks and days by the day of the start."""
    found = long_period(start, Frequency.parse(duration), anchor=anchor, zone="UTC")
    assert found == Period(start, end)


@pytest.mark.parametrize(
    ("frequency", "start", "duration", "expected"),
    [
        ("month", utc(2026, 1, 1), "12 months", Fraction(12)),
        ("month", utc(2026, 1, 10), "year", Fraction(12)),
        ("3 months", utc(2026, 1, 1), "4 months", Fraction(4, 3)),
        ("2 weeks", utc(2026, 1, 1), "6 weeks", Fraction(3)),
        ("week", utc(2026, 1, 1), "12 months", Fraction(365, 7)),
        ("month", utc(2026, 1, 15), "45 days", Fraction(17, 31) + 1),
    ],
)
def test_it_spans_so_many_frequencies(
    frequency: str, start: datetime, duration: str, expected: Fraction
) -> None:
    """12 months are 12; 4 months are 4/3 quarters; 45 days are 17 of 31 and 28 of 28."""
    anchor = date(2026, 1, 1)
    whole = long_period(start, Frequency.parse(duration), anchor=anchor, zone="UTC")
    assert spans(whole, Frequency.parse(frequency), anchor=anchor, zone="UTC") == expected


def test_longer_means_longer_than_the_frequency_and_not_as_long() -> None:
    """12 months are not longer than a year; 31 days are than February, not than January."""
    assert not is_longer(Frequency(12, "month"), YEAR, on=date(2026, 1, 1))
    assert is_longer(Frequency(13, "month"), YEAR, on=date(2026, 1, 1))
    assert is_longer(Frequency(2, "week"), Frequency(13, "day"), on=date(2026, 1, 1))
    assert is_longer(Frequency(31, "day"), MONTH, on=date(2026, 2, 1))
    assert not is_longer(Frequency(31, "day"), MONTH, on=date(2026, 1, 1))


@given(
    anchor=st.dates(date(1999, 1, 1), date(2032, 12, 31)),
    number=st.integers(0, 60),
    months=st.integers(2, 60),
    zone=st.sampled_from(["UTC", "Europe/Paris", "America/Sao_Paulo", "Pacific/Apia"]),
)
def test_months_by_the_month_end_where_a_period_of_the_terms_does(
    anchor: date, number: int, months: int, zone: str
) -> None:
    """So it stands for exactly so many, whatever the anchor, leap year or zone."""
    first = period_number(number, anchor=anchor, frequency=MONTH, zone=zone)
    last = period_number(number + months - 1, anchor=anchor, frequency=MONTH, zone=zone)
    found = long_period(first.start, Frequency(months, "month"), anchor=anchor, zone=zone)
    if local_day(first.start, zone) == MONTH.after(anchor, number):  # no day that was skipped
        assert found == Period(first.start, last.end)
        assert whole_months(found, anchor=anchor, zone=zone) == months
        assert spans(found, MONTH, anchor=anchor, zone=zone) == months


@given(start=st.dates(date(2020, 1, 1), date(2030, 1, 1)), days=st.integers(29, 800))
def test_days_by_the_month_count_each_day_once(start: date, days: int) -> None:
    """Between so many days of a month of 31 and so many of one of 28."""
    begin = start_of_day(start, "UTC")
    whole = long_period(begin, Frequency(days, "day"), anchor=date(2020, 1, 1), zone="UTC")
    found = spans(whole, MONTH, anchor=date(2020, 1, 1), zone="UTC")
    assert Fraction(days, 31) <= found <= Fraction(days, 28)
