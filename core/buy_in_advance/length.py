"""How long a period bought in advance is, and how many ordinary ones it stands for. Pure.

It begins where the subscription is billed to and lasts for the duration, counted from the
anchor: with the anchor on the 31st, three months from 28 February end on 31 May.
"""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction

from core.kernel.frequency import Frequency, month_day
from core.kernel.periods import Period, period_holding
from core.kernel.proration import days_in
from core.kernel.zones import local_day, start_of_day


def long_period(start: datetime, duration: Frequency, *, anchor: date, zone: str) -> Period:
    """Return the period of a duration from an instant on.

    Where the instant is a day that the anchor's months have (be it clamped), its end is too;
    from any other day, months are counted from that day itself.
    """
    day = local_day(start, zone)
    months = duration.months
    if months is None:
        return Period(start, start_of_day(duration.after(day, 1), zone))
    return Period(start, start_of_day(_months_later(day, months, anchor=anchor), zone))


def _months_later(day: date, months: int, *, anchor: date) -> date:
    apart = (day.year - anchor.year) * 12 + day.month - anchor.month
    if month_day(anchor, months=apart) == day:
        return month_day(anchor, months=apart + months)
    return month_day(day, months=months)


def whole_months(period: Period, *, anchor: date, zone: str) -> int:
    """Return how many whole months a period lasts; 0 where it is no number of them."""
    first, last = local_day(period.start, zone), local_day(period.end, zone)
    months = (last.year - first.year) * 12 + last.month - first.month
    # A clamped day may end a month more or less than the dates alone say.
    for found in (months, months - 1, months + 1):
        if found > 0 and _months_later(first, found, anchor=anchor) == last:
            return found
    return 0


def spans(period: Period, frequency: Frequency, *, anchor: date, zone: str) -> Fraction:
    """Return how many frequencies a period lasts: 12 for a year by the month.

    Months count as months and days as days; where the two meet, each ordinary period that
    is touched counts by its share of days: from 15 January for 45 days are 17/31 + 28/28.
    """
    months = whole_months(period, anchor=anchor, zone=zone)
    if frequency.months is not None and months:
        return Fraction(months, frequency.months)
    if frequency.days is not None:
        return Fraction(days_in(period, zone), frequency.days)
    return _by_shares(period, frequency, anchor=anchor, zone=zone)


def _by_shares(period: Period, frequency: Frequency, *, anchor: date, zone: str) -> Fraction:
    found = Fraction(0)
    at = period.start
    while at < period.end:  # each step is an ordinary period; a duration has a century at most
        _number, whole = period_holding(at, anchor=anchor, frequency=frequency, zone=zone)
        part = Period(at, min(whole.end, period.end))
        found += Fraction(days_in(part, zone), days_in(whole, zone))
        at = part.end
    return found


def is_longer(duration: Frequency, frequency: Frequency, *, on: date) -> bool:
    """Tell whether a duration is longer than a frequency; days and months compare from `on`."""
    if duration.months is not None and frequency.months is not None:
        return duration.months > frequency.months
    if duration.days is not None and frequency.days is not None:
        return duration.days > frequency.days
    return duration.after(on, 1) > frequency.after(on, 1)
