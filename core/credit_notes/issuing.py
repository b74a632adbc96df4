"""Making credit notes final: documents, caps, numbers and traces.

They are stored in the invoices' own tables, in amounts that are given back. What is given
back of a line, and of an invoice, is counted in rows that the database caps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from core import outbox
from core.accounts import history
from core.billing.draft import DraftLine, InvoiceDraft, TaxTotal
from core.credit_notes.balances import NO_AMOUNTS, Amounts, BilledLine
from core.credit_notes.reading import Corrected
from core.credit_notes.records import CreditNote, Scope
from core.db import Tx
from core.invoices.finalise import FinalInvoice, store_invoices
from core.invoices.numbering import Series, issue_date_for, number_invoices, number_text
from core.invoices.parties import parties_json
from core.kernel.ids import new_id
from core.kernel.money import round_money
from core.kernel.zones import local_day
from core.plugin_api.values import Step
from core.rating.working import working_json

ISSUED: Final = "credit_note.issued"

_SELLER: Final = "SELECT name, country, timezone, legal FROM tenant WHERE id = $1"
_BUYERS: Final = """
SELECT id, name, email, country, address, tax_number FROM account
WHERE tenant_id = $1 AND id = ANY ($2::uuid[])
"""
_NOTE_COLUMNS: Final = (
    "tenant_id", "invoice_id", "corrects_id", "scope", "reason", "subscription_id", "actor",
    "created_at",
)  # fmt: skip
_LINE_COLUMNS: Final = (
    "tenant_id", "invoice_id", "number", "corrects_id", "corrects_number",
)  # fmt: skip
_CREDITED: Final = """
INSERT INTO credited_line AS kept
    (tenant_id, invoice_id, number, of_gross, amount, net, tax, gross)
SELECT $1, given.* FROM unnest($2::uuid[], $3::int[], $4::numeric[], $5::numeric[],
    $6::numeric[], $7::numeric[], $8::numeric[]) AS given
ON CONFLICT (tenant_id, invoice_id, number) DO UPDATE SET
    amount = kept.amount + excluded.amount, net = kept.net + excluded.net,
    tax = kept.tax + excluded.tax, gross = kept.gross + excluded.gross
"""
_CORRECTED: Final = """
UPDATE invoice_settlement s SET corrected = s.corrected + given.total
FROM unnest($2::uuid[], $3::numeric[]) AS given (id, total)
WHERE s.tenant_id = $1 AND s.invoice_id = given.id
  AND s.corrected + given.total <= greatest(s.total, 0)
