"""The discounts as past bills saw them, while those bills are read again.

Only ever inside of a savepoint that is rolled back. A discount that may reduce three bills is
thereby there for the same bills as then, and for no others; one that was cancelled since is
there, and one that was given since is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from core.db import Tx
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
    SELECT a.grant_id, i.account_id, g.definition_id, i.due_at, g.method, a.free_time
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
# Free time is kept by item, and its use by bill: what a bill used is shared as all of it is.
_FREE_TIME: Final = f"""{_BILLS}
UPDATE discount_free_time f SET used = greatest(f.used - u.months * f.used / t.spent, 0)
FROM (SELECT grant_id, sum(free_time) AS months FROM used
      WHERE free_time IS NOT NULL GROUP BY grant_id) AS u
JOIN LATERAL (SELECT sum(used) AS spent FROM discount_free_time
      WHERE tenant_id = $1 AND grant_id = u.grant_id) AS t ON t.spent > 0
WHERE f.tenant_id = $1 AND f.grant_id = u.grant_id
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
        await tx.execute(_FREE_TIME, tx.tenant_id, *bills)
