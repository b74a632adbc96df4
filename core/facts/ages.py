"""How old a subscription is. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from core.kernel.frequency import Frequency
from core.kernel.periods import local_day, period_holding

_MONTH: Final = Frequency(1, "month")


class Age(NamedTuple):
    """Whole local days and whole months since a start."""

    days: int
    months: int


def age(start: datetime, *, at: datetime, zone: str) -> Age:
    """Return the age at an instant, 0 before the start.

    Months are counted from the first local day, as billing periods are: begun on
    31 January, something is one month old on 28 February.
    """
    if at <= start:
        return Age(0, 0)
    first = local_day(start, zone)
    months, _period = period_holding(at, anchor=first, frequency=_MONTH, zone=zone)
    return Age((local_day(at, zone) - first).days, months)
