"""All SQL of billing periods and of the tenant's due time.

Whoever writes periods holds the tenant's freeze lock, shared, taken in an earlier
statement (`core.freeze_lock.share_freeze`): nothing is frozen meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

from core.db import Tx
from core.kernel.errors import Refusal
from core.kernel.periods import Period
from core.periods.calendar import PlannedPeriod, next_periods, period_row
from core.periods.rows import PeriodRow, StoredPeriod, StreamEnd
from core.periods.schedule import Schedule, due_time
from core.tenant_due import note_due

CLOSE_DUE: Final = "close"
"""The kind of due work that closing is."""

_COLUMNS: Final = PeriodRow._fields
_SELECTED: Final = ", ".join(_COLUMNS[1:])


# One that would go, but has to bill what came late, or was carried on: it settles that.
_KEEP_LATE: Final = """
UPDATE billing_period p SET stream = 'settlement', ends_at = $3 + interval '1 microsecond',
    whole_starts_at = $3, whole_ends_at = $3 + interval '1 microsecond',
    due_at = $3 + interval '1 microsecond',
    ordinal = 1 + coalesce((SELECT max(o.ordinal) FROM billing_period o WHERE o.tenant_id = $1
        AND o.subscription_id = $2 AND o.stream = 'settlement'), -1)
WHERE p.tenant_id = $1 AND p.subscription_id = $2 AND p.stream = 'usage' AND p.state = 'open'
  AND p.starts_at = $3
  AND (EXISTS (SELECT FROM usage_event e
        WHERE e.tenant_id = $1 AND e.billing_period_id = p.id)
    OR EXISTS (SELECT FROM usage_dirtied d
        WHERE d.tenant_id = $1 AND d.billing_period_id = p.id)
    OR EXISTS (SELECT FROM billing_period c WHERE c.tenant_id = $1
        AND c.subscription_id = $2 AND c.usage_carried_at IS NOT NULL))
