"""Periods tile time, counted from their anchor, whatever the calendar and the clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.kernel.frequency import DateOutOfRange, Frequency, FrequencyRefused
from core.kernel.periods import (
    Period,
    anchor_for,
    days_in,
    local_day,
    period_holding,
    period_number,
    prorated_share,
    start_of_day,
)
from core.kernel.zones import UnknownZone

MONTH, YEAR = Frequency(1, "month"), Frequency(1, "year")
WEEK, DAY = Frequency(1, "week"), Frequency(1, "day")
ZONES = ["UTC", "Europe/Paris", "America/Sao_Paulo", "Asia/Nicosia", "Pacific/Apia",
         "America/St_Johns", "Asia/Beirut", "America/Havana",
         "Australia/Lord_Howe"]  # fmt: skip
FREQUENCIES = [MONTH, YEAR, WEEK, DAY, Frequency(3, "month"), Frequency(30, "day")]


def utc(*parts: int) -> datetime:
    """An instant in UTC."""
    return datetime(*parts, tzinfo=UTC)


def starts(anchor: date, count: int, frequency: Frequency = MONTH) -> list[str]:
    """The first days of so many periods."""
    return [str(frequency.after(anchor, n)) for n in range(count)]


def test_an_anchor_on_the_31st_clamps_and_comes_back():
    """31 January, 28 February, 31 March, 30 April."""
    assert starts(date(2026, 1, 31), 4) == [
        "2026-01-31",
        "2026-02-28",
        "2026-03-31",
        "2026-04-30",
    ]


def test_a_leap_day_comes_back_every_fourth_year():
    """29 February 2024, then the 28th for three years, then the 29th."""
    assert starts(date(2024, 2, 29), 5, YEAR) == [
        "2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29",
    ]  # fmt: skip


def test_a_month_in_paris_is_an_hour_short_in_march():
    """From 1 March 00:00 +01:00 to 1 April 00:00 +02:00, as UTC instants."""
    march = period_number(2, anchor=date(2026, 1, 1), frequency=MONTH, zone="Europe/Paris")
    assert march == Period(utc(2026, 2, 28, 23), utc(2026, 3, 31, 22))
    assert days_in(march, "Europe/Paris") == 31


@pytest.mark.parametrize(
    ("day", "zone", "start"),
    [
        (date(2018, 11, 4), "America/Sao_Paulo", utc(2018, 11, 4, 3)),  # 00:00 became 01:00
        (date(2011, 12, 30), "Pacific/Apia", utc(2011, 12, 30, 10)),  # no such day
        (date(2011, 12, 31), "Pacific/Apia", utc(2011, 12, 30, 10)),
        (date(2010, 3, 14), "America/St_Johns", utc(2010, 3, 14, 3, 30)),  # change at 00:01
        (date(2010, 11, 7), "America/St_Johns", utc(2010, 11, 7, 2, 30)),  # midnight twice
        (date(2025, 11, 2), "America/Havana", utc(2025, 11, 2, 4)),  # 01:00 back to 00:00
        (date(1919, 3, 31), "America/Toronto", utc(1919, 3, 31, 4, 30)),  # 23:30 became 00:30
    ],
)
def test_a_day_begins_at_its_first_instant(day, zone, start):
    """Where midnight is skipped, the first instant that exists; if twice, the earlier."""
    assert start_of_day(day, zone) == start


def test_an_evening_repeated_after_midnight_belongs_to_the_new_day():
    """In St John's, 2010-11-07 00:01 went back to 23:01 of the 6th."""
    repeated = utc(2010, 11, 7, 2, 45)  # shown as 2010-11-06 23:15
    assert local_day(repeated, "America/St_Johns") == date(2010, 11, 7)


