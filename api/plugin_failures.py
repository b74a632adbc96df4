"""What plugins failed on, counted by the database: subscriptions parked, events rejected.

Parking keeps a plugin's name and version; of one that is gone, the name still counts. Verdicts
are not stored; what is rejected is counted with each batch, by channel and reason.
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
_REJECTED: Final = """
SELECT channel, sum((reasons->>'PLUGIN_FAILED')::int)::int AS failed,
    sum((reasons->>'INVALID_VALUE')::int)::int AS invalid
FROM usage_batch
WHERE tenant_id = $1 AND received_at > $2::timestamptz - interval '24 hours' AND rejected > 0
GROUP BY channel
"""
_TENANTS: Final = "SELECT DISTINCT tenant_id FROM tenant_due ORDER BY 1"


@dataclass(frozen=True, slots=True)
class ParkedBy:
    """What one plugin keeps from being billed: how many subscriptions, and why the last."""

    subscriptions: int
    last_at: datetime
    last_reason: str


@dataclass(frozen=True, slots=True)
class RejectedOn:
    """Events of a channel rejected within a day: its plugin failed, or a value was wrong."""

    failed: int
    invalid: int


async def rejected_by_channel(tx: Tx) -> dict[str, RejectedOn]:
    """Return it by the channels' names, of one tenant; a day bounds what is read."""
    rows = await tx.fetch(_REJECTED, tx.tenant_id, tx.now)
    return {row["channel"]: RejectedOn(row["failed"] or 0, row["invalid"] or 0) for row in rows}


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
