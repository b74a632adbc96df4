"""Alerts: usage that was stored is looked at, measured, and what it reached is told."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from core.alerts.looking import look_at_all, look_for_usage, rest_alerts
from core.alerts.raising import measure_queue
from core.alerts.records import ALERT_DUE
from core.database_errors import is_unavailable, retrying
from core.logging import bind_context, get_logger
from core.tenant_due import due_tenants
from workers.context import WorkerContext, context_of

ALERTS_JOB: Final = "raise_alerts"
ACTOR: Final = "system:alerts"
TENANTS_AT_ONCE: Final = 100
MOST_BATCHES: Final = 100
"""Batches of periods of one tenant in one round; then others have their turn."""

_log = get_logger(__name__)


async def raise_alerts_job(ctx: dict[str, Any]) -> None:
    """Look at what was used, tenant by tenant."""
    await raise_due_alerts(context_of(ctx))


async def raise_due_alerts(context: WorkerContext) -> int:
    """Look at every tenant whose turn it is; return how many periods were measured."""
    application, measured = context.application, 0
    async with application.transaction(None, actor=ACTOR) as tx:
        tenants = await due_tenants(tx, ALERT_DUE, limit=TENANTS_AT_ONCE)
    for tenant_id in tenants:
        with bind_context(tenant_id=tenant_id):
            try:
                measured += await _of_tenant(context, tenant_id)
            except Exception as error:
                if is_unavailable(error):
                    raise
                # One tenant's trouble is not the others'.
                _log.exception("alerts_failed")
    return measured


async def _of_tenant(context: WorkerContext, tenant_id: UUID) -> int:
    await _look(context, tenant_id)
    measured = 0
    for _batch in range(MOST_BATCHES):
        claimed = 0 if context.is_stopping else await _measure(context, tenant_id)
        measured += claimed
        more = await _look_on(context, tenant_id)
        if not claimed and not more:
            break
    await _finish(context, tenant_id)
    return measured


@retrying
async def _look(context: WorkerContext, tenant_id: UUID) -> None:
    async with context.application.transaction(tenant_id, actor=ACTOR) as tx:
        await look_for_usage(tx)


@retrying
async def _look_on(context: WorkerContext, tenant_id: UUID) -> bool:
    async with context.application.transaction(tenant_id, actor=ACTOR) as tx:
        return await look_at_all(tx)


@retrying
async def _measure(context: WorkerContext, tenant_id: UUID) -> int:
    async with context.application.transaction(tenant_id, actor=ACTOR) as tx:
        return await measure_queue(tx, pricing=context.pricing)


@retrying
async def _finish(context: WorkerContext, tenant_id: UUID) -> None:
    async with context.application.transaction(tenant_id, actor=ACTOR) as tx:
        await rest_alerts(tx)
