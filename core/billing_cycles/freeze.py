"""Freezing: what is due stops taking usage, slice by slice, each in a short transaction.

Usage of the tenant waits while its freeze lock is held, so one transaction freezes some
thousand periods and no more: those of the next accounts in the order of their ids, whole
accounts only. All slices belong to one run, which has `frozen_at` once nothing is left of
what was due when it began. Whoever freezes next goes on where the last one stopped, so
that a freezer that dies leaves nothing behind. Nothing is priced here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from core.billing_cycles.chunks import tell_progress
from core.billing_cycles.errors import FreezeBusy
from core.db import Tx
from core.freeze_lock import try_freeze
from core.kernel.ids import new_id

DEFAULT_CHUNK_SIZE: Final = 1_000
"""Subscriptions in a chunk, about: accounts are not divided."""
SLICE_PERIODS: Final = 10_000
"""Periods that are frozen while usage waits, about: 5,000 subscriptions with fees and usage.
Measured: some 30 microseconds each, so that the lock is held for a third of a second."""

_UNFINISHED: Final = """
SELECT r.id, r.due_until, max(c.last_account_id::text)::uuid AS last_account_id
FROM close_run r
LEFT JOIN close_chunk c ON c.tenant_id = r.tenant_id AND c.run_id = r.id
WHERE r.tenant_id = $1 AND r.frozen_at IS NULL
GROUP BY r.tenant_id, r.id ORDER BY r.id LIMIT 1
"""
_DUE: Final = """
SELECT account_id FROM billing_period
WHERE tenant_id = $1 AND state = 'open' AND run_id IS NULL AND due_at <= $2 AND NOT is_test
  AND account_id > $3
ORDER BY account_id OFFSET $4 LIMIT 1
"""
_FREEZE: Final = """
WITH frozen AS (
    UPDATE billing_period SET state = 'frozen', run_id = $2
    WHERE tenant_id = $1 AND state = 'open' AND run_id IS NULL AND due_at <= $3
      AND account_id > $5 AND account_id <= $6 AND {whose}
    RETURNING account_id, subscription_id
), per_account AS (
    SELECT account_id, count(*) AS periods, count(DISTINCT subscription_id) AS subscriptions
    FROM frozen GROUP BY account_id
), placed AS (
    SELECT *, (sum(subscriptions) OVER (ORDER BY account_id) - subscriptions) / $4::int AS place
    FROM per_account
)
SELECT (array_agg(account_id ORDER BY account_id))[1] AS first_account_id,
    (array_agg(account_id ORDER BY account_id DESC))[1] AS last_account_id,
    sum(periods)::int AS periods, sum(subscriptions)::int AS subscriptions
FROM placed GROUP BY floor(place) ORDER BY 1
"""
_FREEZE_DUE: Final = _FREEZE.format(whose="NOT is_test")
_FREEZE_TEST: Final = _FREEZE.format(whose="is_test")
_RUN: Final = """
INSERT INTO close_run AS r
    (tenant_id, id, due_until, periods, subscriptions, chunks, created_at, frozen_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN $8 THEN $7::timestamptz END)
ON CONFLICT (tenant_id, id) DO UPDATE SET periods = r.periods + excluded.periods,
    subscriptions = r.subscriptions + excluded.subscriptions,
    chunks = r.chunks + excluded.chunks, frozen_at = excluded.frozen_at
RETURNING id, due_until, periods, subscriptions, chunks, frozen_at IS NOT NULL AS is_frozen
"""
_CHUNKS: Final = """
INSERT INTO close_chunk
    (tenant_id, run_id, number, first_account_id, last_account_id, subscriptions)
SELECT $1, $2, place + (SELECT coalesce(max(number), 0) FROM close_chunk
    WHERE tenant_id = $1 AND run_id = $2), first, last, subscriptions
FROM unnest($3::uuid[], $4::uuid[], $5::int[]) WITH ORDINALITY
    AS given (first, last, subscriptions, place)
