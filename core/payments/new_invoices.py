"""What settling new invoices needs to know of them: one statement, two under a policy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from core.db import Tx

# Only invoices about which there is something to do come back.
_FACTS: Final = """
SELECT * FROM (
    SELECT i.id, i.account_id, i.subscription_id, i.currency, i.due_at, s.total,
        s.total - s.paid - s.credited AS open, coalesce(a.test_clock, $3) AS now,
        a.test_clock IS NOT NULL AS is_test, a.timezone, m.id AS method_id, m.gateway,
        EXISTS (SELECT FROM account_credit c WHERE c.tenant_id = $1
            AND c.account_id = i.account_id AND c.used + c.refunded < c.amount) AS has_credit,
        s.total < 0 AND EXISTS (SELECT FROM wallet w WHERE w.tenant_id = $1
            AND w.subscription_id = i.subscription_id) AS is_prepaid,
        EXISTS (SELECT FROM billing_terms_version v WHERE v.tenant_id = $1
            AND v.body -> 'payment' IS NOT NULL) AS has_policies
    FROM invoice i
    JOIN invoice_settlement s ON s.tenant_id = $1 AND s.invoice_id = i.id
    JOIN account a ON a.tenant_id = $1 AND a.id = i.account_id
    LEFT JOIN payment_method m ON m.tenant_id = $1 AND m.account_id = i.account_id
        AND m.is_default AND m.kind IN ('card', 'direct_debit')
    WHERE i.tenant_id = $1 AND i.id = ANY ($2::uuid[]) AND i.kind = 'invoice') AS n
WHERE total < 0 OR (open > 0 AND (method_id IS NOT NULL OR has_credit OR has_policies))
ORDER BY due_at, id
"""


class New(NamedTuple):
    """A stored invoice about which there is something to do; `now` is its account's time."""

    id: UUID
    account_id: UUID
    subscription_id: UUID | None
    currency: str
    due_at: datetime
    total: Decimal
    open: Decimal
    now: datetime
    is_test: bool
    timezone: str
    method_id: UUID | None
    gateway: str | None
    has_credit: bool
    is_prepaid: bool
    has_policies: bool


async def facts_of_new(tx: Tx, invoice_ids: Sequence[UUID], *, at: datetime) -> list[New]:
    """Return those of these invoices that something is to be done about, oldest first."""
    rows = await tx.fetch(_FACTS, tx.tenant_id, list(invoice_ids), at)
    return [New(**dict(row)) for row in rows]
