"""Storing a cut: rows shortened, removed and added, and usage told its new periods.

The caller holds the tenant's freeze lock alone: nobody stores usage meanwhile, so that
each event is in one period, and is billed once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from core.db import Tx
from core.periods.calendar import period_row
from core.periods.cuts import Shortened, StreamCut
from core.periods.repository import set_end, store_periods
from core.periods.rows import StoredPeriod

_BEYOND: Final = f"""
SELECT {", ".join(StoredPeriod._fields)} FROM billing_period
WHERE tenant_id = $1 AND subscription_id = $2 AND stream IN ('fees', 'usage')
  AND ends_at > $3
ORDER BY stream, starts_at
"""  # noqa: S608 - our columns
_REMOVE: Final = """
DELETE FROM billing_period WHERE tenant_id = $1 AND id = ANY ($2::uuid[]) AND state = 'open'
"""
_MOVE: Final = """
UPDATE usage_event e SET usage_period_id = n.id,
    billing_period_id = CASE WHEN e.billing_period_id = e.usage_period_id THEN n.id
        ELSE e.billing_period_id END
FROM billing_period n
WHERE e.tenant_id = $1 AND n.tenant_id = $1 AND n.subscription_id = $2 AND n.stream = 'usage'
  AND n.state = 'open' AND e.usage_period_id = ANY ($3::uuid[]) AND e.usage_period_id <> n.id
  AND n.starts_at <= e.occurred_at AND n.ends_at > e.occurred_at
"""
_MOVE_LATE: Final = """
UPDATE usage_event e SET billing_period_id = (
    SELECT n.id FROM billing_period n
    WHERE n.tenant_id = $1 AND n.subscription_id = $2 AND n.stream = 'usage'
      AND n.state = 'open' ORDER BY n.starts_at LIMIT 1)
WHERE e.tenant_id = $1 AND e.billing_period_id = ANY ($3::uuid[])
  AND e.billing_period_id <> e.usage_period_id
"""
# Closed periods that late neighbours made due to be priced again.
_MOVE_DIRTIED: Final = """
WITH moved AS (
    DELETE FROM usage_dirtied WHERE tenant_id = $1 AND billing_period_id = ANY ($3::uuid[])
    RETURNING usage_period_id)
INSERT INTO usage_dirtied (tenant_id, usage_period_id, billing_period_id)
SELECT DISTINCT $1, m.usage_period_id, n.id FROM moved m
CROSS JOIN (SELECT id FROM billing_period
    WHERE tenant_id = $1 AND subscription_id = $2 AND stream = 'usage' AND state = 'open'
    ORDER BY starts_at LIMIT 1) AS n
ON CONFLICT DO NOTHING
"""
_SETTLED: Final = """
SELECT EXISTS (SELECT FROM billing_period p JOIN usage_event e
    ON e.tenant_id = p.tenant_id AND e.usage_period_id = p.id
  WHERE p.tenant_id = $1 AND p.subscription_id = $2 AND p.stream = 'usage'
    AND p.state = 'open' AND p.ends_at > $3 AND e.occurred_at >= $3
    AND (EXISTS (SELECT FROM billing_step b WHERE b.tenant_id = $1 AND b.period_id = p.id)
      OR EXISTS (SELECT FROM wallet_charge w WHERE w.tenant_id = $1 AND w.period_id = p.id)))
"""


async def periods_beyond(tx: Tx, subscription_id: UUID, *, at: datetime) -> list[StoredPeriod]:
    """Return the fees and usage periods that end behind an instant, in whatever state."""
    rows = await tx.fetch(_BEYOND, tx.tenant_id, subscription_id, at)
    return [StoredPeriod._make(row) for row in rows]


async def is_settled_from(tx: Tx, subscription_id: UUID, *, at: datetime) -> bool:
    """Tell whether usage of an open period is on an invoice or paid from a wallet already.

    Usage from the instant on, that is, by an interim invoice or a debit.
    """
    found: bool = await tx.fetchval(_SETTLED, tx.tenant_id, subscription_id, at)
    return found


async def store_cuts(
    tx: Tx,
    cuts: Sequence[StreamCut],
    *,
    account_id: UUID,
    subscription_id: UUID,
    is_test: bool,
) -> None:
    """Store what cuts do to a subscription's periods, and give events their new ones."""
    removed = [one for cut in cuts for one in cut.removed]
    shortened = [cut.shortened for cut in cuts if cut.shortened is not None]
    if removed:
        await tx.execute(_REMOVE, tx.tenant_id, [one.id for one in removed])
    for one in shortened:
        await set_end(tx, one.period, ends_at=one.ends_at, due_at=one.due_at)
    rows = [
        period_row(
            planned,
            tenant_id=tx.tenant_id,
            account_id=account_id,
            subscription_id=subscription_id,
            is_test=is_test,
        )
        for cut in cuts
        for planned in cut.added
    ]
    await store_periods(tx, rows)
    await _move_usage(tx, subscription_id, removed=removed, shortened=shortened)


async def _move_usage(
    tx: Tx,
    subscription_id: UUID,
    *,
    removed: Sequence[StoredPeriod],
    shortened: Sequence[Shortened],
) -> None:
    """Tell the events behind a cut the periods that hold them now."""
    gone = [one.id for one in removed if one.stream == "usage"]
    ended = [one.period.id for one in shortened if one.period.stream == "usage"]
    if not gone and not ended:
        return
    await tx.execute(_MOVE, tx.tenant_id, subscription_id, [*gone, *ended])
    if gone:
        await tx.execute(_MOVE_LATE, tx.tenant_id, subscription_id, gone)
        await tx.execute(_MOVE_DIRTIED, tx.tenant_id, subscription_id, gone)
