"""The discounts as past bills saw them, while those bills are read again.

Only ever inside of a savepoint that is rolled back. A discount that may reduce three bills is
thereby there for the same bills as then, and for no others; one that was cancelled since is
there, and one that was given since is not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from core.credit_notes.slices import used_time
from core.db import Tx
from core.discounts.returned_time import leave_free_time
from core.periods.rows import StoredPeriod

# The invoices of a round: those of its due times, and what was billed of its periods earlier.
_BILLS: Final = """
WITH bill AS (
    SELECT i.id, i.account_id, i.due_at
    FROM unnest($2::uuid[], $3::timestamptz[]) AS b (account_id, due_at)
    JOIN invoice i ON i.tenant_id = $1 AND i.account_id = b.account_id
        AND i.due_at = b.due_at AND i.kind = 'invoice'
    UNION
    SELECT i.id, i.account_id, i.due_at FROM billing_step s
    JOIN invoice i ON i.tenant_id = $1 AND i.id = s.invoice_id AND i.kind = 'invoice'
    WHERE s.tenant_id = $1 AND s.period_id = ANY ($4::uuid[])
), used AS (
    SELECT i.id, a.grant_id, i.account_id, g.definition_id, i.due_at, g.method, a.free_time
    FROM bill i
    JOIN applied_discount a ON a.tenant_id = $1 AND a.invoice_id = i.id
    JOIN discount_grant g ON g.tenant_id = $1 AND g.id = a.grant_id)
"""
_GRANTS: Final = f"""{_BILLS}
UPDATE discount_grant g SET uses = greatest(g.uses - u.times, 0), state = 'approved',
    cancelled_at = NULL, cancelled_by = NULL
FROM (SELECT grant_id, count(*)::int AS times FROM used GROUP BY grant_id) AS u
WHERE g.tenant_id = $1 AND g.id = u.grant_id
RETURNING g.id
"""  # noqa: S608 - our own words
# Automatic ones stay: they begin with the first bill that they reduce, for whatever time.
_LATER: Final = f"""{_BILLS}
UPDATE discount_grant g SET state = 'cancelled', cancelled_at = g.approved_at
FROM unnest($5::uuid[], $6::timestamptz[]) AS p (subscription_id, due_at)
WHERE g.tenant_id = $1 AND g.subscription_id = p.subscription_id AND g.method = 'ad_hoc'
  AND g.state = 'approved' AND g.approved_at > p.due_at
  AND NOT EXISTS (SELECT FROM used u WHERE u.grant_id = g.id)
"""  # noqa: S608 - our own words
_WINDOWS: Final = f"""{_BILLS}
UPDATE discount_window w SET uses = greatest(w.uses - u.times, 0)
FROM (SELECT account_id, definition_id, due_at, count(*)::int AS times FROM used
      WHERE method = 'auto' GROUP BY account_id, definition_id, due_at) AS u
WHERE w.tenant_id = $1 AND w.account_id = u.account_id AND w.definition_id = u.definition_id
  AND w.starts_at <= u.due_at AND w.ends_at > u.due_at
"""  # noqa: S608 - our own words
# Whose bills made time free; a line of it tells its months.
_FREE: Final = f"""{_BILLS}
SELECT DISTINCT f.subscription_id, f.invoice_id FROM used u
JOIN fee_slice f ON f.tenant_id = $1 AND f.invoice_id = u.id AND f.reduced_by <> '{{}}'
WHERE u.free_time IS NOT NULL
"""  # noqa: S608 - our own words


async def give_back(tx: Tx, periods: Sequence[StoredPeriod]) -> None:
    """Let this transaction see the discounts as the bills of these periods saw them."""
    due = {period.account_id: period.due_at for period in periods}
    billed = {
        period.subscription_id: period.due_at for period in periods if period.state == "billed"
    }
    bills = list(due), list(due.values()), [period.id for period in periods]
    await tx.execute(_LATER, tx.tenant_id, *bills, list(billed), list(billed.values()))
    if await tx.fetch(_GRANTS, tx.tenant_id, *bills):
        await tx.execute(_WINDOWS, tx.tenant_id, *bills)
        await _leave_time(tx, await tx.fetch(_FREE, tx.tenant_id, *bills))


async def _leave_time(tx: Tx, rows: Sequence[Any]) -> None:
    """Leave the free time that these bills spent, but for what came back since.

    A free month that an upgrade cut after ten days has ten days to spend: the other twenty
    are for the bills behind it.
    """
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for subscription_id, invoice_id in rows:
        found[subscription_id].append(invoice_id)
    spent = [
        each
        for subscription_id, invoice_ids in found.items()
        for each in await used_time(tx, subscription_id, invoice_ids)
    ]
    await leave_free_time(tx, spent)
