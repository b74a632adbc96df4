"""Rows that belong to no feature: idempotency keys, audit, outbox, what is due where."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from core.column_types import BYTES, IDS, INSTANT, JSON, TRANSACTION


class TenantDueRow(SQLModel, table=True):
    """No due work of this kind is earlier than this; outside row-level security."""

    __tablename__ = "tenant_due"

    tenant_id: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    due_at: datetime = Field(sa_type=INSTANT)


class IdempotencyKeyRow(SQLModel, table=True):
    """A key that a client gave, what it asked under it, and what it was answered."""

    __tablename__ = "idempotency_key"

    tenant_id: UUID = Field(primary_key=True)
    key: str = Field(primary_key=True)
    operation: str
    request_hash: bytes = Field(sa_type=BYTES)
    response: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    created_at: datetime = Field(sa_type=INSTANT)


class AuditEntryRow(SQLModel, table=True):
    """Who changed what, when; insert-only."""

    __tablename__ = "audit_entry"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    at: datetime = Field(sa_type=INSTANT)
    actor: str
    action: str
    subject_type: str
    subject_id: UUID | None = None
    details: dict[str, Any] = Field(sa_type=JSON)


class AuditSealRow(SQLModel, table=True):
    """A link of the tenant's hash chain over its audit entries; insert-only."""

    __tablename__ = "audit_seal"

    tenant_id: UUID = Field(primary_key=True)
    n: int = Field(primary_key=True, sa_type=BigInteger)
    prev: int | None = Field(default=None, sa_type=BigInteger)
    sealed_at: datetime = Field(sa_type=INSTANT)
    entries: int
    entry_ids: list[UUID] = Field(sa_type=IDS)
    hash: bytes = Field(sa_type=BYTES)


class AuditUnsealedRow(SQLModel, table=True):
    """An audit entry that waits for its seal."""

    __tablename__ = "audit_unsealed"

    tenant_id: UUID = Field(primary_key=True)
    entry_id: UUID = Field(primary_key=True)


class OutboxRow(SQLModel, table=True):
    """A notification that leaves after the commit of what it tells."""

    __tablename__ = "outbox"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    topic: str
    subject_id: UUID | None = None
    payload: dict[str, Any] = Field(sa_type=JSON)
    created_at: datetime = Field(sa_type=INSTANT)
    next_at: datetime = Field(sa_type=INSTANT)
    attempts: int
    done_at: datetime | None = Field(default=None, sa_type=INSTANT)
    error: str | None = None
    tx: int = Field(sa_type=TRANSACTION)
