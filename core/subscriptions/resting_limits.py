"""How often and how many days the terms let a subscription rest. Pure.

Times and days are counted in windows of the terms' `per`, which begin with the day of the
subscription's start. A rest counts where it begins; its days count where they lie. A day is
a local one: the first day of a rest is in it, the day on which it ends is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import ClassVar, Final

from core.catalogue.compile import Resting
from core.kernel.errors import Refusal
from core.kernel.periods import Period, period_holding
from core.kernel.proration import days_in
from core.kernel.zones import local_day, start_of_day
from core.subscriptions.rests import Rest

MOST_WINDOWS: Final = 1000
"""Windows that one rest may reach over."""


class RestingLimit(Refusal):
    """The terms allow no more rests, or no more days, in this time."""

    code: ClassVar[str] = "RESTING_LIMIT"


def allowed_until(
    limits: Resting,
    rests: Sequence[Rest],
    *,
    wanted: tuple[datetime, datetime | None],
    first_day: date,
    zone: str,
) -> datetime | None:
    """Return the end of a wanted rest: as asked, or where its days are used up.

    Without an end, and without a limit of days, it has none.

    Raises:
        RestingLimit: it is one time too many, or longer than the days that are left.
    """
    from_at, until_at = wanted
    _check_times(limits, rests, from_at=from_at, first_day=first_day, zone=zone)
    if limits.days is None:
        return until_at
    if until_at is None:
        window = _window(limits, from_at, first_day=first_day, zone=zone)
        left = limits.days - _days_in(rests, window, zone=zone)
        if left <= 0:
            raise _too_many_days(limits, window, left=0)
        day = local_day(from_at, zone) + timedelta(days=left)
        until_at = min(start_of_day(day, zone), window.end)
    for window in _windows(limits, Period(from_at, until_at), first_day=first_day, zone=zone):
        part = Period(from_at, until_at).overlap(window)
        assert part is not None  # the windows are those that it touches
        left = limits.days - _days_in(rests, window, zone=zone)
        if days_in(part, zone) > left:
            raise _too_many_days(limits, window, left=max(left, 0))
    return until_at


def _check_times(
    limits: Resting,
    rests: Sequence[Rest],
    *,
    from_at: datetime,
    first_day: date,
    zone: str,
) -> None:
    if limits.times is None:
        return
    window = _window(limits, from_at, first_day=first_day, zone=zone)
    begun = sum(window.holds(rest.from_at) for rest in rests)
    if begun >= limits.times:
        raise RestingLimit(
            f"it rests {begun} times from {window.start:%Y-%m-%d} to {window.end:%Y-%m-%d}"
            f" already, and the terms allow {limits.times}; choose a later day",
            path=("from",),
        )


def _too_many_days(limits: Resting, window: Period, *, left: int) -> RestingLimit:
    return RestingLimit(
        f"of {limits.days} days from {window.start:%Y-%m-%d} to {window.end:%Y-%m-%d},"
        f" {left} are left; let it end earlier",
        path=("until",),
    )


def _window(limits: Resting, instant: datetime, *, first_day: date, zone: str) -> Period:
    _number, window = period_holding(instant, anchor=first_day, frequency=limits.per, zone=zone)
    return window


def _windows(limits: Resting, rest: Period, *, first_day: date, zone: str) -> Iterator[Period]:
    at = rest.start
    for _window_at in range(MOST_WINDOWS):
        window = _window(limits, at, first_day=first_day, zone=zone)
        yield window
        at = window.end
        if at >= rest.end:
            return
    raise RestingLimit("the rest is too long; let it end earlier", path=("until",))


def _days_in(rests: Sequence[Rest], window: Period, *, zone: str) -> int:
    """Count the days of rests in a window; one without an end takes all of it."""
    found = 0
    for rest in rests:
        until = window.end if rest.until_at is None else rest.until_at
        if until > rest.from_at and (part := Period(rest.from_at, until).overlap(window)):
            found += days_in(part, zone)
    return found
