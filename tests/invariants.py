"""Statements that return no row while the books are sound; run after every closing test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.db import Tx

BOOKS: Final[Mapping[str, str]] = {
    "an invoice is the sum of its lines": """
        SELECT i.id FROM invoice i LEFT JOIN (SELECT invoice_id, sum(net) AS net,
                sum(tax) AS tax, sum(gross) AS gross FROM invoice_line
                WHERE tenant_id = $1 GROUP BY invoice_id) AS l ON l.invoice_id = i.id
        WHERE i.tenant_id = $1
            AND (i.net, i.tax, i.total) IS DISTINCT FROM (l.net, l.tax, l.gross)""",
    "numbers of a series have no gap": """
        SELECT series FROM invoice_number WHERE tenant_id = $1
        GROUP BY series HAVING max(n) <> count(*) OR min(n) <> 1""",
    "numbers are in the order of their dates": """
        SELECT n FROM (SELECT n, issue_date, lag(issue_date)
            OVER (PARTITION BY series ORDER BY n) AS before
            FROM invoice_number WHERE tenant_id = $1) AS x WHERE issue_date < before""",
    "every invoice has a number, and its date": """
        SELECT i.id FROM invoice i LEFT JOIN invoice_number n
            ON n.tenant_id = $1 AND n.invoice_id = i.id
        WHERE i.tenant_id = $1 AND n.issue_date IS DISTINCT FROM i.issue_date""",
    "every invoice has a settlement of its total": """
        SELECT i.id FROM invoice i LEFT JOIN invoice_settlement s
            ON s.tenant_id = $1 AND s.invoice_id = i.id
        WHERE i.tenant_id = $1 AND s.total IS DISTINCT FROM i.total""",
    "no two slices of an item overlap": """
        SELECT a.item_id FROM fee_slice a JOIN fee_slice b
            ON b.tenant_id = $1 AND b.item_id = a.item_id AND b.kind = a.kind
            AND b.from_at > a.from_at AND b.from_at < a.until_at
        WHERE a.tenant_id = $1""",
    "every event is billed by a period of its own subscription": """
        SELECT e.identity FROM usage_event e LEFT JOIN billing_period p
            ON p.tenant_id = $1 AND p.id = e.billing_period_id
        WHERE e.tenant_id = $1 AND e.usage_period_id IS NOT NULL
            AND p.subscription_id IS DISTINCT FROM e.subscription_id""",
    "a billed period of usage has its chain, without a gap": """
        SELECT p.id FROM billing_period p LEFT JOIN billing_step s
            ON s.tenant_id = $1 AND s.period_id = p.id
        WHERE p.tenant_id = $1 AND p.stream = 'usage' AND p.state = 'billed'
        GROUP BY p.id HAVING count(s.seq) = 0 OR max(s.seq) <> count(s.seq)""",
    "what is billed of a period is the last total of its chain": """
        SELECT s.period_id FROM (
            SELECT DISTINCT ON (period_id) period_id, totals FROM billing_step
            WHERE tenant_id = $1 ORDER BY period_id, seq DESC) AS s
        WHERE (SELECT coalesce(sum((line ->> 7)::numeric), 0)
                FROM jsonb_array_elements(s.totals -> 'lines') AS line)
            <> (SELECT coalesce(sum(l.amount), 0) FROM invoice_line l
                WHERE l.tenant_id = $1 AND l.period_id = s.period_id
                AND l.kind IN ('usage', 'credit', 'gauge', 'commitment'))""",
    "the sum of the billed events of a period is what its chain has counted": """
        SELECT s.period_id FROM (
            SELECT DISTINCT ON (period_id) period_id, totals FROM billing_step
            WHERE tenant_id = $1 ORDER BY period_id, seq DESC) AS s
        JOIN billing_period p ON p.tenant_id = $1 AND p.id = s.period_id
        WHERE p.state = 'billed' AND (SELECT coalesce(sum((line ->> 5)::numeric), 0)
                FROM jsonb_array_elements(s.totals -> 'lines') AS line
                WHERE line ->> 0 IN ('usage', 'credit'))
            <> (SELECT coalesce(sum(e.quantity), 0) FROM usage_event e
                JOIN billing_period b ON b.tenant_id = $1 AND b.id = e.billing_period_id
                WHERE e.tenant_id = $1 AND e.usage_period_id = s.period_id
                AND b.state = 'billed')""",
    "no frozen period is forgotten by its run": """
        SELECT p.id FROM billing_period p WHERE p.tenant_id = $1 AND p.state = 'frozen'
            AND NOT EXISTS (SELECT FROM close_chunk c WHERE c.tenant_id = $1
                AND c.run_id = p.run_id AND c.state = 'waiting'
                AND p.account_id BETWEEN c.first_account_id AND c.last_account_id)""",
    "what is parked has a reason that waits": """
        SELECT p.id FROM billing_period p WHERE p.tenant_id = $1 AND p.state = 'parked'
            AND NOT EXISTS (SELECT FROM parked_subscription k WHERE k.tenant_id = $1
                AND k.subscription_id = p.subscription_id AND k.healed_at IS NULL)""",
    "a job is on the invoice that billed it, and on no other": """
        SELECT l.job_id FROM invoice_line l LEFT JOIN job_billing b
            ON b.tenant_id = $1 AND b.job_id = l.job_id
        WHERE l.tenant_id = $1 AND l.job_id IS NOT NULL
            AND b.invoice_id IS DISTINCT FROM l.invoice_id""",
    "a job that is billed is completed, and not due": """
        SELECT b.job_id FROM job_billing b JOIN job j ON j.tenant_id = $1 AND j.id = b.job_id
        WHERE b.tenant_id = $1 AND (j.state <> 'completed' OR j.due_at IS NOT NULL)""",
}


async def broken(tx: Tx) -> list[str]:
    """Return the names of the statements that the tenant's books break."""
    return [name for name, sql in BOOKS.items() if await tx.fetch(sql, tx.tenant_id)]
