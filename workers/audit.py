"""Sealing: audit entries that wait are taken into their tenant's hash chain, in batches."""

from __future__ import annotations

from typing import Any, Final

from core import audit
from core.audit import SEAL_AT_MOST, SEAL_KIND
from core.logging import bind_context
from core.tenant_due import LONGEST_REST, due_tenants, move_due
from workers.context import WorkerContext, context_of

SEAL_JOB: Final = "seal_audit"
ACTOR: Final = "system:audit"
TENANTS_AT_ONCE: Final = 100
MOST_BATCHES: Final = 1_000


async def seal_audit(ctx: dict[str, Any]) -> None:
    """Seal what waits, tenant by tenant."""
    await seal_waiting(context_of(ctx))


async def seal_waiting(context: WorkerContext) -> int:
    """Seal every tenant's waiting entries; return how many."""
    application, sealed = context.application, 0
    async with application.transaction(None, actor=ACTOR) as tx:
        tenants = await due_tenants(tx, SEAL_KIND, limit=TENANTS_AT_ONCE)
    for tenant_id in tenants:
        with bind_context(tenant_id=tenant_id):
            for _batch in range(MOST_BATCHES):
                async with application.transaction(tenant_id, actor=ACTOR) as tx:
                    count = await audit.seal(tx, limit=SEAL_AT_MOST)
                    if count < SEAL_AT_MOST:
                        await move_due(tx, SEAL_KIND, to=tx.now + LONGEST_REST)
                sealed += count
                if count < SEAL_AT_MOST or context.is_stopping:
                    break
    return sealed
