"""Reading credit notes: with number, reason and what they correct, and their lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, select
from sqlmodel import col

from api.context import ApiContext
from core.credit_notes.tables import CreditNoteRow
from core.db import Tx
from core.invoices.tables import InvoiceNumberRow, InvoiceRow
from core.rows import all_records

_COLUMNS: Final = (
    "id", "account_id", "currency", "tax_mode", "issue_date", "due_at", "net", "tax", "total",
    "taxes", "parties", "line_count",
)  # fmt: skip
_CORRECTS: Final = """
SELECT invoice_id, number, corrects_number FROM credit_note_line
WHERE tenant_id = $1 AND invoice_id = ANY ($2::uuid[])
"""


@dataclass(frozen=True, slots=True)
class StoredCreditNote:
    """A credit note as its list shows it; its lines are read apart."""

    id: UUID
    account_id: UUID
    currency: str
    tax_mode: str
    issue_date: date
    due_at: datetime
    net: Decimal
    tax: Decimal
    total: Decimal
    taxes: Sequence[Mapping[str, str]]
    parties: Mapping[str, Any]
    line_count: int
    series: str
    n: int
    corrects_id: UUID
    scope: str
    reason: str
    subscription_id: UUID | None


def credit_notes(tenant_id: UUID, *where: ColumnElement[bool]) -> Select[Any]:
    """Select a tenant's credit notes with their numbers and what they correct."""
    number, note = InvoiceNumberRow, CreditNoteRow
    columns: list[Any] = [getattr(InvoiceRow, name) for name in _COLUMNS]
    columns += [number.series, number.n]
    columns += [note.corrects_id, note.scope, note.reason, note.subscription_id]
    return (
        select(*columns)
        .join(
            number,
            and_(
                col(number.tenant_id) == col(InvoiceRow.tenant_id),
                col(number.invoice_id) == col(InvoiceRow.id),
            ),
        )
        .join(
            note,
            and_(
                col(note.tenant_id) == col(InvoiceRow.tenant_id),
                col(note.invoice_id) == col(InvoiceRow.id),
            ),
        )
        .where(
            col(InvoiceRow.tenant_id) == tenant_id,
            col(InvoiceRow.kind) == "credit_note",
            *where,
        )
    )


async def credit_notes_by_id(tx: Tx, keys: Sequence[UUID]) -> dict[UUID, StoredCreditNote]:
    """Return those of these credit notes that the tenant has."""
    found = credit_notes(tx.tenant_id, col(InvoiceRow.id).in_(list(keys)))
    return {each.id: each for each in await all_records(tx, StoredCreditNote, found)}


async def credit_note_by_id(tx: Tx, key: UUID) -> StoredCreditNote | None:
    """Return a credit note of the tenant."""
    return (await credit_notes_by_id(tx, [key])).get(key)


async def credit_note_numbered(tx: Tx, series: str, n: int) -> StoredCreditNote | None:
    """Return the credit note with this number in a series."""
    found = credit_notes(
        tx.tenant_id, col(InvoiceNumberRow.series) == series, col(InvoiceNumberRow.n) == n
    )
    records = await all_records(tx, StoredCreditNote, found)
    return records[0] if records else None


async def corrected_numbers(tx: Tx, keys: Sequence[UUID]) -> list[Mapping[int, int]]:
    """Return, of each note, which line of the invoice each of its lines corrects."""
    found: defaultdict[UUID, dict[int, int]] = defaultdict(dict)
    for note_id, number, corrects in await tx.fetch(_CORRECTS, tx.tenant_id, list(keys)):
        found[note_id][number] = corrects
    return [found[key] for key in keys]


async def load_corrected_numbers(
    context: ApiContext, keys: list[UUID]
) -> Sequence[Mapping[int, int]]:
    """Load which lines the lines of many notes correct."""
    async with context.transaction() as tx:
        return await corrected_numbers(tx, keys)
