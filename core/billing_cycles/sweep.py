"""The sweep: finding what is due, tenant by tenant, without being told.

PostgreSQL holds the truth; a wake-up by Redis only makes it quicker. A sweep freezes what
is due, tells which runs have chunks waiting (their wake-up may be lost), and tries parked
subscriptions whose time has come. Everything in it may be done twice, or by two sweepers
at once.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import structlog

from core.billing_cycles.due import rest, wake
from core.billing_cycles.errors import FreezeBusy
from core.billing_cycles.freeze import (
    DEFAULT_CHUNK_SIZE,
    SLICE_PERIODS,
    CloseRun,
    freeze_due,
)
from core.billing_cycles.heal import heal_next
from core.billing_cycles.pricing import Pricing
from core.database_errors import is_unavailable
from core.db import Database
from core.fault_points import reached
from core.kernel.clock import Clock
from core.periods.repository import CLOSE_DUE
from core.tenant_due import due_tenants

ACTOR: Final = "system:sweep"
TENANTS_AT_ONCE: Final = 100
MOST_HEALED: Final = 50
"""Parked subscriptions of one tenant that one sweep tries."""
MOST_SLICES: Final = 5
"""Slices of one tenant that one sweep freezes; then their closing begins, other tenants
have their turn, and the next sweep goes on."""
FREEZE_TRIES: Final = 5
FIRST_BACK_OFF_SECONDS: Final = 0.05

_WAITING: Final = """
SELECT DISTINCT run_id FROM close_chunk
WHERE tenant_id = $1 AND state = 'waiting' AND coalesce(retry_at, $2) <= $2
"""

_log = structlog.stdlib.get_logger(__name__)


@dataclass(slots=True)
class Swept:
    """What a sweep did: runs that it froze, and runs (tenant, run) whose chunks wait."""

    frozen: list[CloseRun] = field(default_factory=list)
    waiting: list[tuple[UUID, UUID]] = field(default_factory=list)
    healed: int = 0


async def sweep(
    database: Database,
    *,
    pricing: Pricing,
    chunk_size: int = DEFAULT_CHUNK_SIZE,
    clock: Clock | None = None,
) -> Swept:
    """Look at every tenant that has closing work due, the longest waiting first."""
    swept = Swept()
    async with database.transaction(None, actor=ACTOR, clock=clock) as tx:
        tenants = await due_tenants(tx, CLOSE_DUE, limit=TENANTS_AT_ONCE)
    for tenant_id in tenants:
        try:
            await sweep_tenant(
                database,
                tenant_id,
                pricing=pricing,
                chunk_size=chunk_size,
                clock=clock,
                swept=swept,
            )
        except Exception as error:
            if is_unavailable(error):
                raise
            # One tenant's trouble is not the others'.
            _log.exception("sweep_failed", tenant_id=str(tenant_id))
    return swept


async def sweep_tenant(
    database: Database,
    tenant_id: UUID,
    *,
    pricing: Pricing,
    chunk_size: int,
    clock: Clock | None,
    swept: Swept,
) -> None:
    """Freeze, heal and look for waiting chunks, each in a transaction of its own."""
    run = await freeze_tenant(database, tenant_id, chunk_size=chunk_size, clock=clock)
    if run is not None:
        swept.frozen.append(run)
    for _try in range(MOST_HEALED):
        async with database.transaction(tenant_id, actor=ACTOR, clock=clock) as tx:
            closed = await heal_next(tx, pricing=pricing)
        if closed is None:
            break
        swept.healed += len(closed.invoices)
    async with database.transaction(tenant_id, actor=ACTOR, clock=clock) as tx:
        rows = await tx.fetch(_WAITING, tx.tenant_id, tx.now)
        await rest(tx)
    swept.waiting.extend((tenant_id, row["run_id"]) for row in rows)


async def freeze_tenant(
    database: Database,
    tenant_id: UUID,
    *,
    chunk_size: int = DEFAULT_CHUNK_SIZE,
    slice_periods: int = SLICE_PERIODS,
    clock: Clock | None = None,
) -> CloseRun | None:
    """Freeze what is due of one tenant, slice by slice; return the run, or None.

    It stops after `MOST_SLICES`, or where usage is being stored all the time: the run is not
    frozen then, and whoever freezes next goes on with it.
    """
    run: CloseRun | None = None
    for _slice in range(MOST_SLICES):
        grown = await _slice_frozen(
            database, tenant_id, chunk_size=chunk_size, slice_periods=slice_periods, clock=clock
        )
        if grown is None:
            return run
        run = grown
        reached("after_freeze")
        if run.is_frozen:
            return run
    return run


async def _slice_frozen(
    database: Database,
    tenant_id: UUID,
    *,
    chunk_size: int,
    slice_periods: int,
    clock: Clock | None,
) -> CloseRun | None:
    """Freeze one slice; back off while usage is being stored, `FREEZE_TRIES` times."""
    pause = FIRST_BACK_OFF_SECONDS
    for _try in range(FREEZE_TRIES):
        try:
            async with database.transaction(tenant_id, actor=ACTOR, clock=clock) as tx:
                run = await freeze_due(tx, chunk_size=chunk_size, slice_periods=slice_periods)
                if run is not None:
                    await wake(tx)
                return run
        except FreezeBusy:
            await asyncio.sleep(pause)
            pause *= 2
    return None
