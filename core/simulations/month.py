"""Which periods a simulated month is made of."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.db import Tx
from core.kernel.frequency import month_day
from core.kernel.zones import start_of_day
from core.periods.rows import StoredPeriod
from core.simulations.errors import MonthNotOver

_PERIODS: Final = """
SELECT p.id, p.account_id, p.subscription_id, p.stream, p.ordinal, p.starts_at, p.ends_at,
    p.whole_starts_at, p.whole_ends_at, p.due_at, p.is_test, p.state, p.run_id, p.is_advance
FROM subscription s
JOIN billing_period p ON p.tenant_id = $1 AND p.subscription_id = s.id
    AND p.starts_at >= $3 AND p.starts_at < $4 AND p.ends_at > p.starts_at
WHERE s.tenant_id = $1 AND s.account_id = ANY ($2::uuid[])
ORDER BY p.account_id, p.subscription_id, p.starts_at, p.stream
"""
# What stands on the same bills: money taken off a bill is shared by all of it.
_BESIDE: Final = """
SELECT p.id, p.account_id, p.subscription_id, p.stream, p.ordinal, p.starts_at, p.ends_at,
    p.whole_starts_at, p.whole_ends_at, p.due_at, p.is_test, p.state, p.run_id, p.is_advance
FROM (SELECT DISTINCT * FROM unnest($2::uuid[], $3::timestamptz[]) AS u (account_id, due_at)) b
JOIN subscription s ON s.tenant_id = $1 AND s.account_id = b.account_id
JOIN billing_period p ON p.tenant_id = $1 AND p.subscription_id = s.id
    AND p.due_at = b.due_at AND p.ends_at > p.starts_at
WHERE p.id <> ALL ($4::uuid[]) AND EXISTS (
    SELECT FROM subscription o JOIN discount_grant g ON g.tenant_id = $1
        AND g.subscription_id = o.id AND g.amount IS NOT NULL
    WHERE o.tenant_id = $1 AND o.account_id = b.account_id)
ORDER BY p.account_id, p.subscription_id, p.starts_at, p.stream
"""
INVOICES: Final = """(
    SELECT invoice_id FROM billing_step
    WHERE tenant_id = $1 AND period_id = ANY ($2::uuid[]) AND invoice_id IS NOT NULL
    UNION
    SELECT invoice_id FROM fee_slice
    WHERE tenant_id = $1 AND subscription_id = ANY ($3::uuid[]) AND period_id = ANY ($2::uuid[])
)"""
"""The invoices of periods `$2` of subscriptions `$3`: they charged their usage or a fee."""
_INVOICED: Final = f"""
SELECT l.subscription_id, sum(l.net) AS net
FROM {INVOICES} AS i
JOIN invoice_line l ON l.tenant_id = $1 AND l.invoice_id = i.invoice_id
    AND l.period_id = ANY ($2::uuid[])
GROUP BY l.subscription_id
"""  # noqa: S608 - our own words


def bounds_of(month: date, zone: str) -> tuple[datetime, datetime]:
    """Return from when until when a month lasts in a zone.

    Raises:
        MonthNotOver: the day is not the first of a month.
    """
    if month.day != 1:
        raise MonthNotOver(
            f"{month} is no first of a month; write {month.replace(day=1)}", path=("month",)
        )
    return start_of_day(month, zone), start_of_day(following(month), zone)


def following(month: date) -> date:
    """Return the first day of the next month."""
    return month_day(month, months=1)


async def periods_of(
    tx: Tx, account_ids: Collection[UUID], *, from_at: datetime, until_at: datetime
) -> list[StoredPeriod]:
    """Return all billing periods of these accounts that start in the time."""
    rows = await tx.fetch(_PERIODS, tx.tenant_id, list(account_ids), from_at, until_at)
    return [StoredPeriod._make(row) for row in rows]


async def periods_beside(tx: Tx, periods: Collection[StoredPeriod]) -> list[StoredPeriod]:
    """Return the periods of other months on the bills of these, where money is taken off.

    10.00 off a bill of January's usage and February's fees are 10.00 for both together.
    """
    rows = await tx.fetch(
        _BESIDE,
        tx.tenant_id,
        [period.account_id for period in periods],
        [period.due_at for period in periods],
        [period.id for period in periods],
    )
    return [StoredPeriod._make(row) for row in rows]


async def invoiced(tx: Tx, periods: Collection[StoredPeriod]) -> dict[UUID, Decimal]:
    """Return what was invoiced for these periods, net, by subscription; no credit notes."""
    ids = [period.id for period in periods]
    subscriptions = list({period.subscription_id for period in periods})
    rows = await tx.fetch(_INVOICED, tx.tenant_id, ids, subscriptions)
    return {row["subscription_id"]: row["net"] for row in rows}
