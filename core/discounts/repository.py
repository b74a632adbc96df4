"""The statements about grants and their targets; caps are in `caps`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from core.db import Tx
from core.discounts.records import DiscountGrant, Target, TargetKind
from core.discounts.refusals import DiscountTargetNotFound, unknown_grant
from core.discounts.tables import DiscountGrantRow
from core.rows import add_row, column_list, to_record

_SUBSCRIPTION: Final = """
SELECT s.id, s.account_id, s.currency, s.timezone AS zone, s.starts_at, s.agreement_date,
    (SELECT f.billing_terms_version_id FROM subscription_phase f
     WHERE f.tenant_id = $1 AND f.subscription_id = s.id
     ORDER BY f.from_at <= coalesce(a.test_clock, $3) DESC,
        CASE WHEN f.from_at <= coalesce(a.test_clock, $3) THEN f.from_at END DESC, f.from_at
     LIMIT 1) AS terms_version_id,
    (s.ends_at IS NULL OR s.ends_at > coalesce(a.test_clock, $3)) AS is_open,
    coalesce(a.test_clock, $3) AS now
FROM subscription s JOIN account a ON a.tenant_id = s.tenant_id AND a.id = s.account_id
WHERE s.tenant_id = $1 AND s.id = $2
"""
_JOB: Final = """
SELECT j.id, j.account_id, j.currency, a.timezone AS zone, j.starts_at, j.agreement_date,
    CASE WHEN j.is_billable THEN j.billing_terms_version_id END AS terms_version_id,
    (j.state IN ('draft', 'in_progress')) AS is_open, coalesce(a.test_clock, $3) AS now
FROM job j JOIN account a ON a.tenant_id = j.tenant_id AND a.id = j.account_id
WHERE j.tenant_id = $1 AND j.id = $2
"""
_TARGETS: Final[dict[TargetKind, str]] = {"subscription": _SUBSCRIPTION, "job": _JOB}
# Locked first, read by the next statement, which then sees what the other one did.
_LOCKS: Final[dict[TargetKind, str]] = {
    "subscription": "SELECT id FROM subscription WHERE tenant_id = $1 AND id = $2"
    " FOR NO KEY UPDATE",
    "job": "SELECT id FROM job WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE",
}
_PRODUCTS: Final[dict[TargetKind, str]] = {
    "subscription": """
SELECT DISTINCT p.id, p.code, p.type FROM subscription_item i
JOIN product p ON p.tenant_id = i.tenant_id AND p.id = i.product_id
WHERE i.tenant_id = $1 AND i.subscription_id = $2 AND (i.until_at IS NULL OR i.until_at > $3)
""",
    "job": """
SELECT DISTINCT p.id, p.code, p.type FROM job_line l
JOIN product p ON p.tenant_id = l.tenant_id AND p.id = l.product_id
WHERE l.tenant_id = $1 AND l.job_id = $2 AND $3::timestamptz IS NOT NULL
""",
}
_OF_TARGET: Final = """
SELECT coalesce(sum(CASE WHEN state = 'cancelled' THEN uses
        ELSE coalesce(uses_allowed, uses) END), 0)::int AS uses,
    coalesce(sum(amount) FILTER (WHERE state <> 'cancelled' OR uses > 0), 0) AS amount
FROM discount_grant
WHERE tenant_id = $1 AND definition_id = $2 AND (subscription_id = $3 OR job_id = $3)
  AND id <> $4
"""
_CHANGE: Final = """
UPDATE discount_grant SET percent = $3, amount = $4, effective_from = $5, expires_at = $6,
    note = $7
