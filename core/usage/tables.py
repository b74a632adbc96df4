"""The tables of usage, as migrations 0006, 0010 and 0015 create them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import SmallInteger
from sqlmodel import Field, SQLModel

from core.column_types import BYTES, INSTANT, JSON, MONEY_AMOUNT, QUANTITY


class UsageEventRow(SQLModel, table=True):
    """A revision of an event; insert-only."""

    __tablename__ = "usage_event"

    tenant_id: UUID = Field(primary_key=True)
    identity: UUID = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    sign: int = Field(sa_type=SmallInteger)
    account_id: UUID
    subscription_id: UUID | None = None
    product_id: UUID | None = None
    usage_period_id: UUID | None = None
    billing_period_id: UUID | None = None
    occurred_at: datetime = Field(sa_type=INSTANT)
    received_at: datetime = Field(sa_type=INSTANT)
    quantity: Decimal = Field(sa_type=QUANTITY)
    slot: int
    channel: str
    unit: str
    dimension: str
    source: str
    event_id: str
    content_hash: bytes = Field(sa_type=BYTES)
    payload: dict[str, Any] = Field(sa_type=JSON)
    amount: Decimal | None = Field(default=None, sa_type=MONEY_AMOUNT)
    rating: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    tax: Decimal | None = Field(default=None, sa_type=MONEY_AMOUNT)
    replay_key: str | None = None


class UsageBatchRow(SQLModel, table=True):
    """How many events of a channel a batch had, by verdict; insert-only."""

    __tablename__ = "usage_batch"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    received_at: datetime = Field(sa_type=INSTANT)
    channel: str
    accepted: int
    free: int
    duplicate: int
    rejected: int
    reasons: dict[str, Any] = Field(sa_type=JSON)


class UsageCounterRow(SQLModel, table=True):
    """The row that usage of one subscription queues for, where it must be exact."""

    __tablename__ = "usage_counter"

    tenant_id: UUID = Field(primary_key=True)
    subscription_id: UUID = Field(primary_key=True)


class UsageDirtiedRow(SQLModel, table=True):
    """A closed period to price again with a billing, for a neighbour arrived late."""

    __tablename__ = "usage_dirtied"

    tenant_id: UUID = Field(primary_key=True)
    usage_period_id: UUID = Field(primary_key=True)
    billing_period_id: UUID = Field(primary_key=True)
