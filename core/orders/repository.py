"""The SQL of orders: set-based, whatever their number."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from core.db import Tx
from core.orders.records import Order
from core.orders.tables import UsageOrderRow
from core.rows import add_row, column_list, to_record

_ORDER: Final = column_list(Order)
_READ: Final = f"SELECT {_ORDER} FROM usage_order WHERE tenant_id = $1"  # noqa: S608
_DUE: Final = f"""
{_READ} AND state = 'scheduled' AND NOT is_test AND ordered_for <= $2
ORDER BY ordered_for, id LIMIT $3 FOR UPDATE SKIP LOCKED
"""
_DUE_OF_ACCOUNT: Final = f"""
{_READ} AND state = 'scheduled' AND account_id = $2 AND ordered_for <= $3
ORDER BY ordered_for, id LIMIT $4 FOR UPDATE
"""
_NEXT: Final = """
SELECT min(ordered_for) FROM usage_order
WHERE tenant_id = $1 AND state = 'scheduled' AND NOT is_test
"""
_NEXT_OF_ACCOUNT: Final = """
SELECT min(ordered_for) FROM usage_order
WHERE tenant_id = $1 AND state = 'scheduled' AND account_id = $2
"""
_SETTLE: Final = """
UPDATE usage_order o SET state = s.state, event_identity = s.event_identity,
    reason = s.reason, settled_at = $6
FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[])
    AS s (id, state, event_identity, reason)
WHERE o.tenant_id = $1 AND o.id = s.id
"""
_CANCEL: Final = """
UPDATE usage_order SET state = 'cancelled', settled_at = $3
WHERE tenant_id = $1 AND id = $2 AND state = 'scheduled' RETURNING id
"""
_ENTRIES: Final = """
SELECT id, entry_id FROM catalogue_entry_version
WHERE tenant_id = $1 AND id = ANY($2::uuid[])
"""


class Settled(NamedTuple):
    """What became of an order."""

    id: UUID
    state: str
    event_identity: UUID | None
    reason: str | None


async def add_order(tx: Tx, order: Order) -> None:
    """Insert an order."""
    await add_row(tx, UsageOrderRow, **asdict(order), tenant_id=tx.tenant_id)


async def orders_by_ids(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Order]:
    """Return the orders that exist, by id."""
    rows = await tx.fetch(f"{_READ} AND id = ANY($2::uuid[])", tx.tenant_id, list(ids))
    return {row["id"]: to_record(Order, row) for row in rows}


async def claim_due(tx: Tx, *, limit: int) -> list[Order]:
    """Lock scheduled orders whose time has come, the earliest first."""
    rows = await tx.fetch(_DUE, tx.tenant_id, tx.now, limit)
    return [to_record(Order, row) for row in rows]


async def claim_due_of_account(
    tx: Tx, account_id: UUID, *, until: datetime, limit: int
) -> list[Order]:
    """Lock an account's scheduled orders whose time has come by its own clock."""
    rows = await tx.fetch(_DUE_OF_ACCOUNT, tx.tenant_id, account_id, until, limit)
    return [to_record(Order, row) for row in rows]


async def next_due(tx: Tx, *, account_id: UUID | None = None) -> datetime | None:
    """Return when the next order is due: of an account, or of all without a test clock."""
    found: datetime | None
    if account_id is None:
        found = await tx.fetchval(_NEXT, tx.tenant_id)
    else:
        found = await tx.fetchval(_NEXT_OF_ACCOUNT, tx.tenant_id, account_id)
    return found


async def settle(tx: Tx, settled: Sequence[Settled], *, at: datetime) -> None:
    """Store what became of orders."""
    columns = [list(column) for column in zip(*settled, strict=True)]
    await tx.execute(_SETTLE, tx.tenant_id, *columns, at)


async def cancel(tx: Tx, order_id: UUID, *, at: datetime) -> bool:
    """Cancel an order that is still scheduled; tell whether it was."""
    return await tx.fetchrow(_CANCEL, tx.tenant_id, order_id, at) is not None


async def catalogue_ids(tx: Tx, version_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return the usage catalogue of each version."""
    rows = await tx.fetch(_ENTRIES, tx.tenant_id, list(version_ids))
    return {row["id"]: row["entry_id"] for row in rows}