"""
_FIRST: Final = UUID(int=0)
_LAST: Final = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class CloseRun:
    """What a run has frozen so far; its chunks are closed in any order, by anybody.

    While it is not `is_frozen`, more of what was due by `due_until` is to come.
    """

    id: UUID
    due_until: datetime
    periods: int
    subscriptions: int
    chunks: int
    is_frozen: bool


async def freeze_due(
    tx: Tx,
    *,
    chunk_size: int = DEFAULT_CHUNK_SIZE,
    slice_periods: int = SLICE_PERIODS,
) -> CloseRun | None:
    """Freeze the next slice of what is due of accounts that live in real time.

    Of the run that is being frozen, or of a new one; None when nothing is due. Commit at
    once: usage of this tenant waits meanwhile. Call it again, in a new transaction, until
    the run is frozen.

    Raises:
        FreezeBusy: the lock was not free; begin again in a new transaction.
    """
    await take_freeze_lock(tx)
    begun = await tx.fetchrow(_UNFINISHED, tx.tenant_id)
    if begun is not None:
        run = await _freeze_slice(
            tx, begun["id"], due_until=begun["due_until"], after=begun["last_account_id"],
            chunk_size=chunk_size, slice_periods=slice_periods,
        )  # fmt: skip
        if run is not None:
            return run
        # What was left of it is gone meanwhile: it is frozen, and another may begin.
        await _grown(tx, begun["id"], [], due_until=begun["due_until"], is_frozen=True)
    return await _freeze_slice(
        tx, new_id(), due_until=tx.now, after=None,
        chunk_size=chunk_size, slice_periods=slice_periods,
    )  # fmt: skip


async def freeze_account(tx: Tx, account_id: UUID, *, due_until: datetime) -> CloseRun | None:
    """Freeze the periods of one account on a test clock that are due by an instant.

    The caller holds the freeze lock.
    """
    run_id = new_id()
    before = UUID(int=account_id.int - 1)
    found = await tx.fetch(
        _FREEZE_TEST, tx.tenant_id, run_id, due_until, DEFAULT_CHUNK_SIZE, before, account_id
    )
    if not found:
        return None
    return await _grown(tx, run_id, found, due_until=due_until, is_frozen=True)


async def take_freeze_lock(tx: Tx) -> None:
    """Take the tenant's freeze lock for the rest of the transaction, or raise FreezeBusy."""
    if not await try_freeze(tx):
        raise FreezeBusy("usage is being stored; try again in a moment")


async def _freeze_slice(
    tx: Tx,
    run_id: UUID,
    *,
    due_until: datetime,
    after: UUID | None,
    chunk_size: int,
    slice_periods: int,
) -> CloseRun | None:
    """Freeze the accounts behind `after`, up to the one that holds the slice's last period."""
    begin = after or _FIRST
    last = await tx.fetchval(_DUE, tx.tenant_id, due_until, begin, slice_periods - 1) or _LAST
    found = await tx.fetch(
        _FREEZE_DUE, tx.tenant_id, run_id, due_until, chunk_size, begin, last
    )
    if not found:
        return None
    more = await tx.fetchval(_DUE, tx.tenant_id, due_until, last, 0)
    return await _grown(tx, run_id, found, due_until=due_until, is_frozen=more is None)


async def _grown(
    tx: Tx, run_id: UUID, found: list[Any], *, due_until: datetime, is_frozen: bool
) -> CloseRun:
    """Add what was frozen to the run, which is made by its first slice."""
    periods = sum(row["periods"] for row in found)
    subscriptions = sum(row["subscriptions"] for row in found)
    run = await tx.fetchrow(
        _RUN, tx.tenant_id, run_id, due_until, periods, subscriptions, len(found), tx.now,
        is_frozen,
    )  # fmt: skip
    assert run is not None
    await tx.execute(
        _CHUNKS,
        tx.tenant_id,
        run_id,
        [row["first_account_id"] for row in found],
        [row["last_account_id"] for row in found],
        [row["subscriptions"] for row in found],
    )
    await tell_progress(tx, run_id)
    return CloseRun(**dict(run))
