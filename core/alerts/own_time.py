"""Alerts of an account on a test clock: looked at when its clock is moved.

Before anything closes, and at every instant at which something closed or was done on the way.
One account is small: all of its open usage is measured, and what came for closed periods.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.alerts.raising import raise_alerts, raise_allowances
from core.alerts.repository import periods_named
from core.billing_cycles.due_work import WorkDone
from core.billing_cycles.pricing import Pricing
from core.db import Tx

OVERLAP: Final = timedelta(minutes=10)
"""Longer than a transaction that stores usage may last."""

# Not again in the transaction that has looked at this instant of the account's time.
_NEXT: Final = """
SELECT c.test_clock FROM account c
LEFT JOIN alert_test_look l ON l.tenant_id = $1 AND l.account_id = c.id
WHERE c.tenant_id = $1 AND c.id = $2 AND c.test_clock IS NOT NULL
  AND (l.clock IS NULL OR l.clock < c.test_clock OR l.looked_at < $3)
  AND EXISTS (SELECT FROM alert a WHERE a.tenant_id = $1 AND a.state = 'active'
    AND (a.account_id IS NULL OR a.account_id = c.id))
"""
_PERIODS: Final = """
SELECT p.id FROM billing_period p JOIN subscription s ON s.tenant_id = $1
  AND s.id = p.subscription_id
WHERE p.tenant_id = $1 AND s.account_id = $2 AND p.stream = 'usage' AND p.state = 'open'
  AND p.starts_at <= $3
UNION
SELECT e.usage_period_id FROM usage_event e
WHERE e.tenant_id = $1 AND e.account_id = $2 AND e.usage_period_id IS NOT NULL
  AND e.received_at >= coalesce((SELECT looked_at FROM alert_test_look
    WHERE tenant_id = $1 AND account_id = $2), '-infinity') - $4::interval
"""
_LOOKED: Final = """
INSERT INTO alert_test_look (tenant_id, account_id, clock, looked_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id, account_id) DO UPDATE SET clock = excluded.clock,
    looked_at = excluded.looked_at
"""


@dataclass(frozen=True, slots=True)
class AlertsDue:
    """Looks as due work (`DueWork`)."""

    pricing: Pricing

    async def next_due(self, tx: Tx, account_id: UUID) -> datetime | None:
        """Return the account's present, unless this transaction has looked at it."""
        found: datetime | None = await tx.fetchval(_NEXT, tx.tenant_id, account_id, tx.now)
        return found

    async def run(self, tx: Tx, account_id: UUID, *, at: datetime) -> WorkDone:
        """Measure what was used, and tell what it has reached."""
        rows = await tx.fetch(_PERIODS, tx.tenant_id, account_id, at, OVERLAP)
        if rows:
            periods = await periods_named(tx, [row["id"] for row in rows])
            of_usage = [one for one in periods if one.stream == "usage"]
            await raise_alerts(tx, of_usage, pricing=self.pricing, at=at)
        # What ends is looked at before the clock is moved: nothing is used in between.
        await raise_allowances(tx, at=at, since=at, account_id=account_id)
        await tx.execute(_LOOKED, tx.tenant_id, account_id, at, tx.now)
        return WorkDone()
