"""The tables of contacts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from core.column_types import INSTANT


class ContactRow(SQLModel, table=True):
    """A contact of an account, by the digest of its address."""

    __tablename__ = "contact"

    tenant_id: UUID = Field(primary_key=True)
    account_id: UUID = Field(primary_key=True)
    digest: UUID = Field(primary_key=True)
    state: str
    is_held: bool
    arrived: int = Field(sa_type=BigInteger)
    changed_at: datetime = Field(sa_type=INSTANT)
    source: str
    event_id: str


class ContactCountRow(SQLModel, table=True):
    """How many contacts of an account are active, and how many wait."""

    __tablename__ = "contact_count"

    tenant_id: UUID = Field(primary_key=True)
    account_id: UUID = Field(primary_key=True)
    active: int
    held: int
    arrivals: int = Field(sa_type=BigInteger)
