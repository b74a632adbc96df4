"""The SQL of alerts: what is watched, what waits to be measured, and what was found."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from core.alerts.records import Alert, AlertEvent
from core.alerts.refusals import AlertNotFound
from core.db import Tx
from core.periods.rows import StoredPeriod
from core.rows import column_list, fetch_record, to_record

WATCHES: Final = """
  (a.account_id IS NULL OR a.account_id = p.account_id)
  AND (a.subscription_id IS NULL OR a.subscription_id = p.subscription_id)
  AND (a.holds_product_id IS NULL OR EXISTS (SELECT FROM subscription_item i
    WHERE i.tenant_id = $1 AND i.subscription_id = p.subscription_id
      AND i.product_id = a.holds_product_id AND i.from_at < p.ends_at
      AND (i.until_at IS NULL OR i.until_at > p.starts_at)))
  AND (a.price_plan_id IS NULL OR EXISTS (SELECT FROM subscription_phase f
    JOIN price_plan_version v ON v.tenant_id = $1
      AND v.id IN (f.price_plan_version_id, f.base_plan_version_id)
    WHERE f.tenant_id = $1 AND f.subscription_id = p.subscription_id
      AND v.price_plan_id = a.price_plan_id AND f.from_at < p.ends_at
      AND (f.until_at IS NULL OR f.until_at > p.starts_at)))"""
"""Of what the alert `a` watches is the subscription of `p` in its time."""

_ALERT: Final = f"SELECT {column_list(Alert, alias='a')} FROM alert a"  # noqa: S608 - our columns
_BY_ID: Final = f"{_ALERT} WHERE a.tenant_id = $1 AND a.id = $2"
_LOCKED: Final = f"{_BY_ID} AND a.state = 'active' FOR UPDATE"
_PERIODS: Final = f"""
SELECT {", ".join(StoredPeriod._fields)} FROM billing_period
WHERE tenant_id = $1 AND id = ANY ($2::uuid[])
"""  # noqa: S608 - our columns
_WATCHED: Final = f"""
SELECT p.id AS period_id, {column_list(Alert, alias="a")}
FROM billing_period p
JOIN alert a ON a.tenant_id = $1 AND a.state = 'active' AND a.measure <> 'allowance'
  AND {WATCHES}
WHERE p.tenant_id = $1 AND p.id = ANY ($2::uuid[])
"""  # noqa: S608 - our columns
_LATE: Final = """
SELECT DISTINCT billing_period_id FROM usage_event
WHERE tenant_id = $1 AND usage_period_id = ANY ($2::uuid[])
  AND billing_period_id <> usage_period_id
"""
# What an invoice has charged a subscription for its period, and what else was due with it.
_INVOICED: Final = """
SELECT p.id, i.currency, sum(l.net) AS net FROM billing_period p
JOIN invoice i ON i.tenant_id = $1 AND i.account_id = p.account_id AND i.due_at = p.due_at
  AND i.kind = 'invoice'
JOIN invoice_line l ON l.tenant_id = $1 AND l.invoice_id = i.id
  AND l.subscription_id = p.subscription_id
WHERE p.tenant_id = $1 AND p.id = ANY ($2::uuid[]) AND p.state = 'billed'
GROUP BY p.id, i.currency
"""
# What was stored since the last look: a stretch of the block range index on the time of
# arrival, not a statement for each subscription.
TOUCHED: Final = f"""
INSERT INTO alert_queue (tenant_id, id, period_id, retry_at)
SELECT $1, gen_random_uuid(), p.id, $3
FROM (SELECT DISTINCT usage_period_id FROM usage_event
    WHERE tenant_id = $1 AND received_at >= $2 AND usage_period_id IS NOT NULL) AS e
JOIN billing_period p ON p.tenant_id = $1 AND p.id = e.usage_period_id AND NOT p.is_test
WHERE EXISTS (SELECT FROM alert a WHERE a.tenant_id = $1 AND a.state = 'active'
    AND a.measure <> 'allowance' AND {WATCHES})
RETURNING period_id
"""  # noqa: S608 - our own words
_FULL: Final = f"""
WITH page AS (
    SELECT p.id, p.subscription_id FROM billing_period p
    JOIN alert a ON a.tenant_id = $1 AND a.id = $2 AND {WATCHES}
    WHERE p.tenant_id = $1 AND p.stream = 'usage' AND p.state = 'open' AND NOT p.is_test
      AND p.starts_at <= $3 AND p.subscription_id > $4 {{only}}
    ORDER BY p.subscription_id LIMIT $5
), put AS (
    INSERT INTO alert_queue (tenant_id, id, period_id, retry_at)
    SELECT $1, gen_random_uuid(), id, $3 FROM page
)
SELECT count(*)::int AS found, max(subscription_id::text)::uuid AS last FROM page
"""  # noqa: S608 - our own words
_CLAIM: Final = """
SELECT id, period_id, attempts FROM alert_queue
WHERE tenant_id = $1 AND retry_at <= $2 ORDER BY retry_at, id LIMIT $3
FOR UPDATE SKIP LOCKED
"""
_MEASURED: Final = "DELETE FROM alert_queue WHERE tenant_id = $1 AND id = ANY ($2::uuid[])"
_PUT_OFF: Final = """
UPDATE alert_queue SET attempts = attempts + 1, retry_at = $3 WHERE tenant_id = $1 AND id = $2
"""
_RAISE: Final = """
INSERT INTO alert_event (tenant_id, id, alert_id, account_id, subscription_id, threshold,
    level, value, currency, period_from, period_until, period_id, raised_at)
