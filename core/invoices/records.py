"""Final invoices as they are read: frozen values, one per row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from core.invoices.numbering import number_text

InvoiceState = Literal["open", "partly_paid", "settled"]


@dataclass(frozen=True, slots=True)
class Invoice:
    """A final invoice with its number and what of it is paid and credited.

    `taxes` and `parties` are as stored: decimal texts, and the legal facts of both sides
    at the time.
    """

    id: UUID
    account_id: UUID
    subscription_id: UUID | None
    kind: str
    series: str
    n: int
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
    digest: bytes
    run_id: UUID | None
    created_at: datetime
    paid: Decimal
    credited: Decimal

    @property
    def number(self) -> str:
        """The number as it is shown: INV-000042."""
        return number_text(self.series, self.n)

    @property
    def open_amount(self) -> Decimal:
        """What is still owed."""
        return self.total - self.paid - self.credited

    @property
    def state(self) -> InvoiceState:
        """Open, partly paid, or settled (by money or credit)."""
        if self.open_amount <= 0:
            return "settled"
        return "partly_paid" if self.paid or self.credited else "open"


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """A line with its working: `[{kind, label, quantity, unitPrice, amount, facts}]`."""

    invoice_id: UUID
    number: int
    kind: str
    subscription_id: UUID | None
    product_id: UUID | None
    price_plan_version_id: UUID | None
    period_id: UUID | None
    is_difference: bool
    description: str
    quantity: Decimal
    unit: str
    dimension: str
    from_at: datetime
    until_at: datetime
    amount: Decimal
    net: Decimal
    tax: Decimal
    gross: Decimal
    tax_class: str
    tax_rate: Decimal
    working: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class InvoiceKey:
    """The place of an invoice in the list by date."""

    issue_date: date
    id: UUID
