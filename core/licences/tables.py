"""The tables of licences."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from core.column_types import INSTANT


class LicenceSeatRow(SQLModel, table=True):
    """The seats of a licence item, and how many are held."""

    __tablename__ = "licence_seat"

    tenant_id: UUID = Field(primary_key=True)
    item_id: UUID = Field(primary_key=True)
    subscription_id: UUID
    seats: int = Field(sa_type=BigInteger)
    used: int = Field(sa_type=BigInteger)


class LicenceAssignmentRow(SQLModel, table=True):
    """One member who holds one seat, from when until when."""

    __tablename__ = "licence_assignment"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    account_id: UUID
    subscription_id: UUID
    item_id: UUID
    member_id: UUID
    from_at: datetime = Field(sa_type=INSTANT)
    until_at: datetime | None = Field(default=None, sa_type=INSTANT)
    assigned_by: str
    released_by: str | None = None
    created_at: datetime = Field(sa_type=INSTANT)
