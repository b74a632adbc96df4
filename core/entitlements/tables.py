"""The tables of entitlements."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from core.column_types import BYTES, INSTANT, JSON, QUANTITY


class AllowanceRow(SQLModel, table=True):
    """How much of a feature an item grants in a time, and how much of it is used."""

    __tablename__ = "allowance"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    account_id: UUID
    subscription_id: UUID
    item_id: UUID
    feature: str
    granted: Decimal | None = Field(default=None, sa_type=QUANTITY)
    used: Decimal = Field(sa_type=QUANTITY)
    from_at: datetime = Field(sa_type=INSTANT)
    until_at: datetime | None = Field(default=None, sa_type=INSTANT)
    created_at: datetime = Field(sa_type=INSTANT)


class ConsumptionRow(SQLModel, table=True):
    """What was consumed of a feature, and from which allowances; insert-only."""

    __tablename__ = "consumption"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    account_id: UUID
    member_id: UUID | None = None
    feature: str
    amount: Decimal = Field(sa_type=QUANTITY)
    at: datetime = Field(sa_type=INSTANT)
    source: str
    event_id: str
    content_hash: bytes = Field(sa_type=BYTES)
    parts: list[Any] = Field(sa_type=JSON)
    actor: str
    created_at: datetime = Field(sa_type=INSTANT)
