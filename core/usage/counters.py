"""The rows that usage of a subscription queues for, where what is counted must be exact."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from core.db import Tx

_LOCK: Final = """
SELECT subscription_id FROM usage_counter
WHERE tenant_id = $1 AND subscription_id = ANY ($2::uuid[])
ORDER BY subscription_id FOR UPDATE
"""
_MAKE: Final = """
INSERT INTO usage_counter (tenant_id, subscription_id)
SELECT $1, given.id FROM unnest($2::uuid[]) AS given (id) ORDER BY given.id
ON CONFLICT DO NOTHING RETURNING subscription_id
"""


async def lock_counters(tx: Tx, subscription_ids: Collection[UUID]) -> None:
    """Take the turn of these subscriptions until the transaction ends, in the order of ids.

    A statement of its own: the next ones see what the holder before has committed. A row is
    made when it is first needed.
    """
    wanted = sorted(set(subscription_ids))
    missing = _lacking(wanted, await tx.fetch(_LOCK, tx.tenant_id, wanted))
    if not missing:
        return
    missing = _lacking(missing, await tx.fetch(_MAKE, tx.tenant_id, missing))
    if missing:  # made by somebody else meanwhile: wait for that one
        await tx.fetch(_LOCK, tx.tenant_id, missing)


def _lacking(wanted: list[UUID], rows: list[Any]) -> list[UUID]:
    found = {row["subscription_id"] for row in rows}
    return [one for one in wanted if one not in found]
