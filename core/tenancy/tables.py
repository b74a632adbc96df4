"""Rows of tenants, org units, staff and API keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from core.column_types import BYTES, COUNTRY, CURRENCY, INSTANT, JSON, TEXTS


class TenantRow(SQLModel, table=True):
    """A seller; its own `id` is what row-level security compares."""

    __tablename__ = "tenant"

    id: UUID = Field(primary_key=True)
    slug: str
    name: str
    currency: str = Field(sa_type=CURRENCY)
    timezone: str
    country: str = Field(sa_type=COUNTRY)
    legal: dict[str, Any] = Field(sa_type=JSON)
    created_at: datetime = Field(sa_type=INSTANT)
    limits_viewing: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    tax_engine: str | None = None


class OrgUnitRow(SQLModel, table=True):
    """A node of a tenant's tree."""

    __tablename__ = "org_unit"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    parent_id: UUID | None = None
    code: str
    name: str
    created_at: datetime = Field(sa_type=INSTANT)


class OrgUnitCollaborationRow(SQLModel, table=True):
    """One unit lets another one work on what is its own."""

    __tablename__ = "org_unit_collaboration"

    tenant_id: UUID = Field(primary_key=True)
    unit_id: UUID = Field(primary_key=True)
    collaborator_id: UUID = Field(primary_key=True)


class StaffRow(SQLModel, table=True):
    """A tenant's user, in one unit, with roles."""

    __tablename__ = "staff"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    org_unit_id: UUID
    email: str
    name: str
    roles: list[str] = Field(sa_type=TEXTS)
    state: str
    created_at: datetime = Field(sa_type=INSTANT)


class ApiKeyPrefixRow(SQLModel, table=True):
    """Which tenant a key belongs to; outside row-level security, ids only."""

    __tablename__ = "api_key_prefix"

    prefix: str = Field(primary_key=True)
    tenant_id: UUID


class ApiKeyRow(SQLModel, table=True):
    """A tenant's key: the digest of its secret, never the secret."""

    __tablename__ = "api_key"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    prefix: str
    name: str
    staff_id: UUID | None = None
    secret_hash: bytes = Field(sa_type=BYTES)
    scopes: list[str] = Field(sa_type=TEXTS)
    created_at: datetime = Field(sa_type=INSTANT)
    expires_at: datetime | None = Field(default=None, sa_type=INSTANT)
    revoked_at: datetime | None = Field(default=None, sa_type=INSTANT)


class PlatformKeyRow(SQLModel, table=True):
    """A key of the operator of this installation; outside row-level security."""

    __tablename__ = "platform_key"

    id: UUID = Field(primary_key=True)
    prefix: str
    name: str
    secret_hash: bytes = Field(sa_type=BYTES)
    created_at: datetime = Field(sa_type=INSTANT)
    expires_at: datetime | None = Field(default=None, sa_type=INSTANT)
    revoked_at: datetime | None = Field(default=None, sa_type=INSTANT)


class VisibleToRow(SQLModel, table=True):
    """A unit that may choose a plan or an entry of the catalogue."""

    __tablename__ = "visible_to"

    tenant_id: UUID = Field(primary_key=True)
    subject_id: UUID = Field(primary_key=True)
    org_unit_id: UUID = Field(primary_key=True)
