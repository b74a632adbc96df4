"""The SQL of alerts on allowances: what is used up of them, and was not told yet."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.alerts.records import AlertEvent
from core.alerts.repository import WATCHES
from core.db import Tx
from core.kernel.ids import new_id

# One statement over the allowances that are being used up, and over those that ended since the
# last look ($4) as they were in their last instant; what was told is left out.
_ALLOWANCES: Final = f"""
WITH moment AS (
    SELECT DISTINCT account_id, subscription_id, feature, CASE WHEN until_at <= $2
        THEN until_at - interval '1 microsecond' ELSE $2::timestamptz END AS at
    FROM allowance
    WHERE tenant_id = $1 AND from_at <= $2 AND (until_at IS NULL OR until_at > $4)
), used AS (
    SELECT a.id AS alert_id, a.thresholds, p.account_id, p.subscription_id, m.at,
        100 * sum(w.used) / sum(w.granted) AS value, max(w.from_at) AS period_from,
        min(w.until_at) AS period_until
    FROM alert a
    JOIN moment m ON m.feature = a.feature AND (m.at = $2 OR m.at >= a.created_at)
    JOIN allowance w ON w.tenant_id = $1 AND w.account_id = m.account_id
      AND w.subscription_id = m.subscription_id AND w.feature = m.feature
      AND w.from_at <= m.at AND (w.until_at IS NULL OR w.until_at > m.at)
    JOIN account c ON c.tenant_id = $1 AND c.id = w.account_id
      AND (CASE WHEN $3::uuid IS NULL THEN c.test_clock IS NULL ELSE c.id = $3 END)
    CROSS JOIN LATERAL (SELECT w.account_id, w.subscription_id, m.at AS starts_at,
        m.at + interval '1 microsecond' AS ends_at) AS p
    WHERE a.tenant_id = $1 AND a.state = 'active' AND a.measure = 'allowance' AND {WATCHES}
    GROUP BY a.id, a.thresholds, p.account_id, p.subscription_id, m.at
    HAVING bool_and(w.granted IS NOT NULL) AND sum(w.granted) > 0
)
SELECT DISTINCT ON (u.alert_id, u.subscription_id, u.period_from, t.threshold) u.alert_id,
    u.account_id, u.subscription_id, t.threshold, u.value, u.period_from, u.period_until
FROM used u CROSS JOIN LATERAL unnest(u.thresholds) AS t (threshold)
WHERE u.value >= t.threshold AND NOT EXISTS (SELECT FROM alert_event e
    WHERE e.tenant_id = $1 AND e.alert_id = u.alert_id
      AND e.subscription_id = u.subscription_id AND e.period_from = u.period_from
      AND e.threshold = t.threshold)
ORDER BY u.alert_id, u.subscription_id, u.period_from, t.threshold, u.at
"""  # noqa: S608 - our own words


async def allowances_reached(
    tx: Tx, *, at: datetime, since: datetime, account_id: UUID | None
) -> list[AlertEvent]:
    """Return what alerts on allowances have not told yet; of one account on a test clock.

    Allowances that ended since the last look count as they were at their end. Without an
    account: of all that live in real time.
    """
    rows = await tx.fetch(_ALLOWANCES, tx.tenant_id, at, account_id, since)
    return [
        AlertEvent(
            id=new_id(),
            alert_id=row["alert_id"],
            account_id=row["account_id"],
            subscription_id=row["subscription_id"],
            threshold=row["threshold"],
            level=row["threshold"],
            value=Decimal(row["value"]),
            currency=None,
            period_from=row["period_from"],
            period_until=row["period_until"],
            period_id=None,
            raised_at=at,
        )
        for row in rows
    ]
