"""The table of requests, as migration 0014 makes it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from core.column_types import INSTANT


class AdvanceRequestRow(SQLModel, table=True):
    """A request to be billed for longer than the terms' frequency."""

    __tablename__ = "advance_request"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    account_id: UUID
    subscription_id: UUID
    definition_version_id: UUID
    duration: str
    months: int | None = None
    note: str
    state: str
    reason: str | None = None
    period_id: UUID | None = None
    requested_by: str
    requested_at: datetime = Field(sa_type=INSTANT)
    settled_by: str | None = None
    settled_at: datetime | None = Field(default=None, sa_type=INSTANT)
