"""Settling invoices with money that accounts have: locks first, then rows in bulk.

The order of locks is always invoices (`invoice_settlement`), then money (`account_credit`),
each by id. What is used is capped by conditions of the database: an invoice is never
settled beyond its total, money is never used twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from core.db import Tx
from core.kernel.ids import new_id
from core.payments.spreading import NOTHING, CreditKind, Debt, Funds, Use

_LOCK_DEBTS: Final = """
SELECT s.invoice_id, i.account_id, i.currency, s.total - s.paid - s.credited AS open
FROM invoice_settlement s
JOIN invoice i ON i.tenant_id = s.tenant_id AND i.id = s.invoice_id
WHERE s.tenant_id = $1 AND s.invoice_id = ANY ($2::uuid[]) AND i.tenant_id = $1
    AND i.kind = 'invoice'
ORDER BY s.invoice_id FOR UPDATE OF s
"""
_LOCK_FUNDS: Final = """
SELECT id AS credit_id, account_id, currency, kind, amount - used - refunded AS left
FROM account_credit
WHERE tenant_id = $1 AND account_id = ANY ($2::uuid[]) AND used + refunded < amount
ORDER BY id FOR UPDATE
"""
_LOCK_CREDITS: Final = """
SELECT id AS credit_id, account_id, currency, kind, amount - used - refunded AS left
FROM account_credit WHERE tenant_id = $1 AND id = ANY ($2::uuid[]) ORDER BY id FOR UPDATE
"""
_ADD_CREDITS: Final = """
INSERT INTO account_credit (tenant_id, id, account_id, currency, kind, amount, at, created_at)
SELECT $1, n.id, n.account_id, n.currency, n.kind, n.amount, n.at, $8
FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::numeric[], $7::timestamptz[])
    AS n (id, account_id, currency, kind, amount, at)
"""
_ALLOCATE: Final = """
INSERT INTO allocation
    (tenant_id, id, credit_id, invoice_id, amount, actor, at, created_at)
SELECT $1, n.id, n.credit_id, n.invoice_id, n.amount, $6, coalesce(a.test_clock, $7), $8
FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::numeric[])
    AS n (id, credit_id, invoice_id, amount)
JOIN account_credit c ON c.tenant_id = $1 AND c.id = n.credit_id
JOIN account a ON a.tenant_id = $1 AND a.id = c.account_id
"""
_USE: Final = """
UPDATE account_credit c SET used = c.used + n.amount
FROM unnest($2::uuid[], $3::numeric[]) AS n (id, amount)
WHERE c.tenant_id = $1 AND c.id = n.id
"""
_SETTLE: Final = """
UPDATE invoice_settlement s SET paid = s.paid + n.paid, credited = s.credited + n.credited
FROM unnest($2::uuid[], $3::numeric[], $4::numeric[]) AS n (id, paid, credited)
WHERE s.tenant_id = $1 AND s.invoice_id = n.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCredit:
    """Money to be booked: a payment, a credit note, or an invoice below zero."""

    id: UUID
    account_id: UUID
    currency: str
    kind: CreditKind
    amount: Decimal
    at: datetime

    def funds(self) -> Funds:
        """Return it as money of which nothing is used."""
        return Funds(self.id, self.account_id, self.currency, self.kind, self.amount)


async def lock_debts(tx: Tx, invoice_ids: Collection[UUID]) -> dict[UUID, Debt]:
    """Lock what is settled of invoices; credit notes are none."""
    rows = await tx.fetch(_LOCK_DEBTS, tx.tenant_id, sorted(set(invoice_ids)))
    return {row["invoice_id"]: Debt(**dict(row)) for row in rows}


async def lock_funds(tx: Tx, account_ids: Iterable[UUID]) -> list[Funds]:
    """Lock the money that accounts have left, the oldest first."""
    rows = await tx.fetch(_LOCK_FUNDS, tx.tenant_id, sorted(set(account_ids)))
    return [Funds(**dict(row)) for row in rows]


async def lock_credits(tx: Tx, credit_ids: Collection[UUID]) -> dict[UUID, Funds]:
    """Lock these credits, whatever is left of them."""
    rows = await tx.fetch(_LOCK_CREDITS, tx.tenant_id, sorted(set(credit_ids)))
    return {row["credit_id"]: Funds(**dict(row)) for row in rows}


async def add_credits(tx: Tx, booked: Sequence[NewCredit]) -> None:
    """Book money; its id is that of the payment, the credit note or the invoice."""
    if not booked:
        return
    await tx.execute(
        _ADD_CREDITS,
        tx.tenant_id,
        [one.id for one in booked],
        [one.account_id for one in booked],
        [one.currency for one in booked],
        [one.kind for one in booked],
        [one.amount for one in booked],
        [one.at for one in booked],
        tx.now,
    )


async def write_uses(tx: Tx, uses: Sequence[Use], *, at: datetime) -> None:
    """Store which money settles which invoices, and let both know; `at` in real time."""
    if not uses:
        return
    given: list[Any] = [
        [new_id() for _ in uses],
        [one.credit_id for one in uses],
        [one.invoice_id for one in uses],
        [one.amount for one in uses],
    ]
    await tx.execute(_ALLOCATE, tx.tenant_id, *given, tx.actor, at, tx.now)
    used: dict[UUID, Decimal] = defaultdict(lambda: NOTHING)
    paid: dict[UUID, Decimal] = defaultdict(lambda: NOTHING)
    credited: dict[UUID, Decimal] = defaultdict(lambda: NOTHING)
    for one in uses:
        used[one.credit_id] += one.amount
        (paid if one.kind == "payment" else credited)[one.invoice_id] += one.amount
    await tx.execute(_USE, tx.tenant_id, list(used), list(used.values()))
    settled = list({one.invoice_id for one in uses})
    await tx.execute(
        _SETTLE,
        tx.tenant_id,
        settled,
        [paid[key] for key in settled],
        [credited[key] for key in settled],
    )
