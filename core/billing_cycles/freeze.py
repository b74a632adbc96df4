"""Freezing: what is due stops taking usage, in one short transaction of its own.

Under the tenant's exclusive freeze lock, which is taken by a statement of its own, one
UPDATE marks the due periods and cuts them into chunks of accounts. Nothing is priced here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from core.billing_cycles.errors import FreezeBusy
from core.db import Tx
from core.freeze_lock import try_freeze
from core.kernel.ids import new_id

DEFAULT_CHUNK_SIZE: Final = 1_000
"""Subscriptions in a chunk, about: accounts are not divided."""

_FREEZE: Final = """
WITH frozen AS (
    UPDATE billing_period SET state = 'frozen', run_id = $2
    WHERE tenant_id = $1 AND state = 'open' AND due_at <= $3 AND {whose}
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
_FREEZE_ACCOUNT: Final = _FREEZE.format(whose="is_test AND account_id = $5")
_RUN: Final = """
INSERT INTO close_run (tenant_id, id, due_until, periods, subscriptions, chunks, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_CHUNKS: Final = """
INSERT INTO close_chunk
    (tenant_id, run_id, number, first_account_id, last_account_id, subscriptions)
SELECT $1, $2, place, first, last, subscriptions
FROM unnest($3::uuid[], $4::uuid[], $5::int[]) WITH ORDINALITY
    AS given (first, last, subscriptions, place)
"""


@dataclass(frozen=True, slots=True)
class CloseRun:
    """What one freezing found due; its chunks are closed in any order, by anybody."""

    id: UUID
    due_until: datetime
    periods: int
    subscriptions: int
    chunks: int


async def freeze_due(tx: Tx, *, chunk_size: int = DEFAULT_CHUNK_SIZE) -> CloseRun | None:
    """Freeze every due period of accounts that live in real time; None when none is due.

    Commit at once: usage of this tenant waits meanwhile.

    Raises:
        FreezeBusy: the lock was not free; begin again in a new transaction.
    """
    await take_freeze_lock(tx)
    run_id = new_id()
    found = await tx.fetch(_FREEZE_DUE, tx.tenant_id, run_id, tx.now, chunk_size)
    return await _stored_run(tx, run_id, found, due_until=tx.now)


async def freeze_account(tx: Tx, account_id: UUID, *, due_until: datetime) -> CloseRun | None:
    """Freeze the periods of one account on a test clock that are due by an instant.

    The caller holds the freeze lock.
    """
    run_id = new_id()
    found = await tx.fetch(
        _FREEZE_ACCOUNT, tx.tenant_id, run_id, due_until, DEFAULT_CHUNK_SIZE, account_id
    )
    return await _stored_run(tx, run_id, found, due_until=due_until)


async def take_freeze_lock(tx: Tx) -> None:
    """Take the tenant's freeze lock for the rest of the transaction, or raise FreezeBusy."""
    if not await try_freeze(tx):
        raise FreezeBusy("usage is being stored; try again in a moment")


async def _stored_run(
    tx: Tx, run_id: UUID, found: list[Any], *, due_until: datetime
) -> CloseRun | None:
    if not found:
        return None
    run = CloseRun(
        id=run_id,
        due_until=due_until,
        periods=sum(row["periods"] for row in found),
        subscriptions=sum(row["subscriptions"] for row in found),
        chunks=len(found),
    )
    counts = (run.periods, run.subscriptions, run.chunks)
    await tx.execute(_RUN, tx.tenant_id, run.id, due_until, *counts, tx.now)
    await tx.execute(
        _CHUNKS,
        tx.tenant_id,
        run.id,
        [row["first_account_id"] for row in found],
        [row["last_account_id"] for row in found],
        [row["subscriptions"] for row in found],
    )
    return run
