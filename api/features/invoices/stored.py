"""Reading invoices: with number and settlement, and their lines with what they name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, select
from sqlmodel import col

from core.db import Tx
from core.invoices.tables import InvoiceNumberRow, InvoiceRow, InvoiceSettlementRow
from core.rows import all_records
from core.together import hidden

_COLUMNS: Final = (
    "id", "account_id", "subscription_id", "currency", "tax_mode", "issue_date",
    "due_at", "net", "tax", "total", "total_minor", "taxes", "parties", "line_count",
)  # fmt: skip

_TENANT: Final = hidden(1, "uuid")
_NAMED: Final = f"""
LEFT JOIN product p ON p.tenant_id = {_TENANT} AND p.id = l.product_id
LEFT JOIN subscription s ON s.tenant_id = {_TENANT} AND s.id = l.subscription_id
LEFT JOIN billing_period b ON b.tenant_id = {_TENANT} AND b.id = l.period_id
"""
_FACTS: Final = "p.code AS product_code, s.timezone, b.starts_at, b.ends_at"
_LINES: Final = f"""
SELECT w.place, l.*, {_FACTS}
FROM unnest({hidden(2, "uuid[]")}, {hidden(3, "int[]")}, {hidden(4, "int[]")}) WITH ORDINALITY
    AS w (invoice_id, after, most, place)
CROSS JOIN LATERAL (
    SELECT * FROM invoice_line
    WHERE tenant_id = {_TENANT} AND invoice_id = w.invoice_id AND number > w.after
    ORDER BY number LIMIT w.most) AS l
{_NAMED}
ORDER BY w.place, l.number
"""  # noqa: S608 - our own names
_LINE_FACTS: Final = f"""
SELECT {_FACTS}
FROM unnest($2::uuid[], $3::uuid[], $4::uuid[]) WITH ORDINALITY
    AS l (product_id, subscription_id, period_id, place)
{_NAMED}
ORDER BY l.place
"""  # noqa: S608 - our own names


@dataclass(frozen=True, slots=True)
class StoredInvoice:
    """A final invoice as its list shows it; its lines are read apart."""

    id: UUID
    account_id: UUID
    subscription_id: UUID | None
    currency: str
    tax_mode: str
    issue_date: date
    due_at: datetime
    net: Decimal
    tax: Decimal
    total: Decimal
    total_minor: int
    taxes: Sequence[Mapping[str, str]]
    parties: Mapping[str, Any]
    line_count: int
    series: str
    n: int
    paid: Decimal
    credited: Decimal
    corrected: Decimal


class LinesAsked(NamedTuple):
    """Lines of an invoice: at most so many behind a number."""

    invoice_id: UUID
    after: int
    most: int


def invoices(tenant_id: UUID, *where: ColumnElement[bool]) -> Select[Any]:
    """Select a tenant's invoices, with numbers and what is settled; no credit notes."""
    number, settled = InvoiceNumberRow, InvoiceSettlementRow
    columns: list[Any] = [getattr(InvoiceRow, name) for name in _COLUMNS]
    columns += [number.series, number.n, settled.paid, settled.credited, settled.corrected]
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
            settled,
            and_(
                col(settled.tenant_id) == col(InvoiceRow.tenant_id),
                col(settled.invoice_id) == col(InvoiceRow.id),
            ),
        )
        .where(
            col(InvoiceRow.tenant_id) == tenant_id, col(InvoiceRow.kind) == "invoice", *where
        )
    )


async def invoices_by_id(tx: Tx, keys: Sequence[UUID]) -> dict[UUID, StoredInvoice]:
    """Return those of these invoices that the tenant has."""
    found = invoices(tx.tenant_id, col(InvoiceRow.id).in_(list(keys)))
    return {each.id: each for each in await all_records(tx, StoredInvoice, found)}


async def invoice_numbered(tx: Tx, series: str, n: int) -> StoredInvoice | None:
    """Return the invoice with this number in a series."""
    found = invoices(
        tx.tenant_id, col(InvoiceNumberRow.series) == series, col(InvoiceNumberRow.n) == n
    )
    records = await all_records(tx, StoredInvoice, found)
    return records[0] if records else None


async def lines_of(tx: Tx, asked: Sequence[LinesAsked]) -> list[list[Mapping[str, Any]]]:
    """Return the lines that were asked of each invoice, in one statement."""
    columns = [list(column) for column in zip(*asked, strict=True)]
    found: defaultdict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in await tx.fetch(_LINES, tx.tenant_id, *columns):
        found[row["place"]].append(dict(row))
    return [found[place] for place in range(1, len(asked) + 1)]


async def facts_of_lines(tx: Tx, lines: Sequence[Any]) -> list[Mapping[str, Any]]:
    """Return what drafted lines name: product's code, subscription's zone, period's ends."""
    if not lines:
        return []
    products = [line.product_id for line in lines]
    subscriptions = [line.subscription_id for line in lines]
    periods = [line.period_id for line in lines]
    rows = await tx.fetch(_LINE_FACTS, tx.tenant_id, products, subscriptions, periods)
    return [dict(row) for row in rows]
