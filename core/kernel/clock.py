"""The only place that reads the time.

Code that computes takes `now` as an argument. The edges (an API request, a
worker's run) read it here once and pass it on.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2999
"""What is agreed lies between: no zone and no term of a century leads out of the calendar."""


class Clock(Protocol):
    """Tell the current instant."""

    def now(self) -> datetime:
        """Return the current instant, aware and in UTC."""
        ...


class SystemClock:
    """Read the machine's clock."""

    __slots__ = ()

    def now(self) -> datetime:
        """Return the machine's time in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """Stand at one instant until moved, forward only."""

    __slots__ = ("_now",)

    def __init__(self, now: datetime) -> None:
        self._now = in_utc(now)

    def now(self) -> datetime:
        """Return the instant that the clock stands at."""
        return self._now

    def move_to(self, now: datetime) -> None:
        """Move to an instant that is not earlier than the present one."""
        moved = in_utc(now)
        if moved < self._now:
            raise ValueError(f"a clock does not go back from {self._now} to {moved}")
        self._now = moved

    def advance(self, by: timedelta) -> datetime:
        """Move forward by a length of time and return the new instant."""
        self.move_to(self._now + by)
        return self._now


def in_utc(instant: datetime) -> datetime:
    """Convert an aware instant to UTC; a naive one is a bug and rises."""
    if instant.tzinfo is UTC:
        return instant
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise ValueError(f"{instant.isoformat()} has no time zone")
    return instant.astimezone(UTC)
