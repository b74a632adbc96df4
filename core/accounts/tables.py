"""Rows of accounts, their companies and members, and their history."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text
from sqlmodel import Field, SQLModel

from core.column_types import COUNTRY, CURRENCY, INSTANT, JSON


class AccountRow(SQLModel, table=True):
    """The tenant's customer."""

    __tablename__ = "account"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    ref: str | None = None
    name: str
    name_key: str = Field(sa_type=Text(collation="C"))
    email: str | None = None
    country: str = Field(sa_type=COUNTRY)
    currency: str = Field(sa_type=CURRENCY)
    timezone: str
    org_unit_id: UUID
    classification: str | None = None
    attributes: dict[str, Any] = Field(sa_type=JSON)
    address: dict[str, Any] = Field(sa_type=JSON)
    tax_number: str | None = None
    invoice_per: str
    test_clock: datetime | None = Field(default=None, sa_type=INSTANT)
    state: str
    created_at: datetime = Field(sa_type=INSTANT)


class CompanyRow(SQLModel, table=True):
    """A company attached to an account."""

    __tablename__ = "company"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    account_id: UUID
    name: str
    tax_number: str | None = None
    country: str = Field(sa_type=COUNTRY)
    state: str
    created_at: datetime = Field(sa_type=INSTANT)


class MemberRow(SQLModel, table=True):
    """A user whom an account declares."""

    __tablename__ = "member"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    account_id: UUID
    name: str
    email: str
    role: str
    state: str
    created_at: datetime = Field(sa_type=INSTANT)


class HistoryEntryRow(SQLModel, table=True):
    """What happened to an account; insert-only."""

    __tablename__ = "history_entry"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    account_id: UUID
    at: datetime = Field(sa_type=INSTANT)
    actor: str
    action: str
    subject_type: str
    subject_id: UUID
    details: dict[str, Any] = Field(sa_type=JSON)
    subscription_id: UUID | None = None