RETURNING p.is_test
"""


class UsageBeyondEnd(Refusal):
    """Usage was reported for a time after the end that a subscription would get."""

    code: ClassVar[str] = "USAGE_BEYOND_END"


async def open_first_periods(
    tx: Tx,
    periods: Sequence[PlannedPeriod],
    *,
    account_id: UUID,
    subscription_id: UUID,
    is_test: bool,
) -> None:
    """Store the periods that a new subscription begins with, open."""
    rows = [
        period_row(
            period,
            tenant_id=tx.tenant_id,
            account_id=account_id,
            subscription_id=subscription_id,
            is_test=is_test,
        )
        for period in periods
    ]
    await store_periods(tx, rows)


async def store_periods(tx: Tx, rows: Sequence[PeriodRow]) -> None:
    """Store new rows and let the tenant be looked at when the first of them is due.

    A period that another transaction has stored meanwhile stays as it is.
    """
    if not rows:
        return
    await tx.copy_into("billing_period", _COLUMNS, rows, on_conflict="DO NOTHING")
    live = [row.due_at for row in rows if not row.is_test]
    if live:
        await note_due(tx, CLOSE_DUE, at=min(live))


async def stream_ends(
    tx: Tx, subscription_ids: Sequence[UUID], *, schedules: Mapping[UUID, Schedule]
) -> list[StreamEnd]:
    """Return how far each renewing stream of these subscriptions reaches.

    `schedules` are by subscription, under the terms that hold behind the last row.
    """
    rows = await tx.fetch(
        "SELECT last.account_id, last.subscription_id, last.stream, last.ordinal,"
        " last.whole_ends_at, unfrozen.count, unfrozen.first_due, s.ends_at, last.is_test"
        " FROM subscription s"
        " CROSS JOIN (VALUES ('fees'), ('usage')) AS streams (stream)"
        " CROSS JOIN LATERAL ("
        "  SELECT p.account_id, p.subscription_id, p.stream, p.ordinal, p.whole_ends_at,"
        "  p.is_test FROM billing_period p WHERE p.tenant_id = $1 AND p.subscription_id = s.id"
        "  AND p.stream = streams.stream ORDER BY p.starts_at DESC LIMIT 1) AS last"
        " CROSS JOIN LATERAL ("
        "  SELECT count(*) AS count, min(p.due_at) AS first_due"
        "  FROM billing_period p WHERE p.tenant_id = $1 AND p.subscription_id = s.id"
        "  AND p.stream = streams.stream AND p.state = 'open') AS unfrozen"
        " WHERE s.tenant_id = $1 AND s.id = ANY($2::uuid[])"
        " ORDER BY s.id, streams.stream",
        tx.tenant_id,
        list(subscription_ids),
    )
    return [StreamEnd._make((*row, schedules[row["subscription_id"]])) for row in rows]


async def extend_periods(
    tx: Tx,
    subscription_ids: Sequence[UUID],
    *,
    schedules: Mapping[UUID, Schedule],
    until: datetime | None = None,
) -> list[PeriodRow]:
    """Make and store what the streams of many subscriptions lack, and return it.

    The open period and the next after a closing; with `until`, whatever is missing up to
    that instant when closings have fallen behind.
    """
    ends = await stream_ends(tx, subscription_ids, schedules=schedules)
    rows = next_periods(ends, tenant_id=tx.tenant_id, until=until)
    await store_periods(tx, rows)
    return rows


async def end_periods(
    tx: Tx, subscription_id: UUID, *, at: datetime, schedule: Schedule
) -> None:
    """Let the unfrozen periods of a subscription end at an instant.

    What lies behind it is removed, what holds it is clipped and falls due accordingly. One
    that begins then and was to bill usage of the past becomes a settlement of it.

    Raises:
        UsageBeyondEnd: usage is stored for a period that would go.
    """
    await _refuse_usage_from(tx, subscription_id, at=at)
    for row in await tx.fetch(_KEEP_LATE, tx.tenant_id, subscription_id, at):
        if not row["is_test"]:
            await note_due(tx, CLOSE_DUE, at=at)
    await tx.execute(
        "DELETE FROM billing_period WHERE tenant_id = $1 AND subscription_id = $2"
        " AND state = 'open' AND stream <> 'settlement' AND starts_at >= $3",
        tx.tenant_id,
        subscription_id,
        at,
    )
    for period in await _open_beyond(tx, subscription_id, at=at):
        part = Period(period.starts_at, at)
        await set_end(tx, period, ends_at=at, due_at=due_time(period.stream, part, schedule))


async def restore_periods(
    tx: Tx, subscription_id: UUID, *, at: datetime, schedule: Schedule
) -> None:
    """Undo `end_periods`: whole periods again, and the next ones behind them.

    The subscription's own end must be gone already.
    """
    for period in await _periods(
        tx,
        "subscription_id = $2 AND state = 'open' AND ends_at = $3 AND whole_ends_at > $3",
        subscription_id,
        at,
    ):
        due = due_time(period.stream, Period(period.starts_at, period.whole_ends_at), schedule)
        await set_end(tx, period, ends_at=period.whole_ends_at, due_at=due)
    await extend_periods(tx, [subscription_id], schedules={subscription_id: schedule})


async def paid_ahead_until(tx: Tx, subscription_id: UUID, *, at: datetime) -> datetime | None:
    """Return the end of what was bought in advance, where that is behind an instant."""
    found: datetime | None = await tx.fetchval(
        "SELECT max(ends_at) FROM billing_period WHERE tenant_id = $1 AND subscription_id = $2"
        " AND stream = 'fees' AND is_advance AND ends_at > $3",
        tx.tenant_id,
        subscription_id,
        at,
    )
    return found


async def _refuse_usage_from(tx: Tx, subscription_id: UUID, *, at: datetime) -> None:
    stored = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM billing_period p JOIN usage_event e"
        " ON e.tenant_id = p.tenant_id AND e.usage_period_id = p.id"
        " WHERE p.tenant_id = $1 AND p.subscription_id = $2 AND p.state = 'open'"
        " AND p.ends_at > $3 AND e.occurred_at >= $3)",
        tx.tenant_id,
        subscription_id,
        at,
    )
    if stored:
        raise UsageBeyondEnd(
            f"usage after {at.isoformat()} is stored already; try again when that has passed"
        )


async def _open_beyond(tx: Tx, subscription_id: UUID, *, at: datetime) -> list[StoredPeriod]:
    return await _periods(
        tx,
        "subscription_id = $2 AND state = 'open' AND stream <> 'settlement' AND ends_at > $3",
        subscription_id,
        at,
    )


async def set_end(tx: Tx, period: StoredPeriod, *, ends_at: datetime, due_at: datetime) -> None:
    """Let an open period end, and fall due, at other instants."""
    await tx.execute(
        "UPDATE billing_period SET ends_at = $3, due_at = $4 WHERE tenant_id = $1 AND id = $2",
        tx.tenant_id,
        period.id,
        ends_at,
        due_at,
    )
    if not period.is_test:
        await note_due(tx, CLOSE_DUE, at=due_at)


async def _periods(tx: Tx, condition: str, *arguments: Any) -> list[StoredPeriod]:
    rows = await tx.fetch(
        f"SELECT {_SELECTED} FROM billing_period WHERE tenant_id = $1 AND {condition}"  # noqa: S608
        " ORDER BY subscription_id, stream, starts_at",
        tx.tenant_id,
        *arguments,
    )
    return [StoredPeriod(*row) for row in rows]
