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
    last_used_at: datetime | None = None
    """To within two minutes: use is noted once a minute, and remembered for half of one."""


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
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class CustomerToken:
    """A token for one account, without its secret; with a member, it is theirs."""

    id: UUID
    prefix: str
    account_id: UUID
    member_id: UUID | None
    scopes: tuple[str, ...]
    issued_by: str
    issuer_key_id: UUID | None
    issuer_staff_id: UUID | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class IssuedCustomerToken:
    """A token just made; `text` is what the customer sends, shown this once."""

    token: CustomerToken
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenProof:
    """What deciding about a customer's token needs of its row and of what it hangs on."""

    id: UUID
    account_id: UUID
    member_id: UUID | None
    secret_hash: bytes = field(repr=False)
    scopes: tuple[str, ...]
    expires_at: datetime
    is_ended: bool
    """Revoked, or its account, its member or who issued it is no longer there."""
    member_role: str | None
    org_unit_id: UUID


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """A provider of identities that a tenant has linked."""

    id: UUID
    issuer: str
    audience: str
    binds_by_email: bool
    created_at: datetime
    unlinked_at: datetime | None


@dataclass(frozen=True, slots=True)
class StaffIdentity:
    """By which subject a provider knows a staff member."""

    id: UUID
    staff_id: UUID
    issuer: str
    subject: str
    created_at: datetime
    unbound_at: datetime | None


@dataclass(frozen=True, slots=True)
class StaffProof:
    """What deciding about a staff member who signed in needs."""

    id: UUID
    staff_id: UUID
    staff_roles: tuple[str, ...]
    staff_state: str
    staff_unit_id: UUID
    is_limited: bool
