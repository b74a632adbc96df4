"""Closing: the sweep that finds what is due, and the chunks that it leaves to be closed.

A job is a hint. Its arguments are ids only; what there is to do, and whether somebody else
has done it, is read from PostgreSQL.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from arq import ArqRedis, Retry

from core.billing_cycles.close_chunk import close_next_chunk
from core.billing_cycles.sweep import Swept, sweep
from core.kernel.clock import SystemClock
from core.logging import bind_context
from workers.context import WorkerContext, context_of

CLOSE_JOB: Final = "close_chunks"
SWEEP_JOB: Final = "sweep"
CLOSE_TIMEOUT_SECONDS: Final = 600
HINTS_PER_RUN: Final = 4
"""Workers that one sweep wakes for a run; the next sweep wakes as many again."""
HINT_EXPIRES_SECONDS: Final = 5
BUSY_SECONDS: Final = 0.1
MOST_TRIES: Final = 60
MOST_CHUNKS: Final = 500


async def close_chunks(ctx: dict[str, Any], tenant: str, run: str) -> int:
    """Close waiting chunks of a run until none is left to claim; return how many.

    A process that has its hands full leaves the hint to another one.
    """
    context = context_of(ctx)
    if context.closings.locked():
        raise Retry(defer=BUSY_SECONDS)
    async with context.closings:
        return await close_waiting(context, UUID(tenant), UUID(run))


async def close_waiting(context: WorkerContext, tenant_id: UUID, run_id: UUID) -> int:
    """Close chunks one after the other; stop between two when the process is to end."""
    application = context.application
    with bind_context(tenant_id=tenant_id, run_id=run_id):
        for closed in range(MOST_CHUNKS):
            if context.is_stopping:
                return closed
            chunk = await close_next_chunk(
                application.database,
                tenant_id,
                pricing=context.pricing,
                run_id=run_id,
                clock=application.clock,
            )
            if chunk is None:
                return closed
    return MOST_CHUNKS


async def sweep_job(ctx: dict[str, Any]) -> None:
    """Find what is due in every tenant, and wake workers for the chunks that wait."""
    context = context_of(ctx)
    swept = await swept_by(context)
    if context.redis is not None:
        await wake(context.redis, swept)


async def swept_by(context: WorkerContext) -> Swept:
    """Sweep once with this process's settings."""
    application = context.application
    return await sweep(
        application.database,
        pricing=context.pricing,
        chunk_size=application.settings.close_chunk_size,
        clock=application.clock,
    )


async def wake(redis: ArqRedis, swept: Swept) -> None:
    """Enqueue hints for every run with waiting chunks.

    Their ids are new each second: a killed worker keeps the id of its job taken for
    minutes, and must not keep the others from being woken.
    """
    second = int(SystemClock().now().timestamp())
    for tenant_id, run_id in swept.waiting:
        for number in range(HINTS_PER_RUN):
            await redis.enqueue_job(
                CLOSE_JOB,
                str(tenant_id),
                str(run_id),
                _job_id=f"{CLOSE_JOB}:{run_id}:{number}:{second}",
                _expires=HINT_EXPIRES_SECONDS,
            )
