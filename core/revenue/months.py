"""Stretches of the calendar that a series may have. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final, Literal

from core.kernel.frequency import Frequency
from core.kernel.periods import local_day, start_of_day
from core.revenue.refusals import InvalidRange

Step = Literal["day", "week", "month"]

MOST_MONTHS: Final = 36
MOST_STEPS: Final[dict[Step, int]] = {"day": 366, "week": 106, "month": 60}

_MONTH: Final = Frequency(1, "month")


def month_ends(first: date, last: date, *, zone: str, now: datetime) -> Sequence[datetime]:
    """Return the first instants behind the months before `first`, of `first`, … and `last`.

    January to March 2026 in Paris: 1 January, 1 February, 1 March and 1 April, 00:00 there.
    Any day names its month.

    Raises:
        InvalidRange: `last` is before `first` or ahead of now, or there are too many months.
    """
    start, end = first.replace(day=1), last.replace(day=1)
    if end < start:
        raise InvalidRange("`to` is before `from`; swap them", path=("to",))
    if end > local_day(now, zone):
        raise InvalidRange("the month has not begun yet; choose an earlier one", path=("to",))
    count = (end.year - start.year) * 12 + end.month - start.month + 1
    if count > MOST_MONTHS:
        raise InvalidRange(
            f"a series has {MOST_MONTHS} months at most; ask for fewer", path=("to",)
        )
    return [start_of_day(_MONTH.after(start, place), zone) for place in range(count + 1)]


def steps(first: date, last: date, *, per: Step) -> Sequence[date]:
    """Return the first days of the days, weeks (from Monday) or months from first to last.

    Raises:
        InvalidRange: `last` is before `first`, or there are too many of them.
    """
    if last < first:
        raise InvalidRange("`to` is before `from`; swap them", path=("to",))
    most, begin = MOST_STEPS[per], first
    if per == "week":
        begin = first - timedelta(days=first.weekday())
    elif per == "month":
        begin = first.replace(day=1)
    frequency = Frequency(1, per)
    found: list[date] = []
    while (day := frequency.after(begin, len(found))) <= last:
        if len(found) == most:
            raise InvalidRange(
                f"a series has {most} {per}s at most; ask for fewer", path=("to",)
            )
        found.append(day)
    return found
