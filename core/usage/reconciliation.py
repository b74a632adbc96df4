"""The reconciliation: whether everything that was received is accounted for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from core.db import Tx
from core.rows import to_record

_RECONCILIATION: Final = """
WITH received AS (
    SELECT (received_at AT TIME ZONE $4)::date AS day, channel,
        sum(accepted + free + rejected) AS received,
        sum(rejected) AS rejected, sum(duplicate) AS duplicate
    FROM usage_batch
    WHERE tenant_id = $1 AND received_at >= $2 AND received_at < $3
    GROUP BY 1, 2),
stored AS (
    SELECT (e.received_at AT TIME ZONE $4)::date AS day, e.channel,
        count(*) FILTER (WHERE p.state = 'billed' AND u.usage_carried_at IS NULL) AS billed,
        count(*) FILTER (WHERE e.billing_period_id IS NULL) AS free,
        count(*) FILTER (WHERE p.state = 'parked') AS parked,
        count(*) FILTER (WHERE p.state IN ('open', 'frozen')
            OR (p.state = 'billed' AND u.usage_carried_at IS NOT NULL)) AS open
    FROM usage_event e
    LEFT JOIN billing_period p
        ON p.tenant_id = e.tenant_id AND p.id = e.billing_period_id
    LEFT JOIN billing_period u ON u.tenant_id = e.tenant_id AND u.id = e.usage_period_id
    WHERE e.tenant_id = $1 AND e.revision = 0
        AND e.received_at >= $2 AND e.received_at < $3
    GROUP BY 1, 2)
SELECT day, channel, coalesce(r.received, 0)::bigint AS received,
    coalesce(s.billed, 0) AS billed, coalesce(s.free, 0) AS free,
    coalesce(r.rejected, 0)::bigint AS rejected, coalesce(s.parked, 0) AS parked,
    coalesce(s.open, 0) AS open, coalesce(r.duplicate, 0)::bigint AS duplicate
FROM received r FULL JOIN stored s USING (day, channel)
ORDER BY day, channel
"""


@dataclass(frozen=True, slots=True)
class DayOfChannel:
    """What became of what was received on one day on one channel, counted in events.

    `channel` is empty for what named no channel that there is. A duplicate is not received
    again, and neither is a void or an amendment: what it changes was received before.
    """

    day: date
    channel: str
    received: int
    billed: int
    free: int
    rejected: int
    parked: int
    open: int
    duplicate: int

    @property
    def is_balanced(self) -> bool:
        """True when everything received is accounted for, once."""
        known = self.billed + self.free + self.rejected + self.parked + self.open
        return self.received == known


async def reconciliation(
    tx: Tx, *, from_at: datetime, until_at: datetime, timezone: str = "UTC"
) -> list[DayOfChannel]:
    """Return by day and channel: received = billed + free + rejected + parked + open.

    Received and rejected are counted from the tallies of batches, the rest from the events
    themselves, so that a difference shows. An event is open until its billing period is
    billed, or parked; and while the period in which it happened carries its usage on.
    """
    rows = await tx.fetch(_RECONCILIATION, tx.tenant_id, from_at, until_at, timezone)
    return [to_record(DayOfChannel, row) for row in rows]
