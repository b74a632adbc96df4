"""Rows of tenants, org units, staff, API keys, tokens of customers and identities."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger
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
    last_used_at: datetime | None = Field(default=None, sa_type=INSTANT)


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


class CustomerTokenPrefixRow(SQLModel, table=True):
    """Which tenant a customer's token belongs to; outside row-level security, ids only."""

    __tablename__ = "customer_token_prefix"

    prefix: str = Field(primary_key=True)
    tenant_id: UUID


class CustomerTokenRow(SQLModel, table=True):
    """A token for one account: the digest of its secret, never the secret."""

    __tablename__ = "customer_token"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    prefix: str
    account_id: UUID
    member_id: UUID | None = None
    secret_hash: bytes = Field(sa_type=BYTES)
    scopes: list[str] = Field(sa_type=TEXTS)
    issued_by: str
    issuer_key_id: UUID | None = None
    issuer_staff_id: UUID | None = None
    created_at: datetime = Field(sa_type=INSTANT)
    expires_at: datetime = Field(sa_type=INSTANT)
    revoked_at: datetime | None = Field(default=None, sa_type=INSTANT)


class IdentityAudienceRow(SQLModel, table=True):
    """Which tenants a provider's tokens for an audience are for; outside row-level security.

    The first by `place` is meant where a token comes without a name, else the one of `slug`.
    """

    __tablename__ = "identity_audience"

    issuer: str = Field(primary_key=True)
    audience: str = Field(primary_key=True)
    tenant_id: UUID = Field(primary_key=True)
    slug: str
    place: int = Field(sa_type=BigInteger)


class IdentityProviderRow(SQLModel, table=True):
    """A provider that a tenant has linked."""

    __tablename__ = "identity_provider"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    issuer: str
    audience: str
    binds_by_email: bool
    created_at: datetime = Field(sa_type=INSTANT)
    unlinked_at: datetime | None = Field(default=None, sa_type=INSTANT)


class StaffIdentityRow(SQLModel, table=True):
    """Whom a provider knows as whom of the staff."""

    __tablename__ = "staff_identity"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    staff_id: UUID
    issuer: str
    subject: str
    created_at: datetime = Field(sa_type=INSTANT)
    unbound_at: datetime | None = Field(default=None, sa_type=INSTANT)
