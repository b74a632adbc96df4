"""Suspension for unpaid invoices: a rest that is billed, until everything is paid.

A subscriber who does not pay is out of service and owes the days all the same. The rest has
no end of its own; paying ends it at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from core.db import Tx
from core.kernel.ids import new_id
from core.subscriptions.repository import lock_subscription
from core.subscriptions.rests import Rest, add_rest, end_rest, remove_rest, rests_of
from core.subscriptions.trace import leave_trace

NOTE: Final = "an invoice is not paid"

_SUBSCRIPTIONS: Final = """
SELECT s.id, s.account_id, s.ends_at, s.state FROM subscription s
WHERE s.tenant_id = $1 AND s.id IN (
    SELECT subscription_id FROM invoice WHERE tenant_id = $1 AND id = $2
    UNION SELECT subscription_id FROM invoice_line WHERE tenant_id = $1 AND invoice_id = $2)
ORDER BY s.id
"""
_OTHERS: Final = """
SELECT EXISTS (SELECT FROM dunning d WHERE d.tenant_id = $1 AND d.account_id = $2
    AND d.has_suspended AND d.state <> 'settled' AND d.invoice_id <> $3
    AND (d.subscription_id = $4 OR (d.subscription_id IS NULL AND EXISTS (
        SELECT FROM invoice_line l WHERE l.tenant_id = $1 AND l.invoice_id = d.invoice_id
            AND l.subscription_id = $4))))
"""
_ACTION: Final = """
INSERT INTO dunning_action (tenant_id, id, invoice_id, step, kind, at, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


async def note_action(tx: Tx, *, invoice_id: UUID, step: int, kind: str, at: datetime) -> None:
    """Write what was done about an unpaid invoice."""
    await tx.execute(_ACTION, tx.tenant_id, new_id(), invoice_id, step, kind, at, tx.now)


async def subscriptions_of(tx: Tx, invoice_id: UUID) -> list[Any]:
    """Return the subscriptions that an invoice charges, by id."""
    return await tx.fetch(_SUBSCRIPTIONS, tx.tenant_id, invoice_id)


async def suspend_unpaid(tx: Tx, *, invoice_id: UUID, at: datetime) -> list[UUID]:
    """Let the subscriptions of an unpaid invoice rest from now on; return which.

    One that rests already stays as it is. Before a rest that is agreed for later it ends
    where that one begins.
    """
    suspended = []
    for row in await subscriptions_of(tx, invoice_id):
        if await lock_subscription(tx, row["id"]) is None or _is_over(row, at):
            continue
        rests = (await rests_of(tx, [row["id"]])).get(row["id"], [])
        if any(rest.holds(at) for rest in rests):
            continue
        later = [rest.from_at for rest in rests if rest.from_at > at]
        rest = Rest(
            id=new_id(), subscription_id=row["id"], from_at=at,
            until_at=min(later, default=None), is_billed=True, note=NOTE, created_at=tx.now,
        )  # fmt: skip
        await add_rest(tx, rest)
        await _trace(tx, row, "subscription.suspended", {"from": at, "note": NOTE})
        suspended.append(row["id"])
    return suspended


async def lift_suspension(tx: Tx, dunning: Any, *, at: datetime) -> None:
    """End the rests that an invoice brought which is paid now.

    Where another unpaid invoice has suspended the same subscription, it stays suspended.
    """
    invoice_id: UUID = dunning["invoice_id"]
    for row in await subscriptions_of(tx, invoice_id):
        if await lock_subscription(tx, row["id"]) is None:
            continue
        if await tx.fetchval(_OTHERS, tx.tenant_id, row["account_id"], invoice_id, row["id"]):
            continue
        for rest in (await rests_of(tx, [row["id"]])).get(row["id"], []):
            if rest.note == NOTE and (rest.until_at is None or rest.until_at > at):
                await _end(tx, rest, at=at)
                await _trace(tx, row, "subscription.resumed", {"rest": rest.id, "at": at})
    await note_action(tx, invoice_id=invoice_id, step=dunning["step"], kind="lift", at=at)


async def _end(tx: Tx, rest: Rest, *, at: datetime) -> None:
    if rest.from_at >= at:
        await remove_rest(tx, rest)
    else:
        await end_rest(tx, rest, until_at=at)


def _is_over(row: Any, at: datetime) -> bool:
    return row["state"] == "ended" or (row["ends_at"] is not None and row["ends_at"] <= at)


async def _trace(tx: Tx, row: Any, action: str, details: Mapping[str, Any]) -> None:
    await leave_trace(
        tx,
        action=action,
        subscription_id=row["id"],
        account_id=row["account_id"],
        details=details,
    )
