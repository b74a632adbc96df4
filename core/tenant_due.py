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
"""A writer of `note_due` that was in flight while a worker moved the bound is found after
this; one of `insist_due` at once, where the worker begins with `hold_due`."""

_EARLIER: Final = """
INSERT INTO tenant_due (tenant_id, kind, due_at)
SELECT $1, $2, $3
WHERE NOT EXISTS (
    SELECT FROM tenant_due WHERE tenant_id = $1 AND kind = $2 AND due_at <= $3)
ON CONFLICT (tenant_id, kind) DO UPDATE SET due_at = least(tenant_due.due_at, excluded.due_at)
"""
_AT_ONCE: Final = """
INSERT INTO tenant_due (tenant_id, kind, due_at) VALUES ($1, $2, $3)
ON CONFLICT (tenant_id, kind) DO UPDATE SET due_at = least(tenant_due.due_at, excluded.due_at)
"""
_HOLD: Final = "SELECT due_at FROM tenant_due WHERE tenant_id = $1 AND kind = $2 FOR UPDATE"
_LATER: Final = """
INSERT INTO tenant_due (tenant_id, kind, due_at) VALUES ($1, $2, $3)
ON CONFLICT (tenant_id, kind) DO UPDATE SET due_at = excluded.due_at
"""


async def note_due(tx: Tx, kind: str, *, at: datetime) -> None:
    """Let workers look at this tenant by `at`, if they would not do so anyhow.

    A row that is early enough is only read, so that concurrent writers do not queue for it.
    """
    await tx.execute(_EARLIER, tx.tenant_id, kind, at)


async def insist_due(tx: Tx, kind: str, *, at: datetime) -> None:
    """Let workers look at this tenant by `at`, and no worker that looks now overlook it.

    It holds the tenant's row until the commit, so it is for short transactions.
    """
    await tx.execute(_AT_ONCE, tx.tenant_id, kind, at)


async def hold_due(tx: Tx, kind: str) -> None:
    """Begin a look whose bound is moved at the end: nobody insists from here to the commit.

    A statement of its own, before those that look: they see what was insisted on before.
    """
    await tx.execute(_HOLD, tx.tenant_id, kind)


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
