"""Reading invoices. Every read of many is one statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from core.db import Tx
from core.invoices.numbering import parse_number
from core.invoices.records import Invoice, InvoiceKey, InvoiceLine
from core.rows import column_list

MAX_PAGE: Final = 100

_INVOICES: Final = """
SELECT i.id, i.account_id, i.subscription_id, i.kind, n.series, n.n, i.currency, i.tax_mode,
    i.issue_date, i.due_at, i.net, i.tax, i.total, i.taxes, i.parties, i.line_count, i.digest,
    i.run_id, i.created_at, s.paid, s.credited
FROM invoice i
JOIN invoice_number n ON n.tenant_id = i.tenant_id AND n.invoice_id = i.id
JOIN invoice_settlement s ON s.tenant_id = i.tenant_id AND s.invoice_id = i.id
WHERE i.tenant_id = $1 AND {which}
"""
_BY_ID: Final = _INVOICES.format(which="i.id = ANY ($2::uuid[])")
_BY_NUMBER: Final = _INVOICES.format(which="n.tenant_id = $1 AND n.series = $2 AND n.n = $3")
_NEWER_FIRST: Final = """
  AND ($3::date IS NULL OR (i.issue_date, i.id) < ($3, $4))
ORDER BY i.issue_date DESC, i.id DESC LIMIT $5
"""
_OF_TENANT: Final = _INVOICES.format(which="$2::uuid IS NULL") + _NEWER_FIRST
_OF_ACCOUNT: Final = _INVOICES.format(which="i.account_id = $2") + _NEWER_FIRST
_LATEST: Final = _INVOICES.format(
    which="""i.id IN (
        SELECT latest.id FROM unnest($2::uuid[]) AS wanted (account_id)
        CROSS JOIN LATERAL (
            SELECT id FROM invoice x WHERE x.tenant_id = $1
                AND x.account_id = wanted.account_id
            ORDER BY x.issue_date DESC, x.id DESC LIMIT $3) AS latest)
    ORDER BY i.account_id, i.issue_date DESC, i.id DESC"""
)


async def invoices(tx: Tx, ids: Sequence[UUID]) -> Mapping[UUID, Invoice]:
    """Return those of the invoices that this tenant has, by id."""
    found = [_invoice(row) for row in await tx.fetch(_BY_ID, tx.tenant_id, list(ids))]
    return {invoice.id: invoice for invoice in found}


async def invoice(tx: Tx, invoice_id: UUID) -> Invoice | None:
    """Return an invoice of this tenant."""
    return (await invoices(tx, [invoice_id])).get(invoice_id)


async def invoice_by_number(tx: Tx, number: str) -> Invoice | None:
    """Return the invoice that bears a number, as it is shown (INV-000042)."""
    parsed = parse_number(number)
    if parsed is None:
        return None
    row = await tx.fetchrow(_BY_NUMBER, tx.tenant_id, *parsed)
    return None if row is None else _invoice(row)


async def invoices_page(
    tx: Tx,
    *,
    account_id: UUID | None = None,
    after: InvoiceKey | None = None,
    limit: int = MAX_PAGE,
) -> list[Invoice]:
    """Return a page of invoices, the newest first, of one account or of the tenant."""
    sql = _OF_TENANT if account_id is None else _OF_ACCOUNT
    place = (None, None) if after is None else (after.issue_date, after.id)
    rows = await tx.fetch(sql, tx.tenant_id, account_id, *place, min(limit, MAX_PAGE))
    return [_invoice(row) for row in rows]


async def latest_invoices(
    tx: Tx, account_ids: Sequence[UUID], *, each: int = 1
) -> Mapping[UUID, list[Invoice]]:
    """Return the newest invoices of many accounts, `each` of them at most."""
    found: dict[UUID, list[Invoice]] = defaultdict(list)
    for row in await tx.fetch(_LATEST, tx.tenant_id, list(account_ids), min(each, MAX_PAGE)):
        found[row["account_id"]].append(_invoice(row))
    return found


async def lines_of(tx: Tx, invoice_ids: Sequence[UUID]) -> Mapping[UUID, list[InvoiceLine]]:
    """Return the lines of many invoices with their working, in their order."""
    rows = await tx.fetch(
        f"SELECT {column_list(InvoiceLine)} FROM invoice_line WHERE tenant_id = $1"  # noqa: S608
        " AND invoice_id = ANY ($2::uuid[]) ORDER BY invoice_id, number",
        tx.tenant_id,
        list(invoice_ids),
    )
    found: dict[UUID, list[InvoiceLine]] = defaultdict(list)
    for row in rows:
        found[row["invoice_id"]].append(InvoiceLine(**dict(row)))
    return found


def _invoice(row: Any) -> Invoice:
    return Invoice(**dict(row))
