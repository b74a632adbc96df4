"""The tables of this feature, as the migrations make them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import SmallInteger
from sqlmodel import Field, SQLModel

from core.column_types import INSTANT, INTEGERS, JSON, MONEY_AMOUNT, QUANTITY


class CloseRunRow(SQLModel, table=True):
    """One freezing of what was due; it grows slice by slice until it has `frozen_at`."""

    __tablename__ = "close_run"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    due_until: datetime = Field(sa_type=INSTANT)
    periods: int
    subscriptions: int
    chunks: int
    created_at: datetime = Field(sa_type=INSTANT)
    frozen_at: datetime | None = Field(sa_type=INSTANT)


class CloseChunkRow(SQLModel, table=True):
    """A range of accounts of a run, closed in one transaction."""

    __tablename__ = "close_chunk"

    tenant_id: UUID = Field(primary_key=True)
    run_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    first_account_id: UUID
    last_account_id: UUID
    state: str
    attempts: int
    retry_at: datetime | None = Field(sa_type=INSTANT)
    subscriptions: int
    invoices: int
    parked: int
    error: str | None
    done_at: datetime | None = Field(sa_type=INSTANT)


class ParkedSubscriptionRow(SQLModel, table=True):
    """A subscription that could not be billed at a due time, with the reason."""

    __tablename__ = "parked_subscription"

    tenant_id: UUID = Field(primary_key=True)
    subscription_id: UUID = Field(primary_key=True)
    due_at: datetime = Field(primary_key=True, sa_type=INSTANT)
    account_id: UUID
    run_id: UUID | None
    code: str
    reason: str
    plugin: str | None
    attempts: int
    parked_at: datetime = Field(sa_type=INSTANT)
    retry_at: datetime | None = Field(sa_type=INSTANT)
    healed_at: datetime | None = Field(sa_type=INSTANT)


class FeeSliceRow(SQLModel, table=True):
    """A slice of an item that is charged; insert-only, and never overlaps another."""

    __tablename__ = "fee_slice"

    tenant_id: UUID = Field(primary_key=True)
    item_id: UUID = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    from_at: datetime = Field(primary_key=True, sa_type=INSTANT)
    until_at: datetime = Field(sa_type=INSTANT)
    subscription_id: UUID
    period_id: UUID
    price_plan_version_id: UUID
    quantity: Decimal = Field(sa_type=QUANTITY)
    amount: Decimal = Field(sa_type=MONEY_AMOUNT)
    invoice_id: UUID
    layer: int = Field(primary_key=True, sa_type=SmallInteger)
    reduced: Decimal = Field(sa_type=MONEY_AMOUNT)
    line_number: int | None = None
    reduced_by: list[int] = Field(sa_type=INTEGERS)


class BillingStepRow(SQLModel, table=True):
    """A link of a usage period's chain of cumulative totals; insert-only."""

    __tablename__ = "billing_step"

    tenant_id: UUID = Field(primary_key=True)
    period_id: UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    prev: int | None
    billed_by: UUID
    invoice_id: UUID | None
    inputs: dict[str, Any] | None = Field(sa_type=JSON)
    totals: dict[str, Any] = Field(sa_type=JSON)
    created_at: datetime = Field(sa_type=INSTANT)


class InterimRequestRow(SQLModel, table=True):
    """A subscription whose unbilled usage is to be invoiced before its period ends."""

    __tablename__ = "interim_request"

    tenant_id: UUID = Field(primary_key=True)
    subscription_id: UUID = Field(primary_key=True)
    account_id: UUID
    reason: str
    asked_at: datetime = Field(sa_type=INSTANT)
    retry_at: datetime = Field(sa_type=INSTANT)
    attempts: int
    error: str | None = None
    is_test: bool