@settings(max_examples=60, deadline=None)
@given(
    st.dates(date(1995, 1, 1), date(2030, 12, 31)),
    st.sampled_from(FREQUENCIES),
    st.sampled_from(ZONES),
    st.integers(-60, 60),
    st.integers(0, 10**9),
)
def test_every_instant_lies_in_just_the_period_found(anchor, frequency, zone, n, offset):
    """The period found holds it, has its number, and begins where the one before ends."""
    base = period_number(n, anchor=anchor, frequency=frequency, zone=zone)
    instant = base.start + timedelta(seconds=offset % (366 * 86_400))
    number, found = period_holding(instant, anchor=anchor, frequency=frequency, zone=zone)
    assert found.holds(instant)
    assert found == period_number(number, anchor=anchor, frequency=frequency, zone=zone)
    before = period_number(number - 1, anchor=anchor, frequency=frequency, zone=zone)
    assert before.end == found.start


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("day", [28, 29, 30, 31])
def test_twelve_hundred_months_tile(zone, day):
    """A hundred years from 1960 without gap, overlap or empty month."""
    months = [
        period_number(n, anchor=date(1960, 1, day), frequency=MONTH, zone=zone)
        for n in range(1200)
    ]
    assert all(one.end == two.start for one, two in pairwise(months))
    assert not any(month.is_empty for month in months)
    assert months[-1].end == start_of_day(date(2060, 1, day), zone)


def test_the_day_that_apia_skipped_is_an_empty_period():
    """It holds no instant, counts as no day, and both neighbours meet around it."""
    daily = {"anchor": date(2011, 12, 29), "frequency": DAY, "zone": "Pacific/Apia"}
    assert period_number(1, **daily).is_empty
    number, found = period_holding(utc(2011, 12, 30, 10), **daily)
    assert (number, found.start) == (2, utc(2011, 12, 30, 10))
    december = Period(start_of_day(date(2011, 12, 1), "Pacific/Apia"), utc(2011, 12, 31, 10))
    assert days_in(december, "Pacific/Apia") == 30


def test_ten_seats_becoming_six_on_10_july_leave_27_of_31_days():
    """Period [6 July, 6 August): 4 seats x 30 x 27/31 = 104.516..."""
    zone = "Europe/Paris"
    whole = period_number(0, anchor=date(2026, 7, 6), frequency=MONTH, zone=zone)
    change = utc(2026, 7, 10, 13, 37)
    unused = prorated_share(Period(change, whole.end), whole, zone=zone, policy="day")
    used = prorated_share(Period(whole.start, change), whole, zone=zone, policy="day")
    assert unused == (27, 31)
    assert used == (4, 31)
    assert str(unused.of(Decimal(120)))[:8] == "104.5161"


def test_two_changes_on_one_day_leave_nothing_for_the_middle():
    """The day belongs to the newest side; by seconds the middle is an hour of a day."""
    whole = Period(utc(2026, 7, 1), utc(2026, 7, 2))
    middle = Period(utc(2026, 7, 1, 10), utc(2026, 7, 1, 11))
    assert prorated_share(middle, whole, zone="UTC", policy="day") == (0, 1)
    assert prorated_share(middle, whole, zone="UTC", policy="second") == (3600, 86_400)
    assert prorated_share(middle, whole, zone="UTC", policy="none") == (1, 1)


@settings(max_examples=100, deadline=None)
@given(
    st.dates(date(2005, 1, 1), date(2026, 12, 31)),
    st.sampled_from([MONTH, YEAR, Frequency(3, "month")]),
    st.sampled_from(ZONES),
    st.lists(st.floats(0, 1), max_size=6),
    st.sampled_from(["day", "second"]),
)
def test_the_slices_of_a_period_owe_all_of_it(anchor, frequency, zone, cuts, policy):
    """However a period is cut, the shares of its slices sum to exactly one."""
    whole = period_number(0, anchor=anchor, frequency=frequency, zone=zone)
    instants = sorted(whole.start + (whole.end - whole.start) * cut for cut in cuts)
    edges = [whole.start, *instants, whole.end]
    shares = [
        prorated_share(Period(start, end), whole, zone=zone, policy=policy)
        for start, end in pairwise(edges)
    ]
    assert sum(Fraction(*share) for share in shares) == 1
    assert all(share.numerator >= 0 for share in shares)


