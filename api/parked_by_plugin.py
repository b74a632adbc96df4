"""Subscriptions that plugins parked, counted by the database.

Parking keeps a plugin's name and version; of one that is gone, the name still counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from core.db import Tx

_PARKED: Final = """
SELECT split_part(plugin, ' ', 1) AS name,
    count(DISTINCT subscription_id)::int AS subscriptions, max(parked_at) AS last_at,
    (array_agg(reason ORDER BY parked_at DESC, subscription_id))[1] AS last_reason
FROM parked_subscription
WHERE tenant_id = $1 AND healed_at IS NULL AND plugin IS NOT NULL
GROUP BY 1 ORDER BY 1
"""
_TENANTS: Final = "SELECT DISTINCT tenant_id FROM tenant_due ORDER BY 1"


@dataclass(frozen=True, slots=True)
class ParkedBy:
    """What one plugin keeps from being billed: how many subscriptions, and why the last."""

    subscriptions: int
    last_at: datetime
    last_reason: str


async def parked_by_plugin(tx: Tx) -> dict[str, ParkedBy]:
    """Return it by the plugins' names, of one tenant, as far as the caller sees."""
    return _read(await tx.fetch(_PARKED, tx.tenant_id))


async def parked_of_all_tenants(database_url: str) -> dict[str, ParkedBy]:
    """Return it by the plugins' names, of every tenant: for the operator's own terminal."""
    found: dict[str, ParkedBy] = {}
    connection = await asyncpg.connect(database_url)
    try:
        for row in await connection.fetch(_TENANTS):
            async with connection.transaction(readonly=True):
                tenant_id = row["tenant_id"]
                await connection.execute(
                    "SELECT set_config('app.tenant', $1, true)", str(tenant_id)
                )
                for name, here in _read(await connection.fetch(_PARKED, tenant_id)).items():
                    found[name] = _together(found.get(name), here)
    finally:
        await connection.close()
    return found


def _read(rows: Any) -> dict[str, ParkedBy]:
    return {
        row["name"]: ParkedBy(row["subscriptions"], row["last_at"], row["last_reason"])
        for row in rows
    }


def _together(one: ParkedBy | None, other: ParkedBy) -> ParkedBy:
    if one is None:
        return other
    last = max(one, other, key=lambda each: each.last_at)
    return ParkedBy(one.subscriptions + other.subscriptions, last.last_at, last.last_reason)
