"""Storing drafts as final invoices: rows in bulk, checked by the database, numbers last.

A transaction calls `store_invoices` once and `number_stored` at its very end. Nothing here
runs a statement per invoice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

import orjson

from core.billing.draft import DraftLine, InvoiceDraft, TaxTotal
from core.db import Tx
from core.invoices.numbering import Series, number_invoices
from core.kernel.money import to_minor

DIGEST_VERSION: Final = b"1"

Kind = Literal["invoice", "credit_note"]

_INVOICE_COLUMNS: Final = (
    "tenant_id", "id", "account_id", "subscription_id", "kind", "currency", "tax_mode",
    "issue_date", "due_at", "net", "tax", "total", "total_minor", "taxes", "parties",
    "line_count", "digest", "run_id", "created_at",
)  # fmt: skip
_LINE_COLUMNS: Final = (
    "tenant_id", "invoice_id", "number", "kind", "subscription_id", "job_id", "product_id",
    "price_plan_version_id", "period_id", "is_difference", "description", "quantity", "unit",
    "dimension", "from_at", "until_at", "working", "tax_class", "tax_rate", "amount", "net",
    "tax", "gross",
)  # fmt: skip
_SLICE_COLUMNS: Final = (
    "tenant_id", "item_id", "revision", "kind", "from_at", "until_at", "subscription_id",
    "period_id", "price_plan_version_id", "quantity", "amount", "invoice_id", "layer",
    "reduced", "line_number", "reduced_by",
)  # fmt: skip
_SETTLE: Final = """
INSERT INTO invoice_settlement (tenant_id, invoice_id, total)
SELECT $1, given.id, given.total
FROM unnest($2::uuid[], $3::numeric[]) AS given (id, total)
"""
_DISAGREEING: Final = """
SELECT i.id FROM invoice i
LEFT JOIN (
    SELECT invoice_id, count(*) AS lines, sum(net) AS net, sum(tax) AS tax, sum(gross) AS gross
    FROM invoice_line WHERE tenant_id = $1 AND invoice_id = ANY ($2::uuid[]) GROUP BY invoice_id
) AS l ON l.invoice_id = i.id
WHERE i.tenant_id = $1 AND i.id = ANY ($2::uuid[])
  AND (i.line_count, i.net, i.tax, i.total)
      IS DISTINCT FROM (l.lines, l.net, l.tax, l.gross)
"""


class InvoiceDisagrees(Exception):
    """An invoice's totals are not those of its lines: a bug, found before it was final."""


class FinalInvoice(NamedTuple):
    """A draft on its way to being final.

    `parties` is JSON text: the legal facts of seller and buyer as they are today, by value.
    """

    id: UUID
    account_id: UUID
    subscription_id: UUID | None
    due_at: datetime
    series: Series
    issue_date: date
    parties: str
    draft: InvoiceDraft
    kind: Kind = "invoice"


async def store_invoices(
    tx: Tx, invoices: Sequence[FinalInvoice], *, run_id: UUID | None
) -> None:
    """Store documents with lines and billed slices; check their totals.

    An invoice has a settlement too; a credit note is owed by nobody.

    Raises:
        InvoiceDisagrees: an invoice is not the sum of its lines.
    """
    if not invoices:
        return
    tenant_id = tx.tenant_id
    await tx.copy_into(
        "invoice",
        _INVOICE_COLUMNS,
        [_invoice_row(invoice, tenant_id, run_id, tx.now) for invoice in invoices],
    )
    await tx.copy_into("invoice_line", _LINE_COLUMNS, _line_rows(invoices, tenant_id))
    owed = [invoice for invoice in invoices if invoice.kind == "invoice"]
    if owed:
        totals = [invoice.draft.total for invoice in owed]
        await tx.execute(_SETTLE, tenant_id, [invoice.id for invoice in owed], totals)
    slices = list(_slice_rows(invoices, tenant_id))
    if slices:
        await tx.copy_into("fee_slice", _SLICE_COLUMNS, slices)
    await _refuse_disagreeing(tx, [invoice.id for invoice in invoices])


async def number_stored(tx: Tx, invoices: Sequence[FinalInvoice]) -> None:
    """Number stored invoices in their order, series by series; the transaction's last insert.

    Series are locked in one order, so that two closings never wait for each other in a ring.
    """
    by_series: dict[Series, list[FinalInvoice]] = defaultdict(list)
    for invoice in invoices:
        by_series[invoice.series].append(invoice)
    for series in sorted(by_series):
        chosen = by_series[series]
        for issue_date in sorted({invoice.issue_date for invoice in chosen}):
            ids = [invoice.id for invoice in chosen if invoice.issue_date == issue_date]
            await number_invoices(tx, series, invoice_ids=ids, issue_date=issue_date)


