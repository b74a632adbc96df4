"""All SQL of chunks: claiming, finishing, failing and dividing them."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

from core import outbox
from core.db import Tx
from core.kernel.pauses import pause_after

FIRST_PAUSE: Final = timedelta(seconds=2)
LONGEST_PAUSE: Final = timedelta(minutes=5)
MAX_ERROR: Final = 500
PROGRESSED: Final = "close.progressed"
"""The topic of what is told of a run; its subject is the run."""

# Runs are in the order of their ids. What an earlier run has waiting, or under way, for some
# of the accounts comes first: a later invoice of an account builds on the earlier one.
_CLAIM: Final = """
SELECT run_id, number, first_account_id, last_account_id, attempts, subscriptions
FROM close_chunk c
WHERE tenant_id = $1 AND state = 'waiting' AND coalesce(retry_at, $2) <= $2
  AND ($3::uuid IS NULL OR run_id = $3)
  AND NOT EXISTS (SELECT FROM close_chunk e WHERE e.tenant_id = $1 AND e.state = 'waiting'
    AND e.run_id < c.run_id AND e.first_account_id <= c.last_account_id
    AND e.last_account_id >= c.first_account_id)
ORDER BY run_id, number LIMIT 1 FOR UPDATE OF c SKIP LOCKED
"""
_DONE: Final = """
UPDATE close_chunk SET state = 'done', invoices = $4, parked = $5, error = NULL, done_at = $6
WHERE tenant_id = $1 AND run_id = $2 AND number = $3
"""
_FAILED: Final = """
UPDATE close_chunk SET attempts = attempts + 1, error = $4, retry_at = $5
WHERE tenant_id = $1 AND run_id = $2 AND number = $3 AND state = 'waiting'
RETURNING attempts
"""
_LOCK: Final = """
SELECT run_id, number, first_account_id, last_account_id, attempts, subscriptions
FROM close_chunk
WHERE tenant_id = $1 AND run_id = $2 AND number = $3 AND state = 'waiting' FOR UPDATE
"""
_MIDDLE: Final = """
SELECT account_id, count(DISTINCT subscription_id)::int AS subscriptions FROM billing_period
WHERE tenant_id = $1 AND run_id = $2 AND account_id BETWEEN $3 AND $4 AND state = 'frozen'
GROUP BY account_id ORDER BY account_id
"""
_SHRINK: Final = """
UPDATE close_chunk SET last_account_id = $4, subscriptions = $5, attempts = 0, retry_at = NULL
WHERE tenant_id = $1 AND run_id = $2 AND number = $3
"""
# The next slice of the run may be numbering its chunks at this moment.
_LOCK_RUN: Final = """
SELECT id FROM close_run WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE
"""
_ADD: Final = """
INSERT INTO close_chunk
    (tenant_id, run_id, number, first_account_id, last_account_id, subscriptions, error)
SELECT $1, $2, max(number) + 1, $3, $4, $5, $6 FROM close_chunk
WHERE tenant_id = $1 AND run_id = $2
"""


class Chunk(NamedTuple):
    """A range of accounts of a run that waits to be closed."""

    run_id: UUID
    number: int
    first_account_id: UUID
    last_account_id: UUID
    attempts: int
    subscriptions: int


async def claim_chunk(tx: Tx, run_id: UUID | None = None) -> Chunk | None:
    """Lock a waiting chunk that nobody else works on, of one run or of any; or None."""
    row = await tx.fetchrow(_CLAIM, tx.tenant_id, tx.now, run_id)
    return None if row is None else Chunk._make(row)


async def finish_chunk(tx: Tx, chunk: Chunk, *, invoices: int, parked: int) -> None:
    """Note that a claimed chunk is closed, in the transaction that closed it; tell of it."""
    await tx.execute(_DONE, tx.tenant_id, chunk.run_id, chunk.number, invoices, parked, tx.now)
    await tell_progress(tx, chunk.run_id)


async def tell_progress(tx: Tx, run_id: UUID) -> None:
    """Tell those who watch a run that it has got further: once a chunk, or frozen slice."""
    await outbox.append(tx, topic=PROGRESSED, subject_id=run_id, payload={"run": run_id})


async def note_failure(tx: Tx, chunk: Chunk, *, error: str) -> int:
    """Note that closing a chunk failed and when to try again; return how often by now."""
    pause = pause_after(chunk.attempts + 1, first=FIRST_PAUSE, longest=LONGEST_PAUSE)
    attempts: int | None = await tx.fetchval(
        _FAILED, tx.tenant_id, chunk.run_id, chunk.number, error[:MAX_ERROR], tx.now + pause
    )
    return attempts or 0


async def lock_chunk(tx: Tx, chunk: Chunk) -> Chunk | None:
    """Lock this very chunk if it still waits."""
    row = await tx.fetchrow(_LOCK, tx.tenant_id, chunk.run_id, chunk.number)
    return None if row is None else Chunk._make(row)


async def divide_chunk(tx: Tx, chunk: Chunk, *, error: str) -> bool:
    """Split a locked chunk into two halves; False when it has just one account."""
    found = await tx.fetch(
        _MIDDLE, tx.tenant_id, chunk.run_id, chunk.first_account_id, chunk.last_account_id
    )
    if len(found) < 2:
        return False
    middle = len(found) // 2
    left = sum(row["subscriptions"] for row in found[:middle])
    right = sum(row["subscriptions"] for row in found[middle:])
    last_left, first_right = found[middle - 1]["account_id"], found[middle]["account_id"]
    await tx.execute(_LOCK_RUN, tx.tenant_id, chunk.run_id)
    await tx.execute(_SHRINK, tx.tenant_id, chunk.run_id, chunk.number, last_left, left)
    await tx.execute(
        _ADD, tx.tenant_id, chunk.run_id, first_right, chunk.last_account_id, right,
        error[:MAX_ERROR],
    )  # fmt: skip
    return True
