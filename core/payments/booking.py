"""Booking money: credit notes, new invoices, and what is open or paid.

The door of this feature for whoever makes invoices and credit notes. Everything is
set-based: so many statements, however many invoices.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, Protocol
from uuid import UUID

from core.db import Tx
from core.payments.claims import make_claims, note_settled
from core.payments.new_invoices import New, facts_of_new
from core.payments.settling import (
    NewCredit,
    add_credits,
    lock_debts,
    lock_funds,
    write_uses,
)
from core.payments.spreading import NOTHING, Use, spread

_OPEN: Final = """
SELECT s.invoice_id, s.total - s.paid - s.credited AS open
FROM invoice_settlement s JOIN invoice i ON i.tenant_id = $1 AND i.id = s.invoice_id
WHERE s.tenant_id = $1 AND s.invoice_id = ANY ($2::uuid[]) AND i.kind = 'invoice'
"""
_PAID: Final = """
SELECT s.id, EXISTS (
    SELECT FROM invoice i
    JOIN invoice_settlement t ON t.tenant_id = $1 AND t.invoice_id = i.id
    WHERE i.tenant_id = $1 AND i.account_id = s.account_id AND i.kind = 'invoice'
        AND (t.total <= 0 OR (t.paid + t.credited >= t.total AND t.corrected < t.total))
        AND (i.subscription_id = s.id OR (i.subscription_id IS NULL AND EXISTS (
            SELECT FROM invoice_line l WHERE l.tenant_id = $1 AND l.invoice_id = i.id
                AND l.subscription_id = s.id)))) AS is_paid
FROM subscription s WHERE s.tenant_id = $1 AND s.id = ANY ($2::uuid[])
"""


class Note(Protocol):
    """A numbered credit note, as far as booking it goes; `total` is what it gives back."""

    @property
    def id(self) -> UUID:
        """Its id; the credit that it makes has the same."""

    @property
    def corrects_id(self) -> UUID:
        """The invoice that it corrects."""

    @property
    def account_id(self) -> UUID:
        """Whose money it is."""

    @property
    def currency(self) -> str:
        """The currency of its amounts."""

    @property
    def total(self) -> Decimal:
        """What it gives back, with tax."""


async def book_credit_notes(
    tx: Tx, notes: Sequence[Note], *, towards: Sequence[UUID] = (), at: datetime
) -> None:
    """Let credit notes settle invoices, and keep the rest as their account's credit.

    Each settles what is open of the invoice that it corrects, then `towards` in that order,
    as far as they are of its account and currency. `at` is the account's time.
    """
    booked = [
        NewCredit(
            id=note.id, account_id=note.account_id, currency=note.currency, kind="credit_note",
            amount=note.total, at=at,
        )
        for note in notes if note.total > NOTHING
    ]  # fmt: skip
    if not booked:
        return
    corrects = {note.id: note.corrects_id for note in notes}
    debts = await lock_debts(tx, [*corrects.values(), *towards])
    await add_credits(tx, booked)
    uses: list[Use] = []
    for credit in booked:
        wanted = dict.fromkeys([corrects[credit.id], *towards])
        chosen = [debts[key] for key in wanted if key in debts]
        uses += spread(chosen, [credit.funds()])
    await write_uses(tx, uses, at=at)
    await note_settled(tx, [use.invoice_id for use in uses], at=at)


async def settle_new(tx: Tx, invoice_ids: Sequence[UUID], *, at: datetime) -> None:
    """Settle invoices that this transaction has stored with what their accounts have.

    One below zero becomes its account's credit. The others take the account's credit of
    their currency, the oldest first; what stays open is collected from the account's
    default method, where its gateway collects, and claimed by its terms' payment policy.
    `at` is real time; an account on a test clock has its own.
    """
    if not invoice_ids:
        return
    new = await facts_of_new(tx, invoice_ids, at=at)
    if not new:
        return
    below = [one for one in new if one.total < NOTHING and not one.is_prepaid]
    await add_credits(tx, [_credit_below_zero(one) for one in below])
    owed = [one for one in new if one.open > NOTHING]
    with_credit = {one.account_id for one in owed if one.has_credit}
    with_credit |= {one.account_id for one in below}
    if with_credit:
        # Rows of this transaction's own: nobody else can hold them.
        debts = await lock_debts(tx, [one.id for one in owed if one.account_id in with_credit])
        in_order = [debts[one.id] for one in owed if one.id in debts]
        uses = spread(in_order, await lock_funds(tx, with_credit))
        await write_uses(tx, uses, at=at)
        left = {debt.invoice_id: debt.open for debt in in_order}
        owed = [one._replace(open=left.get(one.id, one.open)) for one in owed]
    await make_claims(tx, owed)


async def open_amounts(tx: Tx, invoice_ids: Collection[UUID]) -> dict[UUID, Decimal]:
    """Return what is open of invoices; one below zero has less than nothing open."""
    rows = await tx.fetch(_OPEN, tx.tenant_id, list(invoice_ids))
    return {row["invoice_id"]: row["open"] for row in rows}


async def open_amount(tx: Tx, invoice_id: UUID) -> Decimal:
    """Return what is open of one invoice; 0 where there is none such."""
    return (await open_amounts(tx, [invoice_id])).get(invoice_id, NOTHING)


async def is_paid(tx: Tx, subscription_ids: Collection[UUID]) -> Mapping[UUID, bool]:
    """Tell of each subscription whether any invoice for it was settled.

    One that owed nothing counts, one that was wholly corrected does not.
    """
    if not subscription_ids:
        return {}
    rows = await tx.fetch(_PAID, tx.tenant_id, list(subscription_ids))
    return {row["id"]: row["is_paid"] for row in rows}


def _credit_below_zero(one: New) -> NewCredit:
    return NewCredit(
        id=one.id,
        account_id=one.account_id,
        currency=one.currency,
        kind="negative_invoice",
        amount=-one.total,
        at=one.now,
    )
