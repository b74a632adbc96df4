"""Simulations: what waits is run, tenant by tenant, a few chunks at a time."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from core.database_errors import is_unavailable
from core.logging import bind_context, get_logger
from core.simulations.run import ACTOR, rest_simulations, run_next_chunk
from core.simulations.start import SIMULATION_DUE
from core.tenant_due import due_tenants
from workers.context import WorkerContext, context_of

SIMULATIONS_JOB: Final = "run_simulations"
TENANTS_AT_ONCE: Final = 100
CHUNKS_AT_ONCE: Final = 8
"""Chunks of one tenant in one round; then others have their turn."""

_log = get_logger(__name__)


async def run_simulations_job(ctx: dict[str, Any]) -> None:
    """Run what waits, tenant by tenant."""
    await run_simulations(context_of(ctx))


async def run_simulations(context: WorkerContext) -> int:
    """Run some chunks of every tenant's simulations; return how many."""
    application, done = context.application, 0
    async with application.transaction(None, actor=ACTOR) as tx:
        tenants = await due_tenants(tx, SIMULATION_DUE, limit=TENANTS_AT_ONCE)
    for tenant_id in tenants:
        with bind_context(tenant_id=tenant_id):
            try:
                done += await _run_tenant(context, tenant_id)
            except Exception as error:
                if is_unavailable(error):
                    raise
                # One tenant's trouble is not the others'.
                _log.exception("simulation_not_run")
    return done


async def _run_tenant(context: WorkerContext, tenant_id: UUID) -> int:
    application = context.application
    for done in range(CHUNKS_AT_ONCE):
        if context.is_stopping:
            return done
        ran = await run_next_chunk(
            application.database,
            tenant_id,
            pricing=context.pricing,
            installed=application.installed,
            clock=application.clock,
        )
        if ran is None:
            async with application.transaction(tenant_id, actor=ACTOR) as tx:
                await rest_simulations(tx)
            return done
    return CHUNKS_AT_ONCE
