"""Correct an invoice, and let what is given back settle what is owed."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from core.credit_notes.credit_invoice import LineCredit, credit_invoice
from core.credit_notes.records import CreditNote, Scope
from core.db import Tx
from core.payments.booking import book_credit_notes


async def correct_invoice(
    tx: Tx,
    *,
    invoice_id: UUID,
    scope: Scope,
    reason: str,
    lines: Sequence[LineCredit] = (),
    amount: Decimal | None = None,
) -> CreditNote:
    """Make a credit note and book it: what is open of the invoice first, the rest is credit.

    Raises:
        What `credit_invoice` refuses.
    """
    note = await credit_invoice(
        tx, invoice_id=invoice_id, scope=scope, reason=reason, lines=lines, amount=amount
    )
    await book_credit_notes(tx, [note], at=note.at)
    return note
