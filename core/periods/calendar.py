"""Which billing periods a subscription has, and when each falls due. Pure.

A subscription has two streams that are counted from one anchor: fees, and usage, which
may be more frequent (a yearly contract whose usage is invoiced monthly). Periods are
clipped by the subscription's start and end; `whole` remembers the uncut period, because
fees are prorated by its days.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

from core.kernel.errors import Refusal
from core.kernel.ids import new_id
from core.kernel.periods import Period, period_holding, period_number
from core.periods.rows import PeriodRow, StreamEnd
from core.periods.schedule import Schedule, Stream, due_time

RUNNING_STREAMS: Final[tuple[Stream, ...]] = ("fees", "usage")
"""The streams that renew; a settlement period is opened by what comes late."""

OPEN_AHEAD: Final = 2
"""Unfrozen periods that each stream has at least: the open one and the next.

More only where a period closes so late that the next one is over by then.
"""

MOST_PAST: Final = 36
"""Periods of one stream that a subscription begun in the past may have behind it."""

MOST_AT_ONCE: Final = 1000
"""Periods that one stream may lack at once; days whose closing waits 60 days need 62."""


class StartTooFarBack(Refusal):
    """A subscription would begin more than `MOST_PAST` periods ago."""

    code: ClassVar[str] = "START_TOO_FAR_BACK"


@dataclass(frozen=True, slots=True)
class PlannedPeriod:
    """A period of a stream as it is to be stored: the slice, its whole, its due time."""

    stream: Stream
    ordinal: int
    part: Period
    whole: Period
    due_at: datetime


def planned_period(
    stream: Stream, ordinal: int, *, schedule: Schedule, lifetime: Period | datetime
) -> PlannedPeriod | None:
    """Return period `ordinal` of a stream, or None where none of it is left.

    `lifetime` is the subscription's time; a bare instant is the start of one that has
    no end. A period whose only day the zone skipped is empty and has no row.
    """
    whole = period_number(
        ordinal,
        anchor=schedule.anchor,
        frequency=schedule.frequency_of(stream),
        zone=schedule.zone,
    )
    part = _clipped(whole, lifetime)
    if part is None:
        return None
    return PlannedPeriod(stream, ordinal, part, whole, due_time(stream, part, schedule))


def _clipped(whole: Period, lifetime: Period | datetime) -> Period | None:
    if isinstance(lifetime, Period):
        return whole.overlap(lifetime)
    start = max(whole.start, lifetime)
    return Period(start, whole.end) if start < whole.end else None


def first_periods(
    schedule: Schedule, *, starts_at: datetime, now: datetime
) -> list[PlannedPeriod]:
    """Return the periods that a new subscription begins with, stream by stream.

    From the one that holds the start to the one after the open one; the open one holds
    `now`, or the start where that is still ahead. A start in the past therefore opens
    the periods since then, at most `MOST_PAST` of a stream, or is refused.
    """
    return [
        period
        for stream in RUNNING_STREAMS
        for period in _first_of(stream, schedule, starts_at=starts_at, now=now)
    ]


def _first_of(
    stream: Stream, schedule: Schedule, *, starts_at: datetime, now: datetime
) -> list[PlannedPeriod]:
    ordinal, _whole = period_holding(
        starts_at,
        anchor=schedule.anchor,
        frequency=schedule.frequency_of(stream),
        zone=schedule.zone,
    )
    found: list[PlannedPeriod] = []
    ahead = 0
    while ahead < OPEN_AHEAD or found[-1].part.end <= found[0].due_at:
        period = planned_period(stream, ordinal, schedule=schedule, lifetime=starts_at)
        ordinal += 1
        if period is None:
            continue
        found.append(period)
        ahead += period.part.end > now
        if not ahead and len(found) > MOST_PAST:
            raise StartTooFarBack(
                f"from {starts_at:%Y-%m-%d} until now there are more than {MOST_PAST} periods"
                f" of {stream}; begin later, and import what was billed before",
                path=("startsAt",),
            )
    return found


def next_periods(
    ends: Iterable[StreamEnd], *, tenant_id: UUID, until: datetime | None = None
) -> list[PeriodRow]:
    """Return the rows that are missing behind the given ends of streams.

    Called when periods are closed, for many subscriptions at once: each stream gets what
    it lacks of the open one and the next, nothing beyond the subscription's end. Rows
    reach beyond the instant at which the first open one is due, so that usage always
    finds its period, and beyond `until` where that is given.
    """
    return [
        period_row(
            period,
            tenant_id=tenant_id,
            account_id=end.account_id,
            subscription_id=end.subscription_id,
            is_test=end.is_test,
        )
        for end in ends
        for period in periods_behind(end, until=until)
    ]


def periods_behind(end: StreamEnd, *, until: datetime | None = None) -> list[PlannedPeriod]:
    """Return the periods that one stream lacks behind its last row."""
    if end.stream not in RUNNING_STREAMS:
        return []
    found: list[PlannedPeriod] = []
    reach, first_due = end.whole_end, end.first_due
    ordinal = _ordinal_before(end)
    for _step in range(MOST_AT_ONCE):
        enough = end.open_count + len(found) >= OPEN_AHEAD
        if enough and not _falls_short(reach, first_due=first_due, until=until):
            return found
        if end.ends_at is not None and reach >= end.ends_at:
            return found
        ordinal += 1
        bounds = reach if end.ends_at is None else Period(reach, end.ends_at)
        period = planned_period(end.stream, ordinal, schedule=end.schedule, lifetime=bounds)
        if period is not None:
            found.append(period)
            reach, first_due = period.whole.end, first_due or period.due_at
    raise ValueError(
        f"{end.subscription_id} lacks more than {MOST_AT_ONCE} {end.stream} periods"
    )


def _ordinal_before(end: StreamEnd) -> int:
    """Return the number that the next period counts on from.

    The last row's own, as a rule. Behind one that was longer (bought in advance) the periods
    go on where the anchor has them by then; one that is cut there is the rest of a whole.
    """
    following = _whole(end, end.ordinal + 1)
    if following.start == end.whole_end:
        return end.ordinal
    ordinal, _period = period_holding(
        end.whole_end,
        anchor=end.schedule.anchor,
        frequency=end.schedule.frequency_of(end.stream),
        zone=end.schedule.zone,
    )
    return ordinal - 1


def _whole(end: StreamEnd, ordinal: int) -> Period:
    return period_number(
        ordinal,
        anchor=end.schedule.anchor,
        frequency=end.schedule.frequency_of(end.stream),
        zone=end.schedule.zone,
    )


def _falls_short(
    reach: datetime, *, first_due: datetime | None, until: datetime | None
) -> bool:
    """Tell whether usage could come for which there is no period yet."""
    return (first_due is not None and reach <= first_due) or (
        until is not None and reach <= until
    )


def period_row(
    period: PlannedPeriod,
    *,
    tenant_id: UUID,
    account_id: UUID,
    subscription_id: UUID,
    is_test: bool,
) -> PeriodRow:
    """Return a planned period as a new, open row."""
    return PeriodRow(
        tenant_id=tenant_id,
        id=new_id(),
        account_id=account_id,
        subscription_id=subscription_id,
        stream=period.stream,
        ordinal=period.ordinal,
        starts_at=period.part.start,
        ends_at=period.part.end,
        whole_starts_at=period.whole.start,
        whole_ends_at=period.whole.end,
        due_at=period.due_at,
        is_test=is_test,
    )