WHERE tenant_id = $1 AND id = $2
"""
_APPROVE: Final = """
UPDATE discount_grant SET state = 'approved', approved_by = $3, approved_at = $4
WHERE tenant_id = $1 AND id = $2
"""
_CANCEL: Final = """
UPDATE discount_grant SET state = 'cancelled', cancelled_by = $3, cancelled_at = $4
WHERE tenant_id = $1 AND id = $2
"""


async def target(
    tx: Tx, kind: TargetKind, target_id: UUID, *, is_locked: bool = False
) -> Target:
    """Return a subscription or a job to which a discount may be given.

    Locked, nobody gives it another discount, completes or bills it meanwhile.

    Raises:
        DiscountTargetNotFound: there is no such subscription or job.
    """
    if is_locked:
        await tx.execute(_LOCKS[kind], tx.tenant_id, target_id)
    row = await tx.fetchrow(_TARGETS[kind], tx.tenant_id, target_id, tx.now)
    if row is None:
        raise DiscountTargetNotFound(f"there is no such {kind}; check its id", path=(kind,))
    return Target(kind=kind, **dict(row))


async def products_of_target(tx: Tx, found: Target) -> list[tuple[UUID, str, str | None]]:
    """Return the products that it has or will have, as (id, code, type)."""
    rows = await tx.fetch(_PRODUCTS[found.kind], tx.tenant_id, found.id, found.now)
    return [(row["id"], row["code"], row["type"]) for row in rows]


async def granted_on_target(
    tx: Tx, definition_id: UUID, target_id: UUID, *, but: UUID
) -> tuple[int, Decimal]:
    """Return how many bills, and what sum, the other grants of a definition hold there."""
    row: Any = await tx.fetchrow(_OF_TARGET, tx.tenant_id, definition_id, target_id, but)
    return row["uses"], row["amount"]


async def add_grant(tx: Tx, made: DiscountGrant) -> None:
    """Insert a grant."""
    await add_row(tx, DiscountGrantRow, tenant_id=tx.tenant_id, **asdict(made))


async def grant(tx: Tx, grant_id: UUID) -> DiscountGrant | None:
    """Return a grant."""
    return (await grants_by_ids(tx, [grant_id])).get(grant_id)


async def grants_by_ids(tx: Tx, ids: Collection[UUID]) -> dict[UUID, DiscountGrant]:
    """Return the grants that exist, by id."""
    rows = await tx.fetch(
        f"SELECT {column_list(DiscountGrant)} FROM discount_grant"  # noqa: S608 - our columns
        " WHERE tenant_id = $1 AND id = ANY ($2::uuid[])",
        tx.tenant_id,
        list(ids),
    )
    return {row["id"]: to_record(DiscountGrant, row) for row in rows}


async def locked_grant(tx: Tx, grant_id: UUID) -> DiscountGrant:
    """Return a grant that nobody changes, approves, cancels or bills meanwhile.

    Raises:
        DiscountNotFound: there is none.
    """
    row = await tx.fetchrow(
        f"SELECT {column_list(DiscountGrant)} FROM discount_grant"  # noqa: S608 - our columns
        " WHERE tenant_id = $1 AND id = $2 FOR UPDATE",
        tx.tenant_id,
        grant_id,
    )
    if row is None:
        raise unknown_grant()
    return to_record(DiscountGrant, row)


async def change_grant(tx: Tx, changed: DiscountGrant) -> None:
    """Write the value, the dates and the note of a grant that waits."""
    await tx.execute(
        _CHANGE, tx.tenant_id, changed.id, changed.percent, changed.amount,
        changed.effective_from, changed.expires_at, changed.note,
    )  # fmt: skip


async def set_approved(tx: Tx, grant_id: UUID, *, at: datetime) -> None:
    """Write that a grant is approved, by this transaction's actor."""
    await tx.execute(_APPROVE, tx.tenant_id, grant_id, tx.actor, at)


async def set_cancelled(tx: Tx, grant_id: UUID, *, at: datetime) -> None:
    """Write that a grant is cancelled, by this transaction's actor."""
    await tx.execute(_CANCEL, tx.tenant_id, grant_id, tx.actor, at)
