"""The tables of fulfilment."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from core.column_types import INSTANT, JSON


class FulfilmentTaskRow(SQLModel, table=True):
    """Work that a product owes once: slots offered, booked, link sent, done."""

    __tablename__ = "fulfilment_task"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    account_id: UUID
    subscription_id: UUID
    item_id: UUID
    product_id: UUID
    module_id: UUID | None = None
    state: str
    slots: list[Any] = Field(sa_type=JSON)
    booked_for: datetime | None = Field(default=None, sa_type=INSTANT)
    link: str | None = None
    link_sent_at: datetime | None = Field(default=None, sa_type=INSTANT)
    done_at: datetime | None = Field(default=None, sa_type=INSTANT)
    opens_at: datetime = Field(sa_type=INSTANT)
    is_test: bool
    created_at: datetime = Field(sa_type=INSTANT)
