"""The tables of this feature, as migrations 0007 and 0012 create them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Numeric
from sqlmodel import Field, SQLModel

from core.column_types import BYTES, CURRENCY, INSTANT, JSON, MONEY_AMOUNT, QUANTITY

_BIG: Final[Any] = BigInteger()
_TAX_RATE: Final[Any] = Numeric(7, 4)


class InvoiceRow(SQLModel, table=True):
    """A final invoice or credit note; insert-only."""

    __tablename__ = "invoice"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    account_id: UUID
    subscription_id: UUID | None
    kind: str
    currency: str = Field(sa_type=CURRENCY)
    tax_mode: str
    issue_date: date
    due_at: datetime = Field(sa_type=INSTANT)
    net: Decimal = Field(sa_type=MONEY_AMOUNT)
    tax: Decimal = Field(sa_type=MONEY_AMOUNT)
    total: Decimal = Field(sa_type=MONEY_AMOUNT)
    total_minor: int = Field(sa_type=_BIG)
    taxes: list[dict[str, str]] = Field(sa_type=JSON)
    parties: dict[str, Any] = Field(sa_type=JSON)
    line_count: int
    digest: bytes = Field(sa_type=BYTES)
    run_id: UUID | None
    created_at: datetime = Field(sa_type=INSTANT)


class InvoiceLineRow(SQLModel, table=True):
    """A line with its working; insert-only."""

    __tablename__ = "invoice_line"

    tenant_id: UUID = Field(primary_key=True)
    invoice_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    kind: str
    subscription_id: UUID | None
    product_id: UUID | None
    price_plan_version_id: UUID | None
    period_id: UUID | None
    is_difference: bool
    description: str
    quantity: Decimal = Field(sa_type=QUANTITY)
    unit: str
    dimension: str
    from_at: datetime = Field(sa_type=INSTANT)
    until_at: datetime = Field(sa_type=INSTANT)
    amount: Decimal = Field(sa_type=MONEY_AMOUNT)
    net: Decimal = Field(sa_type=MONEY_AMOUNT)
    tax: Decimal = Field(sa_type=MONEY_AMOUNT)
    gross: Decimal = Field(sa_type=MONEY_AMOUNT)
    tax_class: str
    tax_rate: Decimal = Field(sa_type=_TAX_RATE)
    working: list[dict[str, Any]] = Field(sa_type=JSON)
    job_id: UUID | None = None


class InvoiceNumberRow(SQLModel, table=True):
    """The number of a document in its series; it names the number before it."""

    __tablename__ = "invoice_number"

    tenant_id: UUID = Field(primary_key=True)
    series: str = Field(primary_key=True)
    n: int = Field(primary_key=True, sa_type=_BIG)
    prev: int | None = Field(sa_type=_BIG)
    invoice_id: UUID
    issue_date: date


class InvoiceSettlementRow(SQLModel, table=True):
    """What of an invoice is paid and credited; the one row of it that changes."""

    __tablename__ = "invoice_settlement"

    tenant_id: UUID = Field(primary_key=True)
    invoice_id: UUID = Field(primary_key=True)
    total: Decimal = Field(sa_type=MONEY_AMOUNT)
    paid: Decimal = Field(sa_type=MONEY_AMOUNT)
    credited: Decimal = Field(sa_type=MONEY_AMOUNT)
    corrected: Decimal = Field(sa_type=MONEY_AMOUNT)
    pay_by: datetime | None = Field(default=None, sa_type=INSTANT)
