"""The tables of discounts, as migration 0013 makes them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Numeric
from sqlmodel import Field, SQLModel

from core.column_types import CURRENCY, INSTANT, MONEY_AMOUNT

_PERCENT: Final[Any] = Numeric(9, 6)
_FREE_TIME: Final[Any] = Numeric(18, 12)


class DiscountGrantRow(SQLModel, table=True):
    """A discount given to a subscription or a job, with its approval and its uses."""

    __tablename__ = "discount_grant"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    definition_id: UUID
    definition_version_id: UUID
    account_id: UUID
    subscription_id: UUID | None = None
    job_id: UUID | None = None
    method: str
    percent: Decimal | None = Field(default=None, sa_type=_PERCENT)
    amount: Decimal | None = Field(default=None, sa_type=MONEY_AMOUNT)
    currency: str | None = Field(default=None, sa_type=CURRENCY)
    effective_from: datetime = Field(sa_type=INSTANT)
    expires_at: datetime | None = Field(default=None, sa_type=INSTANT)
    state: str
    approver_unit_id: UUID | None = None
    uses: int
    uses_allowed: int | None = None
    note: str
    provided_by: str
    provided_at: datetime = Field(sa_type=INSTANT)
    approved_by: str | None = None
    approved_at: datetime | None = Field(default=None, sa_type=INSTANT)
    cancelled_by: str | None = None
    cancelled_at: datetime | None = Field(default=None, sa_type=INSTANT)


class DiscountWindowRow(SQLModel, table=True):
    """How often a definition was used for an account in a window of time."""

    __tablename__ = "discount_window"

    tenant_id: UUID = Field(primary_key=True)
    account_id: UUID = Field(primary_key=True)
    definition_id: UUID = Field(primary_key=True)
    starts_at: datetime = Field(primary_key=True, sa_type=INSTANT)
    ends_at: datetime = Field(sa_type=INSTANT)
    uses: int
    allowed: int


class DiscountMoneyRow(SQLModel, table=True):
    """How much of a definition was granted to an account in a unit of time."""

    __tablename__ = "discount_money"

    tenant_id: UUID = Field(primary_key=True)
    account_id: UUID = Field(primary_key=True)
    definition_id: UUID = Field(primary_key=True)
    starts_at: datetime = Field(primary_key=True, sa_type=INSTANT)
    ends_at: datetime = Field(sa_type=INSTANT)
    granted: Decimal = Field(sa_type=MONEY_AMOUNT)
    allowed: Decimal = Field(sa_type=MONEY_AMOUNT)


class DiscountFreeTimeRow(SQLModel, table=True):
    """How much of its free time a grant has spent on an item, in months."""

    __tablename__ = "discount_free_time"

    tenant_id: UUID = Field(primary_key=True)
    grant_id: UUID = Field(primary_key=True)
    item_id: UUID = Field(primary_key=True)
    used: Decimal = Field(sa_type=_FREE_TIME)
    allowed: Decimal = Field(sa_type=_FREE_TIME)


class AppliedDiscountRow(SQLModel, table=True):
    """What a grant took off an invoice; insert-only."""

    __tablename__ = "applied_discount"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    grant_id: UUID
    definition_version_id: UUID
    invoice_id: UUID
    amount: Decimal = Field(sa_type=MONEY_AMOUNT)
    free_time: Decimal | None = Field(default=None, sa_type=_FREE_TIME)
    created_at: datetime = Field(sa_type=INSTANT)
