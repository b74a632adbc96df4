"""The tables of credit notes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import SmallInteger
from sqlmodel import Field, SQLModel

from core.column_types import INSTANT, MONEY_AMOUNT, QUANTITY


class CreditNoteRow(SQLModel, table=True):
    """What an invoice of the kind `credit_note` corrects, and why; insert-only."""

    __tablename__ = "credit_note"

    tenant_id: UUID = Field(primary_key=True)
    invoice_id: UUID = Field(primary_key=True)
    corrects_id: UUID
    scope: str
    reason: str
    subscription_id: UUID | None = None
    actor: str
    created_at: datetime = Field(sa_type=INSTANT)


class CreditNoteLineRow(SQLModel, table=True):
    """Which line a line of a credit note gives back; insert-only."""

    __tablename__ = "credit_note_line"

    tenant_id: UUID = Field(primary_key=True)
    invoice_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    corrects_id: UUID
    corrects_number: int


class CreditedLineRow(SQLModel, table=True):
    """What was given back of one line of an invoice; never more than the line."""

    __tablename__ = "credited_line"

    tenant_id: UUID = Field(primary_key=True)
    invoice_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    of_gross: Decimal = Field(sa_type=MONEY_AMOUNT)
    amount: Decimal = Field(sa_type=MONEY_AMOUNT)
    net: Decimal = Field(sa_type=MONEY_AMOUNT)
    tax: Decimal = Field(sa_type=MONEY_AMOUNT)
    gross: Decimal = Field(sa_type=MONEY_AMOUNT)


class FeeCreditRow(SQLModel, table=True):
    """Units and days of a charged slice that were given back; insert-only.

    `worth` is what was charged for them before discounts, `amount` what was given back.
    """

    __tablename__ = "fee_credit"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    subscription_id: UUID
    item_id: UUID
    revision: int
    kind: str
    slice_from: datetime = Field(sa_type=INSTANT)
    layer: int = Field(sa_type=SmallInteger)
    from_at: datetime = Field(sa_type=INSTANT)
    until_at: datetime = Field(sa_type=INSTANT)
    quantity: Decimal = Field(sa_type=QUANTITY)
    worth: Decimal = Field(sa_type=MONEY_AMOUNT)
    amount: Decimal = Field(sa_type=MONEY_AMOUNT)
    credit_note_id: UUID | None = None
    created_at: datetime = Field(sa_type=INSTANT)