SELECT $1, w.* FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::numeric[],
    $7::numeric[], $8::numeric[], $9::text[], $10::timestamptz[], $11::timestamptz[],
    $12::uuid[], $13::timestamptz[]) AS w
ORDER BY 3, 5, 10, 6
ON CONFLICT (tenant_id, alert_id, subscription_id, period_from, threshold) DO NOTHING
RETURNING id
"""


class Waiting(NamedTuple):
    """A claimed row of the queue."""

    id: UUID
    period_id: UUID
    attempts: int


async def alert_by_id(tx: Tx, alert_id: UUID) -> Alert | None:
    """Return an alert, a removed one too."""
    return await fetch_record(tx, Alert, _BY_ID, tx.tenant_id, alert_id)


async def lock_alert(tx: Tx, alert_id: UUID) -> Alert:
    """Return an active alert and keep others from changing it until this transaction ends.

    Raises:
        AlertNotFound
    """
    alert = await fetch_record(tx, Alert, _LOCKED, tx.tenant_id, alert_id)
    if alert is None:
        raise AlertNotFound(
            "there is no such alert, or it was removed; check its id", path=("alert",)
        )
    return alert


async def watched(tx: Tx, period_ids: Collection[UUID]) -> list[tuple[UUID, Alert]]:
    """Return which active alerts watch which of these usage periods."""
    rows = await tx.fetch(_WATCHED, tx.tenant_id, list(period_ids))
    return [(row["period_id"], to_record(Alert, row)) for row in rows]


async def periods_named(tx: Tx, period_ids: Collection[UUID]) -> list[StoredPeriod]:
    """Return periods in any state."""
    rows = await tx.fetch(_PERIODS, tx.tenant_id, list(period_ids))
    return [StoredPeriod._make(row) for row in rows]


async def billed_later(tx: Tx, period_ids: Collection[UUID]) -> list[UUID]:
    """Return the periods whose closings bill late events of these."""
    rows = await tx.fetch(_LATE, tx.tenant_id, list(period_ids))
    return [row["billing_period_id"] for row in rows]


async def invoiced(tx: Tx, period_ids: Collection[UUID]) -> dict[UUID, tuple[str, Decimal]]:
    """Return what billed periods came to, net, with its currency; by period."""
    rows = await tx.fetch(_INVOICED, tx.tenant_id, list(period_ids))
    return {row["id"]: (row["currency"], row["net"]) for row in rows}


async def queue_all(
    tx: Tx, alert: Alert, *, after: UUID, limit: int
) -> tuple[int, UUID | None]:
    """Queue the open periods of what an alert watches, behind a subscription.

    Returns how many, and the last subscription among them.
    """
    only, arguments = "", [tx.tenant_id, alert.id, tx.now, after, limit]
    if alert.subscription_id is not None:
        only = "AND p.subscription_id = $6"
        arguments.append(alert.subscription_id)
    elif alert.account_id is not None:
        only = "AND p.account_id = $6"
        arguments.append(alert.account_id)
    row = await tx.fetchrow(_FULL.format(only=only), *arguments)
    assert row is not None
    return row["found"], row["last"]


async def claim(tx: Tx, *, limit: int) -> list[Waiting]:
    """Claim periods of the queue that are to be measured now."""
    rows = await tx.fetch(_CLAIM, tx.tenant_id, tx.now, limit)
    return [Waiting(*row) for row in rows]


async def measured(tx: Tx, waiting: Collection[Waiting]) -> None:
    """Take periods out of the queue."""
    await tx.execute(_MEASURED, tx.tenant_id, [one.id for one in waiting])


async def put_off(tx: Tx, waiting: Waiting, *, until: datetime) -> None:
    """Leave a period that cannot be measured in the queue, for later."""
    await tx.execute(_PUT_OFF, tx.tenant_id, waiting.id, until)


async def insert_events(tx: Tx, events: Sequence[AlertEvent]) -> list[AlertEvent]:
    """Store events whose threshold was not reached before; return those that are new."""
    if not events:
        return []
    names = (
        "id", "alert_id", "account_id", "subscription_id", "threshold", "level", "value",
        "currency", "period_from", "period_until", "period_id", "raised_at",
    )  # fmt: skip
    columns = [[getattr(event, name) for event in events] for name in names]
    stored = {row["id"] for row in await tx.fetch(_RAISE, tx.tenant_id, *columns)}
    return [event for event in events if event.id in stored]