async def _refuse_disagreeing(tx: Tx, ids: list[UUID]) -> None:
    found = await tx.fetch(_DISAGREEING, tx.tenant_id, ids)
    if found:
        raise InvoiceDisagrees(f"{len(found)} invoices are not the sum of their lines")


def _invoice_row(
    invoice: FinalInvoice, tenant_id: UUID, run_id: UUID | None, now: datetime
) -> tuple[Any, ...]:
    draft = invoice.draft
    return (
        tenant_id,
        invoice.id,
        invoice.account_id,
        invoice.subscription_id,
        invoice.kind,
        draft.currency,
        draft.tax_mode,
        invoice.issue_date,
        invoice.due_at,
        draft.net,
        draft.tax,
        draft.total,
        to_minor(draft.total, draft.currency),
        taxes_json(draft.taxes),
        invoice.parties,
        len(draft.lines),
        document_digest(invoice),
        run_id,
        now,
    )


def taxes_json(taxes: Iterable[TaxTotal]) -> str:
    """Write the tax totals as JSON text of decimal texts."""
    rows = (
        f'{{"rate":"{tax.rate}","net":"{tax.net}","tax":"{tax.tax}","gross":"{tax.gross}"'
        f"{_words_json(tax)}}}"
        for tax in taxes
    )
    return f"[{','.join(rows)}]"


def _words_json(tax: TaxTotal) -> str:
    """Write what a tax engine said of a rate; where none did, nothing."""
    if not (tax.label or tax.note):
        return ""
    return f',"label":{_json_text(tax.label)},"note":{_json_text(tax.note)}'


def _json_text(text: str) -> str:
    return orjson.dumps(text).decode()


def _line_rows(invoices: Iterable[FinalInvoice], tenant_id: UUID) -> Iterator[tuple[Any, ...]]:
    # The columns after `number` are the fields of a draft's line, in their order.
    for invoice in invoices:
        invoice_id = invoice.id
        for number, line in enumerate(invoice.draft.lines, 1):
            yield (tenant_id, invoice_id, number, *line)


def _slice_rows(invoices: Iterable[FinalInvoice], tenant_id: UUID) -> Iterator[tuple[Any, ...]]:
    for invoice in invoices:
        for billed in invoice.draft.slices:
            yield (
                tenant_id,
                billed.item_id,
                billed.revision,
                billed.kind,
                billed.slice.start,
                billed.slice.end,
                billed.subscription_id,
                billed.period_id,
                billed.plan_version_id,
                billed.quantity,
                billed.amount,
                invoice.id,
                billed.layer,
                billed.reduced,
                billed.line_number,
                billed.reduced_by,
            )


def document_digest(invoice: FinalInvoice) -> bytes:
    """Digest what the document says, so that a stored invoice can be shown to be unchanged.

    It covers the parties, the date, what an engine said of taxes, and every line's words and
    amounts; not the number, which is given later, nor the row's own id.
    """
    draft = invoice.draft
    hasher = blake2b(DIGEST_VERSION, digest_size=32)
    head = (
        invoice.account_id.hex, invoice.issue_date.isoformat(), draft.currency, draft.tax_mode,
        plain_amount(draft.net), plain_amount(draft.tax), plain_amount(draft.total),
        invoice.parties,
        *(f"{tax.label}\x1d{tax.note}" for tax in draft.taxes if tax.label or tax.note),
    )  # fmt: skip
    hasher.update("\x1f".join(head).encode())
    hasher.update("\x1e".join(map(_line_text, draft.lines)).encode())
    return hasher.digest()


def plain_amount(amount: Decimal) -> str:
    """Write an amount without exponent or trailing zeros: equal amounts, equal text."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _line_text(line: DraftLine) -> str:
    return "\x1f".join(
        (
            line.kind,
            line.description,
            plain_amount(line.quantity),
            line.unit,
            line.dimension,
            line.from_at.isoformat(),
            line.until_at.isoformat(),
            plain_amount(line.amount),
            plain_amount(line.net),
            plain_amount(line.tax),
            plain_amount(line.gross),
            plain_amount(line.tax_rate),
        )
    )
