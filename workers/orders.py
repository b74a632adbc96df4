"""Orders for later: posted when their time has come, tenant by tenant."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from core.database_errors import retrying
from core.logging import bind_context, get_logger
from core.orders.post_due import MOST_ORDERS, post_due
from core.orders.posting import Recorder
from core.orders.records import ORDERS_KIND
from core.tenant_due import due_tenants
from workers.context import WorkerContext, context_of

ORDERS_JOB: Final = "post_orders"
ACTOR: Final = "system:orders"
TENANTS_AT_ONCE: Final = 100
MOST_BATCHES: Final = 100

_log = get_logger(__name__)


async def post_orders_job(ctx: dict[str, Any]) -> None:
    """Post what is due, tenant by tenant."""
    await post_due_orders(context_of(ctx))


async def post_due_orders(context: WorkerContext) -> int:
    """Post the due orders of every tenant; return how many were settled.

    A tenant whose orders cannot be posted now is tried again, and keeps no other waiting.
    """
    application, settled = context.application, 0
    async with application.transaction(None, actor=ACTOR) as tx:
        tenants = await due_tenants(tx, ORDERS_KIND, limit=TENANTS_AT_ONCE)
    for tenant_id in tenants:
        with bind_context(tenant_id=tenant_id):
            try:
                settled += await _posted(context, tenant_id)
            except Exception as error:  # noqa: BLE001 - logged, and the others go on
                reason = f"{type(error).__name__}: {error}"
                _log.warning("orders_wait", reason=reason)
    return settled


async def _posted(context: WorkerContext, tenant_id: UUID) -> int:
    settled = 0
    for _batch in range(MOST_BATCHES):
        count = await _batch_of(context, tenant_id)
        settled += count
        if count < MOST_ORDERS or context.is_stopping:
            break
    return settled


@retrying
async def _batch_of(context: WorkerContext, tenant_id: UUID) -> int:
    application = context.application
    recorder = Recorder(application.host, application.gate, application.pool)
    async with application.transaction(tenant_id, actor=ACTOR) as tx:
        return await post_due(tx, recorder=recorder)
