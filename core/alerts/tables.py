"""The tables of alerts, as migration 0022 makes them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Numeric
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from core.column_types import CURRENCY, INSTANT, QUANTITY

_NUMBERS: Final[Any] = ARRAY(Numeric())


class AlertRow(SQLModel, table=True):
    """What is watched, of whom, and at which thresholds."""

    __tablename__ = "alert"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    name: str
    measure: str
    account_id: UUID | None = None
    subscription_id: UUID | None = None
    holds_product_id: UUID | None = None
    price_plan_id: UUID | None = None
    product_id: UUID | None = None
    feature: str | None = None
    currency: str | None = Field(default=None, sa_type=CURRENCY)
    budget: Decimal | None = Field(default=None, sa_type=QUANTITY)
    thresholds: list[Decimal] = Field(sa_type=_NUMBERS)
    state: str
    created_at: datetime = Field(sa_type=INSTANT)
    defined_by: str
    look_at: datetime | None = Field(default=None, sa_type=INSTANT)
    look_after: UUID | None = None


class AlertEventRow(SQLModel, table=True):
    """A threshold that was reached; insert-only."""

    __tablename__ = "alert_event"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    alert_id: UUID
    account_id: UUID
    subscription_id: UUID
    threshold: Decimal = Field(sa_type=QUANTITY)
    level: Decimal = Field(sa_type=Numeric())
    value: Decimal = Field(sa_type=Numeric())
    currency: str | None = Field(default=None, sa_type=CURRENCY)
    period_from: datetime = Field(sa_type=INSTANT)
    period_until: datetime | None = Field(default=None, sa_type=INSTANT)
    period_id: UUID | None = None
    raised_at: datetime = Field(sa_type=INSTANT)


class AlertQueueRow(SQLModel, table=True):
    """A usage period that is to be measured."""

    __tablename__ = "alert_queue"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    period_id: UUID
    attempts: int
    retry_at: datetime = Field(sa_type=INSTANT)


class AlertLookRow(SQLModel, table=True):
    """Up to when a tenant's stored usage has been looked at."""

    __tablename__ = "alert_look"

    tenant_id: UUID = Field(primary_key=True)
    seen_until: datetime = Field(sa_type=INSTANT)


class AlertTestLookRow(SQLModel, table=True):
    """When an account on a test clock was looked at last, in its time and in ours."""

    __tablename__ = "alert_test_look"

    tenant_id: UUID = Field(primary_key=True)
    account_id: UUID = Field(primary_key=True)
    clock: datetime = Field(sa_type=INSTANT)
    looked_at: datetime = Field(sa_type=INSTANT)
