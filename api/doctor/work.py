"""Tenant by tenant: chunks that wait too long, parked subscriptions, plugins and keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from api.doctor.entrance import check_keys
from api.doctor.finding import Finding, ok, wrong
from api.doctor.needs import Offered, check_needs

STUCK_AFTER: Final = timedelta(minutes=10)
_TENANTS: Final = "SELECT DISTINCT tenant_id FROM tenant_due ORDER BY 1"
_CHUNKS: Final = """
SELECT count(*) AS stuck, max(error) AS error FROM close_chunk c
JOIN close_run r ON r.tenant_id = c.tenant_id AND r.id = c.run_id
WHERE c.tenant_id = $1 AND c.state = 'waiting' AND r.created_at < now() - $2::interval
"""
_PARKED: Final = """
SELECT code, min(reason) AS reason, count(*) AS subscriptions FROM parked_subscription
WHERE tenant_id = $1 AND healed_at IS NULL GROUP BY code ORDER BY code
"""
_OVERDUE: Final = """
SELECT count(*) FROM tenant_due WHERE kind = 'close' AND due_at < now() - $1::interval
"""


async def check_work(app: Any, *, is_running: bool, has: Offered | None) -> list[Finding]:
    """Look at every tenant's closings, what it needs of plugins, and keys."""
    found: list[Finding] = []
    for row in await app.fetch(_TENANTS):
        async with app.transaction(readonly=True):
            tenant_id = row["tenant_id"]
            await app.execute("SELECT set_config('app.tenant', $1, true)", str(tenant_id))
            slug = await app.fetchval("SELECT slug FROM tenant WHERE id = $1", tenant_id)
            found += await _of_tenant(app, tenant_id, slug or str(tenant_id))
            if has is not None:
                found += await check_needs(app, tenant_id, slug or str(tenant_id), has=has)
            found += await check_keys(app, tenant_id, slug or str(tenant_id))
    overdue = await app.fetchval(_OVERDUE, STUCK_AFTER)
    if overdue and is_running:
        told = f"{overdue} tenants wait for more than {STUCK_AFTER.seconds // 60} minutes"
        found.append(wrong("workers", told, "Start workers: `forfait worker` or `serve`."))
    return found or [ok("closings", "nothing stuck, nothing parked")]


async def _of_tenant(app: Any, tenant_id: Any, slug: str) -> list[Finding]:
    found = []
    chunks = await app.fetchrow(_CHUNKS, tenant_id, STUCK_AFTER)
    if chunks["stuck"]:
        told = f"{slug}: {chunks['stuck']} chunks wait; {chunks['error'] or 'none was tried'}"
        advice = "Start workers; where an error is named, mend its cause: they try again."
        found.append(wrong("stuck chunks", told, advice))
    for row in await app.fetch(_PARKED, tenant_id):
        told = f"{slug}: {row['subscriptions']} by {row['code']}: {row['reason']}"
        advice = "Mend what the reason names, then run the mutation parkedRetry."
        found.append(wrong("parked", told, advice))
    return found
