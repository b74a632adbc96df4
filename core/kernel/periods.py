"""Billing periods: half-open slices of time, numbered from an anchor.

Period n of a stream runs from anchor + n frequencies to anchor + (n + 1), always
counted from the anchor: 31 January, 28 February, 31 March. Days are local to the
account's zone, instants are UTC. The periods of a stream tile time without gap or
overlap; one whose only day a zone skipped is empty and holds no instant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from core.kernel.clock import in_utc
from core.kernel.frequency import DateOutOfRange, Frequency, FrequencyRefused, month_day
from core.kernel.proration import ProrationPolicy, Share, days_in, prorated_share
from core.kernel.zones import UnknownZone, local_day, start_of_day, time_zone

__all__ = [
    "AnchorKind",
    "DateOutOfRange",
    "Frequency",
    "FrequencyRefused",
    "Period",
    "ProrationPolicy",
    "Share",
    "UnknownZone",
    "anchor_for",
    "days_in",
    "local_day",
    "period_holding",
    "period_number",
    "prorated_share",
    "start_of_day",
    "time_zone",
]

AnchorKind = Literal["calendar", "anniversary", "last_day"]


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open slice of time, `[start, end)`, as UTC instants."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is not UTC or self.end.tzinfo is not UTC:
            object.__setattr__(self, "start", in_utc(self.start))
            object.__setattr__(self, "end", in_utc(self.end))
        if self.end < self.start:
            raise ValueError(
                f"a period does not end ({self.end}) before it starts ({self.start})"
            )

    @property
    def is_empty(self) -> bool:
        """Tell whether the period holds no instant."""
        return self.start == self.end

    def holds(self, instant: datetime) -> bool:
        """Tell whether the instant lies in the period; its end does not."""
        return self.start <= instant < self.end

    def overlap(self, other: Period) -> Period | None:
        """Return what two periods share, or None when that is nothing."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Period(start, end) if start < end else None


@lru_cache(maxsize=65_536)
def period_number(n: int, *, anchor: date, frequency: Frequency, zone: str) -> Period:
    """Return period n of the stream; 0 starts on the anchor's day, -1 ends there."""
    return Period(
        start_of_day(frequency.after(anchor, n), zone),
        start_of_day(frequency.after(anchor, n + 1), zone),
    )


def period_holding(
    instant: datetime, *, anchor: date, frequency: Frequency, zone: str
) -> tuple[int, Period]:
    """Return the number and the period of the stream that the instant lies in."""
    number = _estimated_number(local_day(instant, zone), anchor=anchor, frequency=frequency)
    period = period_number(number, anchor=anchor, frequency=frequency, zone=zone)
    # The estimate is off by one at most, and empty periods are stepped over.
    while instant >= period.end:
        number += 1
        period = period_number(number, anchor=anchor, frequency=frequency, zone=zone)
    while instant < period.start:
        number -= 1
        period = period_number(number, anchor=anchor, frequency=frequency, zone=zone)
    return number, period


def _estimated_number(day: date, *, anchor: date, frequency: Frequency) -> int:
    if frequency.months is not None:
        apart = (day.year - anchor.year) * 12 + day.month - anchor.month
        return apart // frequency.months
    assert frequency.days is not None  # one of the two is set, by the unit
    return (day - anchor).days // frequency.days


@lru_cache(maxsize=65_536)
def anchor_for(kind: AnchorKind, start: datetime, zone: str, frequency: Frequency) -> date:
    """Return the day that the periods of something begun at `start` are counted from.

    `anniversary` is the local day of the start. `calendar` is the first day of the
    calendar's unit that holds it: of the week (Monday), the month, the year, or of the
    quarter or half-year for 3 or 6 months. `last_day` is the last day of the month,
    year (31 December) or week (Sunday) on or before it, and stays the last one in every
    month. The first period of the last two therefore begins on or before `start`.
    """
    day = local_day(start, zone)
    if kind == "anniversary" or frequency.unit == "day":
        return day
    if kind == "calendar":
        return _calendar_anchor(day, frequency)
    if kind == "last_day":
        return _last_day_anchor(day, frequency)
    raise ValueError(f"{kind!r} is no kind of anchor")


def _calendar_anchor(day: date, frequency: Frequency) -> date:
    if frequency.unit == "week":
        return day - timedelta(days=day.weekday())
    if frequency.unit == "year":
        return date(day.year, 1, 1)
    months_back = (day.month - 1) % frequency.count if 12 % frequency.count == 0 else 0
    return date(day.year, day.month - months_back, 1)


def _last_day_anchor(day: date, frequency: Frequency) -> date:
    if frequency.unit == "week":
        return day - timedelta(days=(day.weekday() + 1) % 7)
    if frequency.unit == "year":
        this_year = date(day.year, 12, 31)
        return this_year if day == this_year else date(day.year - 1, 12, 31)
    next_month = month_day(day.replace(day=1), months=1)
    month_end = next_month - timedelta(days=1)
    if day != month_end:
        month_end = day.replace(day=1) - timedelta(days=1)
    # A clamped day never grows, so the stream is counted from its longest month: the
    # lengths of months repeat within 12 steps, and leap years within 8 years.
    earlier_ends = (_month_end(month_end, months=-frequency.count * k) for k in range(13))
    return max(earlier_ends, key=lambda end: end.day)


def _month_end(day: date, *, months: int) -> date:
    following = month_day(day.replace(day=1), months=months + 1)
    return following - timedelta(days=1)
