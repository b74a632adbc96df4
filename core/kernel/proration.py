"""What part of a period a slice of it is.

Fees count whole local days. The day of a change belongs to the new side: a slice
covers its first local day and not its last. Price times days used, divided by the
days of the full period that the slice was cut from.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from core.kernel.decimals import EXACT
from core.kernel.zones import local_day, start_of_day

if TYPE_CHECKING:
    from core.kernel.periods import Period

ProrationPolicy = Literal["day", "second", "none"]

_MICROSECOND = timedelta(microseconds=1)
_MICROSECONDS_A_SECOND = 1_000_000
_ONE_DAY = timedelta(days=1)


class Share(NamedTuple):
    """An exact fraction of a price, not reduced: 27 of 31 days stays 27/31."""

    numerator: int
    denominator: int

    def of(self, amount: Decimal) -> Decimal:
        """Return the share of an amount to 60 digits; round the line, not this."""
        return EXACT.divide(EXACT.multiply(amount, Decimal(self.numerator)), self.denominator)


@lru_cache(maxsize=65_536)
def days_in(period: Period, zone: str) -> int:
    """Count the local days from the first one, inclusive, to the last one, exclusive.

    A day that the zone skipped altogether is not counted.
    """
    first, last = local_day(period.start, zone), local_day(period.end, zone)
    days = (last - first).days
    lived = start_of_day(last, zone) - start_of_day(first, zone)
    # Clock changes are of hours; only a skipped day makes up for half a day or more.
    if lived > days * _ONE_DAY - _ONE_DAY / 2:
        return days
    return sum(not _was_skipped(first + n * _ONE_DAY, zone) for n in range(days))


def _was_skipped(day: date, zone: str) -> bool:
    return start_of_day(day, zone) == start_of_day(day + _ONE_DAY, zone)


@lru_cache(maxsize=65_536)
def prorated_share(part: Period, whole: Period, *, zone: str, policy: ProrationPolicy) -> Share:
    """Return the part of the whole's price that a slice of it owes.

    `day` counts whole local days, `second` exact time, and `none` owes everything for
    any slice that holds an instant. By days and seconds, the slices that make up a
    period owe exactly 1. A slice reaching beyond the whole is a bug and rises.
    """
    if part.start < whole.start or part.end > whole.end:
        raise ValueError(f"{part} does not lie in {whole}")
    if whole.is_empty:
        raise ValueError(f"{whole} is empty and has no shares")
    if policy == "none":
        return Share(int(not part.is_empty), 1)
    if policy == "second":
        return _by_time(part, whole)
    if policy != "day":
        raise ValueError(f"{policy!r} is no proration policy")
    days = days_in(whole, zone)
    if days == 0:
        raise ValueError(f"{whole} is shorter than a local day; prorate it by seconds")
    return Share(days_in(part, zone), days)


def _by_time(part: Period, whole: Period) -> Share:
    used, full = _microseconds(part.start, part.end), _microseconds(whole.start, whole.end)
    if used % _MICROSECONDS_A_SECOND == 0 == full % _MICROSECONDS_A_SECOND:
        return Share(used // _MICROSECONDS_A_SECOND, full // _MICROSECONDS_A_SECOND)
    return Share(used, full)


def _microseconds(start: datetime, end: datetime) -> int:
    return (end - start) // _MICROSECOND
