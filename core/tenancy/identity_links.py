"""All the SQL of linked providers and bound identities of staff."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlmodel import col

from core.db import Tx
from core.rows import add_row, fetch_record, first_record, selecting, values_of
from core.tenancy.records import IdentityProvider, StaffIdentity, StaffProof
from core.tenancy.tables import IdentityProviderRow, StaffIdentityRow

_TAKE: Final = """
INSERT INTO identity_audience (issuer, audience, tenant_id, slug)
SELECT $1, $2, id, slug FROM tenant WHERE id = $3
ON CONFLICT (issuer, audience, tenant_id) DO NOTHING RETURNING tenant_id
"""
_ASKED: Final = """
WITH linked AS (
    SELECT tenant_id, slug, place FROM identity_audience WHERE issuer = $1 AND audience = $2)
SELECT tenant_id, (SELECT count(*) = 1 FROM linked) AS is_only
FROM linked WHERE $3::text = '' OR slug = $3 ORDER BY place LIMIT 1
"""
_PROOF: Final = """
SELECT i.id, s.id AS staff_id, s.roles AS staff_roles, s.state AS staff_state,
    s.org_unit_id AS staff_unit_id,
    t.limits_viewing AND u.parent_id IS NOT NULL AS is_limited
FROM staff_identity i JOIN tenant t ON t.id = i.tenant_id
JOIN staff s ON s.tenant_id = i.tenant_id AND s.id = i.staff_id
JOIN org_unit u ON u.tenant_id = s.tenant_id AND u.id = s.org_unit_id
WHERE i.tenant_id = $1 AND i.issuer = $2 AND i.subject = $3 AND i.unbound_at IS NULL
"""
_LINKED: Final = """
SELECT id, issuer, audience, binds_by_email, created_at, unlinked_at FROM identity_provider
WHERE tenant_id = $1 AND issuer = $2 AND audience = $3 AND unlinked_at IS NULL
"""
_BY_EMAIL: Final = """
SELECT s.id FROM staff s WHERE s.tenant_id = $1 AND s.email = $2 AND s.state = 'active'
    AND NOT EXISTS (SELECT FROM staff_identity i WHERE i.tenant_id = s.tenant_id
        AND i.staff_id = s.id AND i.issuer = $3)
"""
_BIND: Final = """
INSERT INTO staff_identity (tenant_id, id, staff_id, issuer, subject, created_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant_id, issuer, subject) WHERE unbound_at IS NULL DO NOTHING RETURNING id
"""


@dataclass(frozen=True, slots=True)
class AskedLink:
    """Whose link a token asks for, and whether nobody else has linked its audience."""

    tenant_id: UUID
    is_only: bool


async def link_asked_for(
    tx: Tx, *, issuer: str, audience: str, seller: str
) -> AskedLink | None:
    """Return whose link of an audience is meant; needs no tenant.

    It is that of the seller that is named, or without a name that of the first who linked it.
    """
    row = await tx.fetchrow(_ASKED, issuer, audience, seller)
    return None if row is None else AskedLink(row["tenant_id"], is_only=row["is_only"])


async def take_audience(tx: Tx, *, issuer: str, audience: str) -> bool:
    """Note that this tenant has linked an audience; False where it had."""
    return await tx.fetchrow(_TAKE, issuer, audience, tx.tenant_id) is not None


async def give_audience_back(tx: Tx, *, issuer: str, audience: str) -> None:
    """Forget that this tenant has linked an audience."""
    await tx.execute(
        "DELETE FROM identity_audience WHERE issuer = $1 AND audience = $2 AND tenant_id = $3",
        issuer,
        audience,
        tx.tenant_id,
    )


async def add_provider(tx: Tx, provider: IdentityProvider) -> None:
    """Insert a link."""
    await add_row(tx, IdentityProviderRow, tenant_id=tx.tenant_id, **values_of(provider))


async def provider(tx: Tx, provider_id: UUID) -> IdentityProvider | None:
    """Return a link of this tenant."""
    mine = selecting(IdentityProviderRow, IdentityProvider)
    mine = mine.where(col(IdentityProviderRow.tenant_id) == tx.tenant_id)
    found = mine.where(col(IdentityProviderRow.id) == provider_id)
    return await first_record(tx, IdentityProvider, found)


async def linked(tx: Tx, *, issuer: str, audience: str) -> IdentityProvider | None:
    """Return the link that is in force for an audience of an issuer."""
    return await fetch_record(tx, IdentityProvider, _LINKED, tx.tenant_id, issuer, audience)


async def unlink(tx: Tx, provider_id: UUID) -> None:
    """End a link now."""
    await tx.execute(
        "UPDATE identity_provider SET unlinked_at = $3 WHERE tenant_id = $1 AND id = $2",
        tx.tenant_id,
        provider_id,
        tx.now,
    )


async def bind(tx: Tx, identity: StaffIdentity) -> bool:
    """Insert a binding; False where the subject is bound already."""
    row = await tx.fetchrow(
        _BIND,
        tx.tenant_id,
        identity.id,
        identity.staff_id,
        identity.issuer,
        identity.subject,
        identity.created_at,
    )
    return row is not None


async def identity(tx: Tx, identity_id: UUID) -> StaffIdentity | None:
    """Return a binding of this tenant."""
    mine = selecting(StaffIdentityRow, StaffIdentity)
    mine = mine.where(col(StaffIdentityRow.tenant_id) == tx.tenant_id)
    found = mine.where(col(StaffIdentityRow.id) == identity_id)
    return await first_record(tx, StaffIdentity, found)


async def unbind(tx: Tx, identity_id: UUID) -> None:
    """End a binding now."""
    await tx.execute(
        "UPDATE staff_identity SET unbound_at = $3 WHERE tenant_id = $1 AND id = $2",
        tx.tenant_id,
        identity_id,
        tx.now,
    )


async def staff_proof(tx: Tx, *, issuer: str, subject: str) -> StaffProof | None:
    """Return what deciding about a subject needs; None where it is bound to nobody."""
    return await fetch_record(tx, StaffProof, _PROOF, tx.tenant_id, issuer, subject)


async def unbound_by_email(tx: Tx, email: str, *, issuer: str) -> UUID | None:
    """Return the active staff member of an address whom the issuer has never been bound to.

    Whose binding was taken away does not come back by their address.
    """
    found: UUID | None = await tx.fetchval(_BY_EMAIL, tx.tenant_id, email, issuer)
    return found
