"""Where open periods are cut when a price or the terms change, and what follows. Pure.

A cut ends the period that holds its instant there and plans anew behind it, by the schedule
that holds from then on: without gap or overlap. What the two schedules share stays as it
is. The rest of a period remembers its whole, so that fees go by the days of the uncut one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.kernel.periods import Period
from core.periods.calendar import PlannedPeriod, periods_behind
from core.periods.rows import StoredPeriod, StreamEnd
from core.periods.schedule import Schedule, Stream, due_time

_MOMENT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Shortened:
    """A period that ends at the cut, and when it falls due now."""

    period: StoredPeriod
    ends_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class StreamCut:
    """What a cut does to the open periods of one stream."""

    shortened: Shortened | None
    removed: tuple[StoredPeriod, ...]
    added: tuple[PlannedPeriod, ...]


def cut_instant(periods: Sequence[StoredPeriod], *, at: datetime) -> datetime:
    """Return where a stream is cut: at the instant, or behind what is frozen or billed.

    Fees that were billed in advance stay as billed until their end.
    """
    taken = [one.ends_at for one in periods if one.state != "open"]
    return max([at, *taken])


def cut_stream(
    stream: Stream,
    periods: Sequence[StoredPeriod],
    *,
    at: datetime,
    before: Schedule,
    behind: Schedule,
    now: datetime,
    ends_at: datetime | None = None,
) -> StreamCut:
    """Cut the open periods of one stream, all of one subscription, at an instant.

    `before` decides when the shortened one falls due, `behind` all that follows; `ends_at`
    is the subscription's end. The new periods reach as far as the old ones did, and hold
    the open one and the next.
    """
    beyond = [one for one in periods if one.state == "open" and one.ends_at > at]
    planned = _planned(stream, beyond, at=at, schedule=behind, now=now, ends_at=ends_at)
    held = [one for one in beyond if one.starts_at < at]
    later = [one for one in beyond if one.starts_at >= at]
    shown = {_shape(one): one for one in later}
    kept = {key for one in planned if (key := _planned_shape(one)) in shown}
    return StreamCut(
        _shortened(stream, held[0], at=at, schedule=before) if held else None,
        tuple(one for one in later if _shape(one) not in kept),
        tuple(one for one in planned if _planned_shape(one) not in kept),
    )


def _planned(
    stream: Stream,
    beyond: Sequence[StoredPeriod],
    *,
    at: datetime,
    schedule: Schedule,
    now: datetime,
    ends_at: datetime | None,
) -> list[PlannedPeriod]:
    reach = max((one.ends_at for one in beyond), default=at)
    end = StreamEnd(
        account_id=UUID(int=0),
        subscription_id=UUID(int=0),
        stream=stream,
        ordinal=0,
        whole_end=at,
        open_count=0,
        first_due=None,
        ends_at=ends_at,
        is_test=False,
        schedule=schedule,
    )
    # Up to the old reach and not beyond it, where the two end together.
    return periods_behind(end, until=max(reach - _MOMENT, now))


def _shortened(
    stream: Stream, period: StoredPeriod, *, at: datetime, schedule: Schedule
) -> Shortened:
    return Shortened(period, at, due_time(stream, Period(period.starts_at, at), schedule))


_Shape = tuple[datetime, datetime, datetime, datetime, datetime]


def _shape(period: StoredPeriod) -> _Shape:
    return (
        period.starts_at,
        period.ends_at,
        period.whole_starts_at,
        period.whole_ends_at,
        period.due_at,
    )


def _planned_shape(period: PlannedPeriod) -> _Shape:
    return (
        period.part.start,
        period.part.end,
        period.whole.start,
        period.whole.end,
        period.due_at,
    )
