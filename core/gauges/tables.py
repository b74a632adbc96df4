"""The table of gauge readings, as migration 0006 creates it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel import Field, SQLModel

from core.column_types import INSTANT, QUANTITY


class GaugeReadingRow(SQLModel, table=True):
    """A value that a gauge of an account has from an instant on; insert-only."""

    __tablename__ = "gauge_reading"

    tenant_id: UUID = Field(primary_key=True)
    account_id: UUID
    gauge_id: UUID
    at: datetime = Field(sa_type=INSTANT)
    identity: UUID = Field(primary_key=True)
    value: Decimal = Field(sa_type=QUANTITY)
    source: str
    reading_id: str
    received_at: datetime = Field(sa_type=INSTANT)
