"""Reading what closings did to all of a tenant, for tests that look at everything."""

from __future__ import annotations

from core.billing_cycles.repository import ParkedSubscription, RunProgress, run_progress
from core.db import Tx
from core.rows import column_list, to_record


async def all_runs(tx: Tx) -> list[RunProgress]:
    """Return the tenant's runs with their progress, the newest first."""
    rows = await tx.fetch(
        "SELECT id FROM close_run WHERE tenant_id = $1 ORDER BY id DESC", tx.tenant_id
    )
    found = [await run_progress(tx, row["id"]) for row in rows]
    return [one for one in found if one is not None]


async def all_parked(tx: Tx) -> list[ParkedSubscription]:
    """Return what is parked now, by subscription and due time."""
    rows = await tx.fetch(
        f"SELECT {column_list(ParkedSubscription)} FROM parked_subscription"
        " WHERE tenant_id = $1 AND healed_at IS NULL ORDER BY subscription_id, due_at",
        tx.tenant_id,
    )
    return [to_record(ParkedSubscription, dict(row)) for row in rows]
