"""Which two periods an event has: when it happened, and which closing bills it. Pure.

The usage period holds the event's time. The billing period is the usage period itself
while it is open, else the first open one behind it; where the subscription has ended and
its usage is all closed, it is a settlement period, which has no fees.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class UsagePeriod(NamedTuple):
    """A period as placing sees it; `ordinal` and the rest are the calendar's."""

    id: UUID
    subscription_id: UUID
    stream: str
    starts_at: datetime
    ends_at: datetime
    state: str


class Place(NamedTuple):
    """The two periods of an event; None where there is no period that can bill it yet."""

    usage_period_id: UUID
    billing_period_id: UUID | None


class Beyond(NamedTuple):
    """No usage period holds the time: it is before the first, or behind the last."""

    is_before: bool


class Course:
    """The periods of one subscription, ready to be asked for many events."""

    __slots__ = ("_open_behind", "_periods", "_settlement", "_starts")

    def __init__(self, periods: Iterable[UsagePeriod]) -> None:
        listed = sorted(periods, key=lambda one: one.starts_at)
        self._periods = [one for one in listed if one.stream == "usage"]
        self._starts = [one.starts_at for one in self._periods]
        self._settlement = next(
            (one.id for one in listed if one.stream == "settlement" and one.state == "open"),
            None,
        )
        self._open_behind: list[UUID | None] = [None] * len(self._periods)
        first_open: UUID | None = None
        for index in range(len(self._periods) - 1, -1, -1):
            if self._periods[index].state == "open":
                first_open = self._periods[index].id
            self._open_behind[index] = first_open

    def place(self, at: datetime) -> Place | Beyond:
        """Return the periods of an event of this time."""
        index = bisect_right(self._starts, at) - 1
        if index < 0 or at >= self._periods[index].ends_at:
            return Beyond(is_before=index < 0)
        billing = self._open_behind[index] or self._settlement
        return Place(self._periods[index].id, billing)
