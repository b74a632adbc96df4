"""The tables of payments."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from core.column_types import CURRENCY, DAY, INSTANT, JSON, MONEY_AMOUNT


class AccountCreditRow(SQLModel, table=True):
    """Money that an account may use up: paid, or credited; never used twice."""

    __tablename__ = "account_credit"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    account_id: UUID
    currency: str = Field(sa_type=CURRENCY)
    kind: str
    amount: Decimal = Field(sa_type=MONEY_AMOUNT)
    used: Decimal = Field(sa_type=MONEY_AMOUNT)
    refunded: Decimal = Field(sa_type=MONEY_AMOUNT)
    at: datetime = Field(sa_type=INSTANT)
    created_at: datetime = Field(sa_type=INSTANT)


class AllocationRow(SQLModel, table=True):
    """How much of a credit settles which invoice; insert-only."""

    __tablename__ = "allocation"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    credit_id: UUID
    invoice_id: UUID
    amount: Decimal = Field(sa_type=MONEY_AMOUNT)
    actor: str
    at: datetime = Field(sa_type=INSTANT)
    created_at: datetime = Field(sa_type=INSTANT)


class PaymentMethodRow(SQLModel, table=True):
    """A means of payment of an account; its token is the provider's, never a number."""

    __tablename__ = "payment_method"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    account_id: UUID
    gateway: str
    kind: str
    token: str
    label: str
    expires_on: date | None = Field(default=None, sa_type=DAY)
    is_default: bool
    state: str
    created_at: datetime = Field(sa_type=INSTANT)


class CollectionRow(SQLModel, table=True):
    """An amount to collect for one invoice from one method."""

    __tablename__ = "collection"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    account_id: UUID
    invoice_id: UUID
    method_id: UUID
    gateway: str
    currency: str = Field(sa_type=CURRENCY)
    amount: Decimal = Field(sa_type=MONEY_AMOUNT)
    state: str
    attempts: int
    next_at: datetime = Field(sa_type=INSTANT)
    is_test: bool
    reference: str
    reason: str
    created_at: datetime = Field(sa_type=INSTANT)
    settled_at: datetime | None = Field(default=None, sa_type=INSTANT)


class PaymentRow(SQLModel, table=True):
    """Money received; insert-only. Its id is that of the credit which it makes."""

    __tablename__ = "payment"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    account_id: UUID
    method_id: UUID | None = None
    collection_id: UUID | None = None
    gateway: str
    reference: str
    currency: str = Field(sa_type=CURRENCY)
    amount: Decimal = Field(sa_type=MONEY_AMOUNT)
    received_at: datetime = Field(sa_type=INSTANT)
    note: str
    actor: str
    created_at: datetime = Field(sa_type=INSTANT)


class RefundRow(SQLModel, table=True):
    """Money of a credit on its way back to the customer."""

    __tablename__ = "refund"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    account_id: UUID
    credit_id: UUID
    gateway: str
    currency: str = Field(sa_type=CURRENCY)
    amount: Decimal = Field(sa_type=MONEY_AMOUNT)
    state: str
    attempts: int
    next_at: datetime = Field(sa_type=INSTANT)
    is_test: bool
    reference: str
    reason: str
    actor: str
    created_at: datetime = Field(sa_type=INSTANT)
    settled_at: datetime | None = Field(default=None, sa_type=INSTANT)


class DunningRow(SQLModel, table=True):
    """An unpaid invoice and how far reminding of it has come."""

    __tablename__ = "dunning"

    tenant_id: UUID = Field(primary_key=True)
    invoice_id: UUID = Field(primary_key=True)
    account_id: UUID
    subscription_id: UUID | None = None
    policy: dict[str, Any] = Field(sa_type=JSON)
    step: int
    next_at: datetime | None = Field(default=None, sa_type=INSTANT)
    state: str
    has_suspended: bool
    is_test: bool
    created_at: datetime = Field(sa_type=INSTANT)


class DunningActionRow(SQLModel, table=True):
    """What was done about an unpaid invoice; insert-only."""

    __tablename__ = "dunning_action"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    invoice_id: UUID
    step: int
    kind: str
    at: datetime = Field(sa_type=INSTANT)
    created_at: datetime = Field(sa_type=INSTANT)
