"""Closing one chunk: one transaction, or nothing.

A worker claims a waiting chunk, bills it and commits. Killed anywhere, the chunk waits as
before. A failure of the database's is tried again whole; one that stays divides the chunk
into halves, until the account that cannot be stored is alone and is parked.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from time import perf_counter
from typing import Final
from uuid import UUID

import structlog

from core import audit
from core.billing_cycles.chunks import (
    Chunk,
    claim_chunk,
    divide_chunk,
    finish_chunk,
    lock_chunk,
    note_failure,
)
from core.billing_cycles.close import Closed, close_periods
from core.billing_cycles.collector import collector_at_rest
from core.billing_cycles.due import wake
from core.billing_cycles.metrics import CHUNK_SECONDS, INVOICES, PARKED
from core.billing_cycles.park import park, parked_for, traced
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.reading import frozen_periods, read_rows
from core.billing_cycles.renewal import renew
from core.database_errors import Unavailable, is_repeatable, is_unavailable
from core.db import Database, Tx
from core.discounts.storing import DiscountTaken
from core.fault_points import reached
from core.invoices.numbering import SeriesMovedOn
from core.kernel.clock import Clock

ACTOR: Final = "system:closing"
REPEATS: Final = 3
"""Times that a chunk is begun again at once after a failure that passes by itself."""
DIVIDE_AFTER: Final = 2
"""Failures after which a chunk is divided."""

Open = Callable[[], AbstractAsyncContextManager[Tx]]
"""Opens a transaction of the tenant at hand."""

_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ChunkClosed:
    """What closing a chunk did."""

    chunk: Chunk
    invoices: int
    parked: int
    seconds: dict[str, float]


async def close_next_chunk(
    database: Database,
    tenant_id: UUID,
    *,
    pricing: Pricing,
    run_id: UUID | None = None,
    clock: Clock | None = None,
) -> ChunkClosed | None:
    """Claim and close one waiting chunk of a tenant; None when there is none to claim.

    A chunk that fails is left waiting with its reason, and its failure rises only where
    the database itself is away (`Unavailable`).
    """
    claimed: list[Chunk] = []

    def _open() -> AbstractAsyncContextManager[Tx]:
        return database.transaction(tenant_id, actor=ACTOR, clock=clock)

    for attempt in range(REPEATS):
        claimed.clear()
        try:
            return await _closed(_open, pricing, run_id, claimed)
        except Exception as error:
            if isinstance(error, Unavailable) or is_unavailable(error):
                raise
            passes = is_repeatable(error) or isinstance(error, SeriesMovedOn | DiscountTaken)
            if passes and attempt + 1 < REPEATS:
                continue
            if not claimed:
                raise
            await _failed(_open, claimed[0], error)
            return ChunkClosed(claimed[0], 0, 0, {})
    raise AssertionError("unreachable")


async def _closed(
    opened: Open, pricing: Pricing, run_id: UUID | None, claimed: list[Chunk]
) -> ChunkClosed | None:
    began = perf_counter()
    async with opened() as tx:
        chunk = await claim_chunk(tx, run_id)
        if chunk is None:
            return None
        claimed.append(chunk)
        reached("after_claim")
        with collector_at_rest():
            closed = await _bill(tx, chunk, pricing=pricing)
        reached("before_commit")
    reached("after_commit")
    seconds = perf_counter() - began
    _count(closed, seconds)
    _log.info(
        "chunk_closed",
        run_id=str(chunk.run_id),
        chunk=chunk.number,
        invoices=len(closed.invoices),
        parked=len(closed.parked),
        seconds=f"{seconds:.3f}",
    )
    parts = {**closed.seconds, "all": seconds}
    return ChunkClosed(chunk, len(closed.invoices), len(closed.parked), parts)


async def _bill(tx: Tx, chunk: Chunk, *, pricing: Pricing) -> Closed:
    periods = await frozen_periods(
        tx,
        chunk.run_id,
        first_account_id=chunk.first_account_id,
        last_account_id=chunk.last_account_id,
    )
    closed = await close_periods(tx, periods, run_id=chunk.run_id, pricing=pricing)
    # Last, like the numbers: it may lock the row that wakes sealers, until the commit.
    await audit.record(
        tx,
        action="chunk.closed",
        subject_type="close_run",
        subject_id=chunk.run_id,
        details={"chunk": chunk.number, "periods": len(periods)},
    )
    await finish_chunk(tx, chunk, invoices=len(closed.invoices), parked=len(closed.parked))
    return closed


def _count(closed: Closed, seconds: float) -> None:
    INVOICES.inc(len(closed.invoices))
    for parked in closed.parked:
        PARKED.labels(code=parked.code).inc()
    CHUNK_SECONDS.observe(seconds)


async def _failed(opened: Open, chunk: Chunk, error: Exception) -> None:
    """Note the failure in a transaction of its own; divide, or park what stands alone."""
    text = f"{type(error).__name__}: {error}"
    _log.error(
        "chunk_failed",
        run_id=str(chunk.run_id),
        chunk=chunk.number,
        trace=traced(error),
    )
    async with opened() as tx:
        locked = await lock_chunk(tx, chunk)
        if locked is None:
            return
        attempts = await note_failure(tx, locked, error=text)
        if attempts >= DIVIDE_AFTER and not await divide_chunk(tx, locked, error=text):
            await _park_all(tx, locked, error)
        await wake(tx)


async def _park_all(tx: Tx, chunk: Chunk, error: Exception) -> None:
    """Park an account whose invoices cannot be stored, and close its chunk."""
    periods = await frozen_periods(
        tx,
        chunk.run_id,
        first_account_id=chunk.first_account_id,
        last_account_id=chunk.last_account_id,
    )
    first = {period.subscription_id: period for period in periods}
    parked = [
        parked_for(
            error,
            subscription_id=subscription_id,
            account_id=period.account_id,
            due_at=period.due_at,
            run_id=chunk.run_id,
        )
        for subscription_id, period in first.items()
    ]
    await park(tx, parked, period_ids=[period.id for period in periods])
    if periods:
        rows = await read_rows(tx, periods, pricing=Pricing())
        await renew(tx, dict.fromkeys(rows.subscriptions, rows))
    await finish_chunk(tx, chunk, invoices=0, parked=len(parked))