def test_a_slice_outside_its_period_rises():
    """It was cut from another period: a bug, not a price."""
    day, next_day = (
        Period(utc(2026, 1, 1), utc(2026, 1, 2)),
        Period(utc(2026, 1, 2), utc(2026, 1, 3)),
    )
    with pytest.raises(ValueError, match="does not lie in"):
        prorated_share(next_day, day, zone="UTC", policy="day")
    with pytest.raises(ValueError, match="does not end"):
        Period(utc(2026, 1, 2), utc(2026, 1, 1))
    with pytest.raises(ValueError, match="no time zone"):
        Period(datetime(2026, 1, 1), datetime(2026, 1, 2))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("kind", "start", "frequency", "anchor"),
    [
        ("anniversary", utc(2026, 3, 31, 22, 30), MONTH, date(2026, 4, 1)),  # 00:30 in Paris
        ("calendar", utc(2026, 5, 20), MONTH, date(2026, 5, 1)),
        ("calendar", utc(2026, 5, 20), Frequency(3, "month"), date(2026, 4, 1)),
        ("calendar", utc(2026, 5, 20), Frequency(5, "month"), date(2026, 5, 1)),
        ("calendar", utc(2026, 5, 20), YEAR, date(2026, 1, 1)),
        ("calendar", utc(2026, 5, 20), WEEK, date(2026, 5, 18)),  # a Monday
        ("calendar", utc(2026, 5, 20), DAY, date(2026, 5, 20)),
        ("last_day", utc(2026, 5, 20), MONTH, date(2026, 3, 31)),  # 30 April would never grow
        ("last_day", utc(2026, 5, 31, 12), MONTH, date(2026, 5, 31)),
        ("last_day", utc(2026, 5, 20), YEAR, date(2025, 12, 31)),
        ("last_day", utc(2026, 5, 20), WEEK, date(2026, 5, 17)),  # a Sunday
        ("last_day", utc(2026, 3, 1), Frequency(12, "month"), date(2024, 2, 29)),
    ],
)
def test_periods_are_anchored_by_the_terms(kind, start, frequency, anchor):
    """On the local day of the start, the calendar's unit, or the last day before."""
    assert anchor_for(kind, start, "Europe/Paris", frequency) == anchor


@given(st.dates(date(1990, 1, 1), date(2040, 1, 1)), st.integers(1, 30), st.integers(0, 40))
def test_periods_by_the_last_day_always_begin_on_one(day, months, n):
    """Whatever the month and the number of months: the next day is a first."""
    frequency = Frequency(months, "month")
    anchor = anchor_for("last_day", utc(day.year, day.month, day.day), "UTC", frequency)
    assert (frequency.after(anchor, n) + timedelta(days=1)).day == 1
    assert anchor <= day


@pytest.mark.parametrize(
    ("text", "count", "unit", "written", "iso"),
    [
        ("month", 1, "month", "month", "P1M"),
        ("3 months", 3, "month", "3 months", "P3M"),
        ("P1M", 1, "month", "month", "P1M"),
        ("P1Y", 1, "year", "year", "P1Y"),
        ("2 weeks", 2, "week", "2 weeks", "P2W"),
        ("P30D", 30, "day", "30 days", "P30D"),
    ],
)
def test_a_frequency_is_read_and_written(text, count, unit, written, iso):
    """In words or as ISO 8601, and both forms are read back."""
    frequency = Frequency.parse(text)
    assert frequency == Frequency(count, unit)
    assert (str(frequency), frequency.iso) == (written, iso)
    assert Frequency.parse(str(frequency)) == Frequency.parse(frequency.iso) == frequency


@pytest.mark.parametrize(
    "text",
    ["", "monthly", "0 months", "P0M", "-1 day", "P1M1D", "1201 months", "PT1H", "٣ days"],
)
def test_what_is_no_frequency_is_refused(text):
    """Including none at all and more than a hundred years."""
    with pytest.raises(FrequencyRefused):
        Frequency.parse(text)


def test_dates_beyond_the_calendar_and_unknown_zones_are_refused():
    """Year 10000 is no date, and a zone must be in the IANA database."""
    with pytest.raises(DateOutOfRange):
        YEAR.after(date(2026, 1, 1), 8000)
    for name in ("Europe/Nowhere", "../etc/passwd", ""):
        with pytest.raises(UnknownZone):
            start_of_day(date(2026, 1, 1), name)