RETURNING s.invoice_id
"""


class CorrectedMeanwhile(Exception):
    """An invoice has less left than its locked row said: a bug, found before it was final."""


class NoteLine(NamedTuple):
    """What a credit note gives back of a line: how much, and for what."""

    line: BilledLine
    amounts: Amounts
    quantity: Decimal
    unit: str
    from_at: datetime
    until_at: datetime
    steps: tuple[Step, ...]


@dataclass(slots=True)
class Note:
    """A credit note to be: what it corrects, why, and its lines."""

    corrected: Corrected
    scope: Scope
    reason: str
    subscription_id: UUID | None
    lines: list[NoteLine]
    id: UUID = field(default_factory=new_id)

    @property
    def total(self) -> Decimal:
        """What it gives back, with tax."""
        return sum((line.amounts.gross for line in self.lines), Decimal(0))


async def issue_notes(tx: Tx, notes: Sequence[Note], *, at: datetime) -> list[CreditNote]:
    """Store and number credit notes on locked invoices, and tell of them.

    `at` is the account's time. Takes the lock of the series `CN` (or `TEST`), so call it
    behind everything but what numbers invoices.

    Raises:
        CorrectedMeanwhile: an invoice has not so much left.
    """
    if not notes:
        return []
    documents = await _documents(tx, notes, at=at)
    await store_invoices(tx, documents, run_id=None)
    await _store_notes(tx, notes)
    await _count(tx, notes)
    numbers = await _numbered(tx, documents)
    made = [
        _made(note, document, number=numbers[note.id])
        for note, document in zip(notes, documents, strict=True)
    ]
    for note, one in zip(notes, made, strict=True):
        await _tell(tx, one, corrected=note.corrected)
    return made


async def _documents(tx: Tx, notes: Sequence[Note], *, at: datetime) -> list[FinalInvoice]:
    seller = await tx.fetchrow(_SELLER, tx.tenant_id)
    assert seller is not None
    accounts = list({note.corrected.account_id for note in notes})
    buyers = {row["id"]: dict(row) for row in await tx.fetch(_BUYERS, tx.tenant_id, accounts)}
    dates: dict[Series, date] = {}
    found: list[FinalInvoice] = []
    for note in notes:
        clock = note.corrected.test_clock
        series: Series = "CN" if clock is None else "TEST"
        if series not in dates:
            today = local_day(clock or tx.now, seller["timezone"])
            dates[series] = await issue_date_for(tx, series, today=today)
        account_id = note.corrected.account_id
        found.append(
            FinalInvoice(
                note.id,
                account_id,
                note.corrected.subscription_id,
                at,
                series,
                dates[series],
                parties_json(dict(seller), buyers[account_id]),
                _draft(note),
                "credit_note",
            )
        )
    return found


def _draft(note: Note) -> InvoiceDraft:
    lines = tuple(_draft_line(line) for line in note.lines)
    taxes = tuple(_taxes(note))
    return InvoiceDraft(
        note.corrected.currency,
        note.corrected.tax_mode,
        lines,
        taxes,
        sum((tax.net for tax in taxes), Decimal(0)),
        sum((tax.tax for tax in taxes), Decimal(0)),
        note.total,
        (),
        (),
    )


def _draft_line(given: NoteLine) -> DraftLine:
    line = given.line
    return DraftLine(
        line.kind,
        line.subscription_id,
        line.job_id,
        line.product_id,
        line.plan_version_id,
        line.period_id,
        False,  # noqa: FBT003 - is_difference: its amounts are what is given back
        line.description,
        given.quantity,
        given.unit,
        line.dimension,
        given.from_at,
        given.until_at,
        working_json(given.steps),
        line.tax_class,
        line.tax_rate,
        *given.amounts,
    )


def _taxes(note: Note) -> Iterator[TaxTotal]:
    """Sum what is given back by rate, in the words that the invoice has for each."""
    words = {
        Decimal(tax["rate"]): (tax.get("label", ""), tax.get("note", ""))
        for tax in note.corrected.taxes
    }
    sums: dict[Decimal, Amounts] = {}
    for given in note.lines:
        rate = given.line.tax_rate
        sums[rate] = sums.get(rate, NO_AMOUNTS).plus(given.amounts)
    for rate, total in sorted(sums.items()):
        yield TaxTotal(rate, total.net, total.tax, total.gross, *words.get(rate, ()))


async def _store_notes(tx: Tx, notes: Sequence[Note]) -> None:
    tenant_id = tx.tenant_id
    rows: list[tuple[Any, ...]] = [
        (tenant_id, one.id, one.corrected.id, one.scope, one.reason, one.subscription_id,
            tx.actor, tx.now)
        for one in notes
    ]  # fmt: skip
    await tx.copy_into("credit_note", _NOTE_COLUMNS, rows)
    lines: list[tuple[Any, ...]] = [
        (tenant_id, note.id, number, note.corrected.id, given.line.number)
        for note in notes
        for number, given in enumerate(note.lines, 1)
    ]
    await tx.copy_into("credit_note_line", _LINE_COLUMNS, lines)


async def _count(tx: Tx, notes: Sequence[Note]) -> None:
    """Count what is given back of lines and invoices; the database caps both."""
    lines: dict[tuple[UUID, int], tuple[Decimal, Amounts]] = {}
    for note in notes:
        for given in note.lines:
            key = (note.corrected.id, given.line.number)
            _gross, before = lines.get(key, (None, NO_AMOUNTS))
            lines[key] = (given.line.billed.gross, before.plus(given.amounts))
    kept = sorted(lines.items())
    columns = zip(*((*key, gross, *sums) for key, (gross, sums) in kept), strict=True)
    await tx.execute(_CREDITED, tx.tenant_id, *map(list, columns))
    totals: dict[UUID, Decimal] = {}
    for note in notes:
        totals[note.corrected.id] = totals.get(note.corrected.id, Decimal(0)) + note.total
    counted = await tx.fetch(_CORRECTED, tx.tenant_id, list(totals), list(totals.values()))
    if len(counted) != len(totals):
        raise CorrectedMeanwhile(f"{len(totals) - len(counted)} invoices have less left")


async def _numbered(tx: Tx, documents: Sequence[FinalInvoice]) -> dict[UUID, str]:
    found: dict[UUID, str] = {}
    for series in sorted({document.series for document in documents}):
        chosen = [document for document in documents if document.series == series]
        ids = [document.id for document in chosen]
        first = await number_invoices(
            tx, series, invoice_ids=ids, issue_date=chosen[0].issue_date
        )
        found.update((one, number_text(series, n)) for n, one in enumerate(ids, first))
    return found


def _made(note: Note, document: FinalInvoice, *, number: str) -> CreditNote:
    draft = document.draft
    return CreditNote(
        id=note.id,
        number=number,
        corrects_id=note.corrected.id,
        account_id=document.account_id,
        subscription_id=note.subscription_id,
        currency=draft.currency,
        net=draft.net,
        tax=draft.tax,
        total=draft.total,
        scope=note.scope,
        reason=note.reason,
        issue_date=document.issue_date,
        at=document.due_at,
    )


async def _tell(tx: Tx, note: CreditNote, *, corrected: Corrected) -> None:
    details = {
        "creditNote": note.number,
        "invoice": corrected.number,
        "total": f"{round_money(note.total, note.currency):f}",
        "currency": note.currency,
        "scope": note.scope,
        "reason": note.reason,
    }
    await history.append(
        tx,
        account_id=note.account_id,
        action=ISSUED,
        subject_type="credit_note",
        subject_id=note.id,
        details=details,
    )
    await outbox.append(
        tx,
        topic=ISSUED,
        subject_id=note.id,
        payload={"account": note.account_id, "corrects": note.corrects_id, **details},
    )
