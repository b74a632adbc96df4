"""Between two closings: interim invoices, and wallets that were short for too long."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import UUID

from core.billing_cycles.asking import INTERIM_DUE
from core.billing_cycles.interim import (
    bill_next_interim,
    put_off_next_interim,
    rest_interims,
)
from core.billing_cycles.wallet_grace import WALLET_DUE, suspend_short
from core.database_errors import is_repeatable, is_unavailable
from core.invoices.numbering import SeriesMovedOn
from core.logging import bind_context, get_logger
from core.tenant_due import due_tenants
from workers.context import WorkerContext, context_of

INTERIM_JOB: Final = "interim_invoices"
WALLET_JOB: Final = "suspend_short_wallets"
ACTOR: Final = "system:interim"
TENANTS_AT_ONCE: Final = 100
MOST_REQUESTS: Final = 500
"""Requests of one tenant in one round; then others have their turn."""

_log = get_logger(__name__)


async def interim_invoices(ctx: dict[str, Any]) -> None:
    """Invoice what was asked for, tenant by tenant."""
    await invoice_interims(context_of(ctx))


async def invoice_interims(context: WorkerContext) -> int:
    """Invoice every tenant's requests that are due; return how many invoices were made."""
    return await _by_tenant(context, INTERIM_DUE, _invoice_tenant)


async def suspend_short_wallets(ctx: dict[str, Any]) -> None:
    """Suspend what was short for too long, tenant by tenant."""
    await suspend_wallets(context_of(ctx))


async def suspend_wallets(context: WorkerContext) -> int:
    """Suspend every tenant's subscriptions whose grace has passed; return how many."""
    return await _by_tenant(context, WALLET_DUE, _suspend_tenant)


async def _by_tenant(
    context: WorkerContext, kind: str, work: Callable[[WorkerContext, UUID], Awaitable[int]]
) -> int:
    application, done = context.application, 0
    async with application.transaction(None, actor=ACTOR) as tx:
        tenants = await due_tenants(tx, kind, limit=TENANTS_AT_ONCE)
    for tenant_id in tenants:
        with bind_context(tenant_id=tenant_id):
            try:
                done += await work(context, tenant_id)
            except Exception as error:
                if is_unavailable(error):
                    raise
                # One tenant's trouble is not the others'.
                _log.exception("due_work_failed", kind=kind)
    return done


async def _invoice_tenant(context: WorkerContext, tenant_id: UUID) -> int:
    application, made = context.application, 0
    for _request in range(MOST_REQUESTS):
        if context.is_stopping:
            break
        try:
            async with application.transaction(tenant_id, actor=ACTOR) as tx:
                closed = await bill_next_interim(tx, pricing=context.pricing)
                if closed is None:
                    await rest_interims(tx)
                    break
                made += len(closed.invoices)
        except Exception as error:
            if is_unavailable(error):
                raise
            if is_repeatable(error) or isinstance(error, SeriesMovedOn):
                continue
            _log.exception("interim_not_stored")
            async with application.transaction(tenant_id, actor=ACTOR) as tx:
                await put_off_next_interim(tx, error=f"{type(error).__name__}: {error}")
    return made


async def _suspend_tenant(context: WorkerContext, tenant_id: UUID) -> int:
    async with context.application.transaction(tenant_id, actor=ACTOR) as tx:
        return await suspend_short(tx)
