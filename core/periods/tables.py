"""The table of billing periods, as migrations 0005, 0008, 0014 and 0015 make it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from core.column_types import INSTANT


class BillingPeriodRow(SQLModel, table=True):
    """A half-open slice of a subscription's stream, billed as one."""

    __tablename__ = "billing_period"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    account_id: UUID
    subscription_id: UUID
    stream: str
    ordinal: int
    starts_at: datetime = Field(sa_type=INSTANT)
    ends_at: datetime = Field(sa_type=INSTANT)
    whole_starts_at: datetime = Field(sa_type=INSTANT)
    whole_ends_at: datetime = Field(sa_type=INSTANT)
    due_at: datetime = Field(sa_type=INSTANT)
    is_test: bool
    state: str
    run_id: UUID | None = None
    is_advance: bool = False
    usage_carried_at: datetime | None = Field(default=None, sa_type=INSTANT)
