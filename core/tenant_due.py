"""Which tenants have work waiting, for workers that loop over tenants.

`tenant_due` holds ids only and stands outside row-level security; the work itself is read
in a transaction of its tenant. A row is a lower bound: nothing of its kind is due earlier.
It may be too early (a look finds nothing and moves it on), never too late by more than
`LONGEST_REST`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.db import Tx

LONGEST_REST: Final = timedelta(seconds=60)
"""A writer that was in flight while a worker moved the bound is found after this."""

_EARLIER: Final = """
INSERT INTO tenant_due (tenant_id, kind, due_at)
SELECT $1, $2, $3
WHERE NOT EXISTS (
    SELECT FROM tenant_due WHERE tenant_id = $1 AND kind = $2 AND due_at <= $3)
ON CONFLICT (tenant_id, kind) DO UPDATE SET due_at = least(tenant_due.due_at, excluded.due_at)
"""
_LATER: Final = """
INSERT INTO tenant_due (tenant_id, kind, due_at) VALUES ($1, $2, $3)
ON CONFLICT (tenant_id, kind) DO UPDATE SET due_at = excluded.due_at
"""


async def note_due(tx: Tx, kind: str, *, at: datetime) -> None:
    """Let workers look at this tenant by `at`, if they would not do so anyhow.

    A row that is early enough is only read, so that concurrent writers do not queue for it.
    """
    await tx.execute(_EARLIER, tx.tenant_id, kind, at)


async def move_due(tx: Tx, kind: str, *, to: datetime) -> None:
    """Set the tenant's bound after a look; the caller has found nothing due before `to`."""
    await tx.execute(_LATER, tx.tenant_id, kind, to)


async def due_tenants(tx: Tx, kind: str, *, limit: int) -> list[UUID]:
    """Return the tenants with work of this kind due by now, the longest waiting first."""
    rows = await tx.fetch(
        "SELECT tenant_id FROM tenant_due WHERE kind = $1 AND due_at <= $2 "
        "ORDER BY due_at, tenant_id LIMIT $3",
        kind,
        tx.now,
        limit,
    )
    return [row["tenant_id"] for row in rows]
