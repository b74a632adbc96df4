"""The table of orders, as migration 0011 makes it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from core.column_types import INSTANT, JSON


class UsageOrderRow(SQLModel, table=True):
    """An order of a usage service, for now or for later."""

    __tablename__ = "usage_order"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    account_id: UUID
    subscription_id: UUID
    termed_item_id: UUID
    product_id: UUID
    catalogue_version_id: UUID
    udr_type: str
    directive: str
    event: dict[str, Any] = Field(sa_type=JSON)
    state: str
    ordered_for: datetime = Field(sa_type=INSTANT)
    event_identity: UUID | None = None
    reason: str | None = None
    ordered_by: str
    is_test: bool
    created_at: datetime = Field(sa_type=INSTANT)
    settled_at: datetime | None = Field(default=None, sa_type=INSTANT)
