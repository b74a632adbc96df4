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
            FROM invoice_number WHERE tenant_id = $1 AND series <> 'TEST') AS x
        WHERE issue_date < before""",
    "every invoice has a number, and its date": """
        SELECT i.id FROM invoice i LEFT JOIN invoice_number n
            ON n.tenant_id = $1 AND n.invoice_id = i.id
        WHERE i.tenant_id = $1 AND n.issue_date IS DISTINCT FROM i.issue_date""",
    "every invoice has a settlement of its total": """
        SELECT i.id FROM invoice i LEFT JOIN invoice_settlement s
            ON s.tenant_id = $1 AND s.invoice_id = i.id
        WHERE i.tenant_id = $1 AND i.kind = 'invoice' AND s.total IS DISTINCT FROM i.total""",
    "a credit note is owed by nobody, and corrects an invoice of its account": """
        SELECT i.id FROM invoice i
        LEFT JOIN credit_note c ON c.tenant_id = $1 AND c.invoice_id = i.id
        LEFT JOIN invoice o ON o.tenant_id = $1 AND o.id = c.corrects_id
        LEFT JOIN invoice_settlement s ON s.tenant_id = $1 AND s.invoice_id = i.id
        WHERE i.tenant_id = $1 AND i.kind = 'credit_note'
            AND (o.kind IS DISTINCT FROM 'invoice' OR s.invoice_id IS NOT NULL
                OR (o.account_id, o.currency) <> (i.account_id, i.currency)
                OR i.total <= 0)""",
    "what was given back of an invoice is what its credit notes say, and no more": """
        SELECT s.invoice_id FROM invoice_settlement s LEFT JOIN (
            SELECT c.corrects_id, sum(i.total) AS total FROM credit_note c
            JOIN invoice i ON i.tenant_id = $1 AND i.id = c.invoice_id
            WHERE c.tenant_id = $1 GROUP BY c.corrects_id) AS n ON n.corrects_id = s.invoice_id
        WHERE s.tenant_id = $1 AND (s.corrected <> coalesce(n.total, 0)
            OR s.corrected > greatest(s.total, 0))""",
    "what was given back of a line is what credit notes say, and no more": """
        SELECT l.invoice_id FROM invoice_line l
        LEFT JOIN credited_line c ON c.tenant_id = $1
            AND c.invoice_id = l.invoice_id AND c.number = l.number
        LEFT JOIN (SELECT x.corrects_id, x.corrects_number, sum(g.amount) AS amount,
                sum(g.net) AS net, sum(g.tax) AS tax, sum(g.gross) AS gross
            FROM credit_note_line x JOIN invoice_line g ON g.tenant_id = $1
                AND g.invoice_id = x.invoice_id AND g.number = x.number
            WHERE x.tenant_id = $1 GROUP BY x.corrects_id, x.corrects_number) AS n
            ON n.corrects_id = l.invoice_id AND n.corrects_number = l.number
        WHERE l.tenant_id = $1 AND ((c.amount, c.net, c.tax, c.gross)
                IS DISTINCT FROM (n.amount, n.net, n.tax, n.gross)
            OR abs(c.gross) > abs(l.gross) OR c.of_gross <> l.gross)""",
    "no two slices of one layer of an item overlap": """
        SELECT a.item_id FROM fee_slice a JOIN fee_slice b
            ON b.tenant_id = $1 AND b.item_id = a.item_id AND b.kind = a.kind
            AND b.layer = a.layer
            AND (b.from_at, b.revision) > (a.from_at, a.revision) AND b.from_at < a.until_at
        WHERE a.tenant_id = $1""",
    "a slice is on its line, with what discounts took off it": """
        SELECT f.item_id FROM fee_slice f
        LEFT JOIN invoice_line l ON l.tenant_id = $1 AND l.invoice_id = f.invoice_id
            AND l.number = f.line_number
        WHERE f.tenant_id = $1 AND f.line_number IS NOT NULL
            AND ((l.kind, l.amount, l.quantity, l.from_at, l.until_at)
                IS DISTINCT FROM (f.kind, f.amount, f.quantity, f.from_at, f.until_at)
            OR f.reduced <> (SELECT coalesce(-sum(d.amount), 0) FROM invoice_line d
                WHERE d.tenant_id = $1 AND d.invoice_id = f.invoice_id
                    AND d.number = ANY (f.reduced_by) AND d.kind = 'discount'))""",
    "no unit of a slice is given back twice": """
        SELECT c.item_id FROM fee_credit c
        JOIN fee_slice f ON f.tenant_id = $1 AND f.item_id = c.item_id
            AND f.revision = c.revision AND f.kind = c.kind AND f.from_at = c.slice_from
            AND f.layer = c.layer
        WHERE c.tenant_id = $1 AND (c.from_at < f.from_at OR c.until_at > f.until_at
            OR f.quantity < (SELECT sum(o.quantity) FROM fee_credit o
                WHERE o.tenant_id = $1 AND o.item_id = c.item_id AND o.revision = c.revision
                    AND o.kind = c.kind AND o.slice_from = c.slice_from
                    AND o.layer = c.layer
                    AND o.from_at <= c.from_at AND o.until_at > c.from_at))""",
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
                JOIN invoice i ON i.tenant_id = $1 AND i.id = l.invoice_id
                WHERE l.tenant_id = $1 AND l.period_id = s.period_id AND i.kind = 'invoice'
                AND l.kind IN ('usage', 'credit', 'gauge', 'consumption', 'commitment',
                    'discount'))""",
    "the sum of the billed events of a period is what its chain has counted": """
        SELECT s.period_id FROM (
            SELECT DISTINCT ON (period_id) period_id, totals FROM billing_step
            WHERE tenant_id = $1 ORDER BY period_id, seq DESC) AS s
        JOIN billing_period p ON p.tenant_id = $1 AND p.id = s.period_id
        WHERE p.state = 'billed' AND p.usage_carried_at IS NULL
            AND (SELECT coalesce(sum((line ->> 5)::numeric), 0)
                FROM jsonb_array_elements(s.totals -> 'lines') AS line
                WHERE line ->> 0 IN ('usage', 'credit'))
            <> (SELECT coalesce(sum(e.quantity), 0) FROM usage_event e
                JOIN billing_period b ON b.tenant_id = $1 AND b.id = e.billing_period_id
                WHERE e.tenant_id = $1 AND e.usage_period_id = s.period_id
                AND b.state = 'billed')
            AND NOT EXISTS (SELECT FROM usage_event w WHERE w.tenant_id = $1
                AND w.usage_period_id = s.period_id AND w.replay_key IS NOT NULL)""",
    "of events that are judged together no more are billed than there are": """
        SELECT s.period_id FROM (
            SELECT DISTINCT ON (period_id) period_id, totals FROM billing_step
            WHERE tenant_id = $1 ORDER BY period_id, seq DESC) AS s
        WHERE (SELECT coalesce(sum((line ->> 5)::numeric), 0)
                FROM jsonb_array_elements(s.totals -> 'lines') AS line
                WHERE line ->> 0 = 'usage')
            > (SELECT coalesce(sum(e.quantity), 0) FROM usage_event e
                JOIN billing_period b ON b.tenant_id = $1 AND b.id = e.billing_period_id
                WHERE e.tenant_id = $1 AND e.usage_period_id = s.period_id
                AND b.state = 'billed')
            AND EXISTS (SELECT FROM usage_event w WHERE w.tenant_id = $1
                AND w.usage_period_id = s.period_id AND w.replay_key IS NOT NULL)""",
    "what is carried on has a period before it that bills it": """
        SELECT c.id FROM billing_period c WHERE c.tenant_id = $1
            AND c.usage_carried_at IS NOT NULL AND NOT EXISTS (SELECT FROM billing_period p
                WHERE p.tenant_id = $1 AND p.subscription_id = c.subscription_id
                AND p.stream IN ('usage', 'settlement') AND p.state <> 'billed')""",
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
        SELECT l.job_id FROM invoice_line l
        JOIN invoice i ON i.tenant_id = $1 AND i.id = l.invoice_id
        LEFT JOIN job_billing b ON b.tenant_id = $1 AND b.job_id = l.job_id
        WHERE l.tenant_id = $1 AND l.job_id IS NOT NULL AND i.kind = 'invoice'
            AND b.invoice_id IS DISTINCT FROM l.invoice_id""",
    "a job that is billed is completed, and not due": """
        SELECT b.job_id FROM job_billing b JOIN job j ON j.tenant_id = $1 AND j.id = b.job_id
        WHERE b.tenant_id = $1 AND (j.state <> 'completed' OR j.due_at IS NOT NULL)""",
    "what was priced event by event is billed once, to the cent": """
        SELECT s.period_id FROM (
            SELECT DISTINCT ON (period_id) period_id, totals FROM billing_step
            WHERE tenant_id = $1 ORDER BY period_id, seq DESC) AS s
        JOIN billing_period p ON p.tenant_id = $1 AND p.id = s.period_id
        CROSS JOIN LATERAL (SELECT e.product_id, sum(e.amount) AS amount
            FROM usage_event e JOIN billing_period b
                ON b.tenant_id = $1 AND b.id = e.billing_period_id AND b.state = 'billed'
            WHERE e.tenant_id = $1 AND e.usage_period_id = s.period_id
            GROUP BY e.product_id HAVING bool_and(e.amount IS NOT NULL)) AS rated
        WHERE p.state = 'billed' AND p.usage_carried_at IS NULL AND rated.amount <>
            (SELECT coalesce(sum((line ->> 7)::numeric), 0)
                FROM jsonb_array_elements(s.totals -> 'lines') AS line
                WHERE line ->> 0 IN ('usage', 'credit')
                    AND line ->> 1 = rated.product_id::text)""",
    "discounts took off an invoice what its lines say": """
        SELECT l.invoice_id FROM (SELECT invoice_id, -sum(amount) AS amount,
                bool_or(is_difference) AS corrects FROM invoice_line
                WHERE tenant_id = $1 AND kind = 'discount' AND invoice_id NOT IN
                    (SELECT invoice_id FROM credit_note WHERE tenant_id = $1)
                GROUP BY invoice_id) AS l
        FULL JOIN (SELECT invoice_id, sum(amount) AS amount FROM applied_discount
                WHERE tenant_id = $1 GROUP BY invoice_id) AS d USING (invoice_id)
        WHERE NOT coalesce(l.corrects, false)
            AND coalesce(l.amount, 0) <> coalesce(d.amount, 0)""",
    "a grant was used as often as it reduced a bill": """
        SELECT g.id FROM discount_grant g LEFT JOIN applied_discount d
            ON d.tenant_id = $1 AND d.grant_id = g.id
        WHERE g.tenant_id = $1 GROUP BY g.id, g.uses HAVING g.uses <> count(d.id)""",
    "free time was spent as bills gave it, less what came back with days": """
        SELECT grant_id FROM (SELECT grant_id, sum(used) AS used FROM discount_free_time
                WHERE tenant_id = $1 GROUP BY grant_id) AS f
        FULL JOIN (SELECT a.grant_id, sum(a.free_time) AS used,
                coalesce(sum(a.free_time) FILTER (WHERE EXISTS (
                    SELECT FROM fee_slice s JOIN fee_credit c ON c.tenant_id = $1
                        AND c.item_id = s.item_id AND c.revision = s.revision
                        AND c.kind = s.kind AND c.slice_from = s.from_at AND c.layer = s.layer
                    WHERE s.tenant_id = $1 AND s.invoice_id = a.invoice_id
                        AND s.reduced_by <> '{}')), 0) AS returnable
                FROM applied_discount a
                WHERE a.tenant_id = $1 AND a.free_time IS NOT NULL GROUP BY a.grant_id) AS d
            USING (grant_id)
        WHERE (f.used BETWEEN d.used - d.returnable AND d.used) IS NOT TRUE""",
    "no item has more free time than its grant allows": """
        SELECT grant_id FROM discount_free_time
        WHERE tenant_id = $1 AND (used > allowed OR used < 0)""",
    "a wallet has what its entries say, and never less than nothing": """
        SELECT w.id FROM wallet w LEFT JOIN wallet_entry e
            ON e.tenant_id = $1 AND e.wallet_id = w.id
        WHERE w.tenant_id = $1 GROUP BY w.id, w.balance
        HAVING w.balance <> coalesce(sum(e.amount), 0) OR w.balance < 0
            OR min(e.balance) < 0""",
    "a wallet has paid for a period what is kept of it, until its invoice": """
        SELECT c.period_id FROM wallet_charge c
        JOIN billing_period p ON p.tenant_id = $1 AND p.id = c.period_id
        WHERE c.tenant_id = $1 AND c.charged <> CASE WHEN p.state = 'billed' THEN 0
            ELSE -(SELECT coalesce(sum(e.amount), 0) FROM wallet_entry e
                WHERE e.tenant_id = $1 AND e.period_id = c.period_id
                    AND e.kind = 'usage') END""",
    "an invoice is settled by what was allocated to it, or by its wallet": """
        SELECT s.invoice_id FROM invoice_settlement s
        JOIN invoice i ON i.tenant_id = $1 AND i.id = s.invoice_id
        LEFT JOIN (SELECT x.invoice_id,
                coalesce(sum(x.amount) FILTER (WHERE c.kind = 'payment'), 0) AS paid,
                coalesce(sum(x.amount) FILTER (WHERE c.kind <> 'payment'), 0) AS credited
            FROM allocation x JOIN account_credit c ON c.tenant_id = $1 AND c.id = x.credit_id
            WHERE x.tenant_id = $1 GROUP BY x.invoice_id) AS a ON a.invoice_id = s.invoice_id
        WHERE s.tenant_id = $1
            AND (s.paid, s.credited) <> (coalesce(a.paid, 0), coalesce(a.credited, 0))
            AND NOT EXISTS (SELECT FROM wallet w WHERE w.tenant_id = $1
                AND w.subscription_id = i.subscription_id)""",
    "no invoice is settled beyond its total, and no credit note at all": """
        SELECT s.invoice_id FROM invoice_settlement s
        JOIN invoice i ON i.tenant_id = $1 AND i.id = s.invoice_id
        WHERE s.tenant_id = $1 AND s.paid + s.credited >
            CASE WHEN i.kind = 'invoice' THEN greatest(s.total, 0) ELSE 0 END""",
    "money is used as it was allocated, and goes back as refunds say": """
        SELECT c.id FROM account_credit c
        WHERE c.tenant_id = $1 AND (c.used, c.refunded) <> (
            (SELECT coalesce(sum(x.amount), 0) FROM allocation x
                WHERE x.tenant_id = $1 AND x.credit_id = c.id),
            (SELECT coalesce(sum(r.amount), 0) FROM refund r
                WHERE r.tenant_id = $1 AND r.credit_id = c.id AND r.state <> 'failed'))""",
    "money settles invoices of its own account and currency": """
        SELECT x.id FROM allocation x
        JOIN account_credit c ON c.tenant_id = $1 AND c.id = x.credit_id
        JOIN invoice i ON i.tenant_id = $1 AND i.id = x.invoice_id
        WHERE x.tenant_id = $1 AND (c.account_id, c.currency) <> (i.account_id, i.currency)""",
    "a payment is money of its account, as much as was received": """
        SELECT p.id FROM payment p
        LEFT JOIN account_credit c ON c.tenant_id = $1 AND c.id = p.id
        WHERE p.tenant_id = $1 AND ('payment', p.account_id, p.currency, p.amount)
            IS DISTINCT FROM (c.kind, c.account_id, c.currency, c.amount)""",
    "a collection that succeeded has its payment, and no other has one": """
        SELECT c.id FROM collection c
        WHERE c.tenant_id = $1 AND (c.state = 'succeeded') <> EXISTS (
            SELECT FROM payment p WHERE p.tenant_id = $1 AND (p.collection_id = c.id
                OR (p.gateway, p.reference) = (c.gateway, c.reference)))""",
    "what is settled is neither collected nor reminded of": """
        SELECT s.invoice_id FROM invoice_settlement s
        WHERE s.tenant_id = $1 AND s.paid + s.credited >= s.total AND (
            EXISTS (SELECT FROM collection c WHERE c.tenant_id = $1
                AND c.invoice_id = s.invoice_id AND c.state = 'waiting')
            OR EXISTS (SELECT FROM dunning d WHERE d.tenant_id = $1
                AND d.invoice_id = s.invoice_id AND d.state <> 'settled'))""",
    "the periods of a stream follow one another without a gap": """
        SELECT id FROM (SELECT id, starts_at, lag(ends_at) OVER (
                PARTITION BY subscription_id, stream ORDER BY starts_at) AS before
            FROM billing_period WHERE tenant_id = $1 AND stream <> 'settlement') AS x
        WHERE starts_at <> before""",
}


async def broken(tx: Tx) -> list[str]:
    """Return the names of the statements that the tenant's books break."""
    return [name for name, sql in BOOKS.items() if await tx.fetch(sql, tx.tenant_id)]
