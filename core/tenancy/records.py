"""What tenancy hands out: frozen rows, without digests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Tenant:
    """A seller."""

    id: UUID
    slug: str
    name: str
    currency: str
    timezone: str
    country: str
    legal: Mapping[str, Any]
    created_at: datetime
    limits_viewing: bool = False
    tax_engine: str | None = None


@dataclass(frozen=True, slots=True)
class OrgUnit:
    """A node of the tenant's tree; the root has no parent."""

    id: UUID
    parent_id: UUID | None
    code: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Staff:
    """A tenant's user."""

    id: UUID
    org_unit_id: UUID
    email: str
    name: str
    roles: tuple[str, ...]
    state: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A tenant's key, without its secret."""

    id: UUID
    prefix: str
    name: str
    staff_id: UUID | None
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class PlatformKey:
    """A key of the operator, without its secret."""

    id: UUID
    prefix: str
    name: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key just made; `text` is what its holder sends, shown this once."""

    key: ApiKey
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyProof:
    """What deciding about a presented key needs of its row."""

    id: UUID
    name: str
    staff_id: UUID | None
    secret_hash: bytes | None = field(repr=False)
    scopes: tuple[str, ...]
    expires_at: datetime | None
    revoked_at: datetime | None
    staff_roles: tuple[str, ...] | None
    staff_state: str | None
    staff_unit_id: UUID | None
    is_limited: bool
