"""What is still due of the seller whose subscriptions live, and what became of it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from core.db import Database
from tests.faults.loaded import Rows, sorted_rows

_WAITING: Final = """
SELECT (SELECT count(*) FROM billing_period WHERE tenant_id = $1
        AND (state = 'frozen' OR (state = 'open' AND due_at <= $2)))
    + (SELECT count(*) FROM close_chunk WHERE tenant_id = $1 AND state = 'waiting')
    + (SELECT count(*) FROM collection WHERE tenant_id = $1
        AND state IN ('waiting', 'pending') AND next_at <= $2 + interval '1 hour')
    + (SELECT count(*) FROM dunning WHERE tenant_id = $1 AND state = 'open'
        AND next_at <= $2)
    + (SELECT count(*) FROM outbox WHERE tenant_id = $1 AND done_at IS NULL)
"""


async def still_waiting(db: Database, tenant_id: UUID) -> int:
    """Count what is due or on its way."""
    async with db.transaction(tenant_id, actor="test") as tx:
        found: int = await tx.fetchval(_WAITING, tenant_id, tx.now)
    return found


_DUE_AGAIN: Final = (
    "UPDATE collection SET next_at = now() WHERE tenant_id = $1 AND state = 'pending'",
    "UPDATE tenant_due SET due_at = now() WHERE tenant_id = $1",
    "UPDATE outbox SET next_at = now() WHERE tenant_id = $1 AND done_at IS NULL",
)


async def leases_end(db: Database, tenant_id: UUID) -> None:
    """Let the time pass for which a dead worker had claimed what it was at."""
    async with db.transaction(tenant_id, actor="test") as tx:
        for statement in _DUE_AGAIN:
            await tx.execute(statement, tenant_id)


_TOLD: Final = {
    "documents": """
        SELECT a.name, i.kind, i.total, l.kind, l.description, l.quantity, l.amount, l.tax,
            l.from_at, l.until_at
        FROM invoice i JOIN account a ON a.tenant_id = $1 AND a.id = i.account_id
        JOIN invoice_line l ON l.tenant_id = $1 AND l.invoice_id = i.id
        WHERE i.tenant_id = $1""",
    "numbers": """
        SELECT series, count(*), max(n) FROM invoice_number WHERE tenant_id = $1
        GROUP BY series""",
    "settlements": """
        SELECT a.name, i.total, s.paid, s.credited, s.corrected, s.pay_by IS NOT NULL
        FROM invoice_settlement s JOIN invoice i ON i.tenant_id = $1 AND i.id = s.invoice_id
        JOIN account a ON a.tenant_id = $1 AND a.id = i.account_id WHERE s.tenant_id = $1""",
    "money": """
        SELECT a.name, c.kind, c.amount, c.used, c.refunded FROM account_credit c
        JOIN account a ON a.tenant_id = $1 AND a.id = c.account_id WHERE c.tenant_id = $1""",
    "allocations": """
        SELECT c.kind, l.amount, i.total FROM allocation l
        JOIN account_credit c ON c.tenant_id = $1 AND c.id = l.credit_id
        JOIN invoice i ON i.tenant_id = $1 AND i.id = l.invoice_id WHERE l.tenant_id = $1""",
    "collections": """
        SELECT a.name, c.state, c.amount, c.attempts, count(p.id) FROM collection c
        JOIN account a ON a.tenant_id = $1 AND a.id = c.account_id
        LEFT JOIN payment p ON p.tenant_id = $1 AND p.collection_id = c.id
        WHERE c.tenant_id = $1 GROUP BY a.name, c.id, c.state, c.amount, c.attempts""",
    "reminders": """
        SELECT a.name, i.total, d.state, d.step, d.has_suspended,
            (SELECT count(*) FROM dunning_action x WHERE x.tenant_id = $1
                AND x.invoice_id = d.invoice_id) AS done
        FROM dunning d JOIN invoice i ON i.tenant_id = $1 AND i.id = d.invoice_id
        JOIN account a ON a.tenant_id = $1 AND a.id = d.account_id WHERE d.tenant_id = $1""",
    "slices": """
        SELECT item_id, layer, quantity, amount, reduced, from_at, until_at FROM fee_slice
        WHERE tenant_id = $1""",
    "given back": """
        SELECT item_id, layer, quantity, from_at, until_at FROM fee_credit
        WHERE tenant_id = $1""",
    "steps": """
        SELECT a.name, p.stream, p.starts_at, p.state, s.seq, s.totals FROM billing_step s
        JOIN billing_period p ON p.tenant_id = $1 AND p.id = s.period_id
        JOIN account a ON a.tenant_id = $1 AND a.id = p.account_id WHERE s.tenant_id = $1""",
    # Without what says how the work went: each frozen slice, each chunk.
    "outbox": """
        SELECT topic, count(*) FROM outbox
        WHERE tenant_id = $1 AND topic <> 'close.progressed' GROUP BY topic""",
}


async def told(db: Database, tenant_id: UUID) -> dict[str, Rows]:
    """Return all that became of it as sorted rows, without ids, numbers and times of work."""
    return await sorted_rows(db, tenant_id, statements=_TOLD)
