"""Reading invoices that are to be corrected; their settlements are locked first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from core.credit_notes.balances import Amounts, BilledLine
from core.db import Tx
from core.invoices.numbering import number_text
from core.rating.plan import TaxMode

# The row that all who credit or pay an invoice lock; in one order, so that nobody waits in
# a ring. What hangs on it is read by the next statement, which sees what the writer before
# us committed.
_LOCK: Final = """
SELECT invoice_id FROM invoice_settlement
WHERE tenant_id = $1 AND invoice_id = ANY ($2::uuid[]) ORDER BY invoice_id FOR UPDATE
"""
_INVOICES: Final = """
SELECT i.id, i.account_id, i.subscription_id, i.currency, i.tax_mode, i.total, i.taxes,
    s.corrected, n.series, n.n, a.test_clock
FROM invoice i
JOIN invoice_settlement s ON s.tenant_id = i.tenant_id AND s.invoice_id = i.id
JOIN invoice_number n ON n.tenant_id = i.tenant_id AND n.invoice_id = i.id
JOIN account a ON a.tenant_id = i.tenant_id AND a.id = i.account_id
WHERE i.tenant_id = $1 AND i.id = ANY ($2::uuid[]) AND i.kind = 'invoice'
"""
_LINES: Final = """
SELECT l.invoice_id, l.number, l.kind, l.subscription_id, l.job_id, l.product_id,
    l.price_plan_version_id, l.period_id, l.description, l.quantity, l.unit, l.dimension,
    l.from_at, l.until_at, l.tax_class, l.tax_rate, i.currency,
    l.amount, l.net, l.tax, l.gross,
    coalesce(c.amount, 0), coalesce(c.net, 0), coalesce(c.tax, 0), coalesce(c.gross, 0)
FROM invoice_line l
JOIN invoice i ON i.tenant_id = l.tenant_id AND i.id = l.invoice_id
LEFT JOIN credited_line c
    ON c.tenant_id = l.tenant_id AND c.invoice_id = l.invoice_id AND c.number = l.number
WHERE l.tenant_id = $1 AND l.invoice_id = ANY ($2::uuid[])
ORDER BY l.invoice_id, l.number
"""

_AMOUNTS: Final = len(Amounts._fields)


@dataclass(slots=True)
class Corrected:
    """An invoice whose settlement is locked, and its lines with what is left of them."""

    id: UUID
    number: str
    account_id: UUID
    subscription_id: UUID | None
    currency: str
    tax_mode: TaxMode
    total: Decimal
    taxes: Sequence[Mapping[str, str]]
    corrected: Decimal
    test_clock: datetime | None
    lines: dict[int, BilledLine]

    @property
    def room(self) -> Decimal:
        """What may still be given back of it, with tax."""
        return max(self.total, Decimal(0)) - self.corrected


async def lock_invoices(tx: Tx, ids: Collection[UUID]) -> Mapping[UUID, Corrected]:
    """Lock invoices against other corrections and read them; what is no invoice is absent."""
    await tx.execute(_LOCK, tx.tenant_id, list(ids))
    found = {
        row["id"]: Corrected(
            id=row["id"],
            number=number_text(row["series"], row["n"]),
            account_id=row["account_id"],
            subscription_id=row["subscription_id"],
            currency=row["currency"],
            tax_mode=row["tax_mode"],
            total=row["total"],
            taxes=row["taxes"],
            corrected=row["corrected"],
            test_clock=row["test_clock"],
            lines={},
        )
        for row in await tx.fetch(_INVOICES, tx.tenant_id, list(ids))
    }
    for row in await tx.fetch(_LINES, tx.tenant_id, list(found)):
        line = _line(row)
        found[line.invoice_id].lines[line.number] = line
    return found


def _line(row: Any) -> BilledLine:
    values = tuple(row)
    billed, given = values[-2 * _AMOUNTS : -_AMOUNTS], values[-_AMOUNTS:]
    facts = values[: -2 * _AMOUNTS]
    return BilledLine._make((*facts, Amounts._make(billed), Amounts._make(given)))
