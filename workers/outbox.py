"""The relay: committed notifications reach plugins, at least once each.

Observers hear of everything; requests to providers are carried to their provisioners first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from core import outbox
from core.db import Tx
from core.fault_points import reached
from core.logging import bind_context, get_logger
from core.outbox import KEPT_AFTER_DELIVERY, OUTBOX_KIND, OutboxMessage
from core.plugin_api import Observer
from core.plugin_api.outside import DomainEvent
from core.plugin_host import Hosted
from core.tenancy.directory import all_tenants
from core.tenant_due import due_tenants
from workers.context import WorkerContext, context_of
from workers.provisioning import carried

RELAY_JOB: Final = "relay_outbox"
PURGE_JOB: Final = "purge_outbox"
PURGED_AT_ONCE: Final = 1_000
ACTOR: Final = "system:outbox"
TENANTS_AT_ONCE: Final = 100
BATCH: Final = 500
MOST_BATCHES: Final = 200
OBSERVER_SECONDS: Final = 5.0
"""Time for one observer to take one event; a lease holds long enough for a batch."""

_log = get_logger(__name__)


async def relay_outbox(ctx: dict[str, Any]) -> None:
    """Deliver what is due, tenant by tenant."""
    await relay(context_of(ctx))


async def relay(context: WorkerContext) -> int:
    """Deliver what is due of every tenant; return how many notifications."""
    application = context.application
    async with application.transaction(None, actor=ACTOR) as tx:
        tenants = await due_tenants(tx, OUTBOX_KIND, limit=TENANTS_AT_ONCE)
    delivered = 0
    for tenant_id in tenants:
        with bind_context(tenant_id=tenant_id):
            delivered += await _relay_tenant(context, tenant_id)
    return delivered


async def purge_outbox(ctx: dict[str, Any]) -> None:
    """Remove what was delivered long ago, tenant by tenant."""
    await purge(context_of(ctx))


async def purge(context: WorkerContext) -> int:
    """Remove notifications delivered more than 30 days ago; return how many."""
    application, removed = context.application, 0
    async for tenant in all_tenants(application.database):
        for _batch in range(MOST_BATCHES):
            async with application.transaction(tenant.id, actor=ACTOR) as tx:
                before = tx.now - KEPT_AFTER_DELIVERY
                count = await outbox.purge(tx, delivered_before=before, limit=PURGED_AT_ONCE)
            removed += count
            if count < PURGED_AT_ONCE or context.is_stopping:
                break
    return removed


async def _relay_tenant(context: WorkerContext, tenant_id: UUID) -> int:
    application, delivered = context.application, 0
    for _batch in range(MOST_BATCHES):
        if context.is_stopping:
            break
        async with application.transaction(tenant_id, actor=ACTOR) as tx:
            messages = await outbox.claim(tx, limit=BATCH)
            if not messages:
                await outbox.rest(tx)
                break
        # Outside of any transaction: an observer may take its time.
        failures = await carried(context, tenant_id, messages)
        failures |= await _observed(context, tenant_id, messages)
        reached("messages_carried")
        async with application.transaction(tenant_id, actor=ACTOR) as tx:
            delivered += await _settle(tx, messages, failures)
    return delivered


async def _settle(tx: Tx, messages: list[OutboxMessage], failures: Mapping[UUID, str]) -> int:
    sound = [message.id for message in messages if message.id not in failures]
    await outbox.done(tx, sound)
    for message in messages:
        if message.id in failures:
            await outbox.failed(tx, message, error=failures[message.id])
    return len(sound)


async def _observed(
    context: WorkerContext, tenant_id: UUID, messages: list[OutboxMessage]
) -> dict[UUID, str]:
    """Let every observer hear of every message; return why some must be told again."""
    observers = tuple(context.application.host.observers.values())
    failures: dict[UUID, str] = {}
    if not observers:
        return failures
    for message in messages:
        event = DomainEvent(
            id=str(message.id),
            tenant=str(tenant_id),
            kind=message.topic,
            occurred_at=message.created_at,
            facts={name: str(value) for name, value in message.payload.items()},
        )
        for hosted in observers:
            failure = await _told(hosted, event)
            if failure is not None:
                failures[message.id] = failure
    return failures


async def _told(hosted: Hosted[Observer], event: DomainEvent) -> str | None:
    """Tell one observer, within its time; return why it failed, or None."""
    observer = hosted.contribution
    if observer.kinds and event.kind not in observer.kinds:
        return None
    try:
        await asyncio.wait_for(observer.observe(event), OBSERVER_SECONDS)
    except Exception as error:  # noqa: BLE001 - a plugin's failure is noted and repeated
        reason = f"{hosted.plugin.title}: {type(error).__name__}: {error}"
        _log.warning(
            "observer_failed", observer=hosted.name, message_id=event.id, reason=reason
        )
        return reason
    return None
