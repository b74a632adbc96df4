"""All the SQL of tenancy. Row-level security adds the tenant; so do the statements."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import col, update

from core.db import Tx
from core.rows import (
    add_row,
    all_records,
    fetch_record,
    first_record,
    selecting,
    values_of,
)
from core.tenancy.records import ApiKey, KeyProof, OrgUnit, PlatformKey, Staff, Tenant
from core.tenancy.tables import (
    ApiKeyPrefixRow,
    ApiKeyRow,
    OrgUnitCollaborationRow,
    OrgUnitRow,
    PlatformKeyRow,
    StaffRow,
    TenantRow,
)

_KEY_PROOF: Final = """
SELECT api_key.id, api_key.name, staff_id, secret_hash, scopes, expires_at, revoked_at,
    last_used_at, staff.roles AS staff_roles, staff.state AS staff_state,
    staff.org_unit_id AS staff_unit_id,
    coalesce(tenant.limits_viewing AND org_unit.parent_id IS NOT NULL, false) AS is_limited
FROM api_key JOIN tenant ON tenant.id = api_key.tenant_id
LEFT JOIN staff ON staff.tenant_id = api_key.tenant_id AND staff.id = staff_id
LEFT JOIN org_unit ON org_unit.tenant_id = staff.tenant_id AND org_unit.id = staff.org_unit_id
WHERE api_key.tenant_id = $1 AND prefix = $2
"""
_NOTE_USED: Final = """
UPDATE api_key SET last_used_at = $3 WHERE tenant_id = $1 AND id = (
    SELECT id FROM api_key WHERE tenant_id = $1 AND id = $2
        AND (last_used_at IS NULL OR last_used_at <= $4) FOR NO KEY UPDATE SKIP LOCKED)
"""
_PLATFORM_PROOF: Final = """
SELECT id, name, NULL::uuid AS staff_id, secret_hash, '{}'::text[] AS scopes,
    expires_at, revoked_at, NULL::timestamptz AS last_used_at, NULL::text[] AS staff_roles,
    NULL::text AS staff_state, NULL::uuid AS staff_unit_id, false AS is_limited
FROM platform_key WHERE prefix = $1
"""


async def add_tenant(tx: Tx, tenant: Tenant) -> None:
    """Insert the tenant that this transaction has entered."""
    await add_row(tx, TenantRow, **values_of(tenant))


async def tenant(tx: Tx) -> Tenant | None:
    """Return the transaction's own tenant; there is no other to see."""
    found = selecting(TenantRow, Tenant).where(col(TenantRow.id) == tx.tenant_id)
    return await first_record(tx, Tenant, found)


async def add_org_unit(tx: Tx, unit: OrgUnit) -> None:
    """Insert an org unit."""
    await add_row(tx, OrgUnitRow, tenant_id=tx.tenant_id, **values_of(unit))


async def org_unit(tx: Tx, unit_id: UUID) -> OrgUnit | None:
    """Return an org unit of this tenant."""
    mine = selecting(OrgUnitRow, OrgUnit).where(col(OrgUnitRow.tenant_id) == tx.tenant_id)
    return await first_record(tx, OrgUnit, mine.where(col(OrgUnitRow.id) == unit_id))


async def root_unit(tx: Tx) -> OrgUnit | None:
    """Return the root of the tenant's tree."""
    mine = selecting(OrgUnitRow, OrgUnit).where(col(OrgUnitRow.tenant_id) == tx.tenant_id)
    root = mine.where(col(OrgUnitRow.parent_id).is_(None)).order_by(col(OrgUnitRow.id))
    return await first_record(tx, OrgUnit, root)


async def add_collaboration(tx: Tx, *, unit_id: UUID, collaborator_id: UUID) -> None:
    """Insert that `collaborator_id` may work on what is `unit_id`'s."""
    row = {"unit_id": unit_id, "collaborator_id": collaborator_id}
    await add_row(tx, OrgUnitCollaborationRow, tenant_id=tx.tenant_id, **row)


async def collaborators_of(tx: Tx, unit_id: UUID) -> list[UUID]:
    """Return the ids of the units that may work on this unit's things."""
    rows = await tx.fetch(
        "SELECT collaborator_id FROM org_unit_collaboration "
        "WHERE tenant_id = $1 AND unit_id = $2 ORDER BY collaborator_id",
        tx.tenant_id,
        unit_id,
    )
    return [row["collaborator_id"] for row in rows]


async def add_staff(tx: Tx, staff: Staff) -> None:
    """Insert a staff member."""
    values = values_of(staff) | {"roles": list(staff.roles)}
    await add_row(tx, StaffRow, tenant_id=tx.tenant_id, **values)


async def staff(tx: Tx, staff_id: UUID) -> Staff | None:
    """Return a staff member of this tenant."""
    mine = selecting(StaffRow, Staff).where(col(StaffRow.tenant_id) == tx.tenant_id)
    return await first_record(tx, Staff, mine.where(col(StaffRow.id) == staff_id))


async def set_staff_state(tx: Tx, staff_id: UUID, *, state: str) -> None:
    """Set whether a staff member is active or disabled."""
    mine = update(StaffRow).where(col(StaffRow.tenant_id) == tx.tenant_id)
    await tx.connection.execute(mine.where(col(StaffRow.id) == staff_id).values(state=state))


async def add_api_key(tx: Tx, key: ApiKey, *, secret_hash: bytes) -> None:
    """Insert a key and the prefix by which it is found."""
    await add_row(tx, ApiKeyPrefixRow, prefix=key.prefix, tenant_id=tx.tenant_id)
    values = values_of(key) | {"scopes": list(key.scopes), "secret_hash": secret_hash}
    await add_row(tx, ApiKeyRow, tenant_id=tx.tenant_id, **values)


async def api_key(tx: Tx, key_id: UUID) -> ApiKey | None:
    """Return a key of this tenant."""
    mine = selecting(ApiKeyRow, ApiKey).where(col(ApiKeyRow.tenant_id) == tx.tenant_id)
    return await first_record(tx, ApiKey, mine.where(col(ApiKeyRow.id) == key_id))


async def lock_api_key(tx: Tx, key_id: UUID) -> ApiKey | None:
    """Return a key and keep others from ending it until this transaction ends."""
    mine = selecting(ApiKeyRow, ApiKey).where(col(ApiKeyRow.tenant_id) == tx.tenant_id)
    found = mine.where(col(ApiKeyRow.id) == key_id).with_for_update()
    return await first_record(tx, ApiKey, found)


async def api_keys(tx: Tx, *, after: UUID | None = None, limit: int) -> list[ApiKey]:
    """Return a page of keys in the order of their creation."""
    mine = selecting(ApiKeyRow, ApiKey).where(col(ApiKeyRow.tenant_id) == tx.tenant_id)
    if after is not None:
        mine = mine.where(col(ApiKeyRow.id) > after)
    return await all_records(tx, ApiKey, mine.order_by(col(ApiKeyRow.id)).limit(limit))


async def end_api_key(tx: Tx, key_id: UUID, **ends: datetime) -> None:
    """Set `revoked_at` or `expires_at` of a key."""
    mine = update(ApiKeyRow).where(col(ApiKeyRow.tenant_id) == tx.tenant_id)
    await tx.connection.execute(mine.where(col(ApiKeyRow.id) == key_id).values(**ends))


async def tenant_of_prefix(tx: Tx, prefix: str) -> UUID | None:
    """Return whose key has this prefix; needs no tenant."""
    found: UUID | None = await tx.fetchval(
        "SELECT tenant_id FROM api_key_prefix WHERE prefix = $1", prefix
    )
    return found


async def key_proof(tx: Tx, prefix: str) -> KeyProof | None:
    """Return what deciding about a key of this tenant needs."""
    return await fetch_record(tx, KeyProof, _KEY_PROOF, tx.tenant_id, prefix)


async def note_key_used(tx: Tx, key_id: UUID, *, pause: timedelta) -> None:
    """Note that a key is used now, unless that was noted within the pause, or is just now.

    Whoever holds the row is noting the same, or is ending the key: nobody waits for them.
    """
    await tx.execute(_NOTE_USED, tx.tenant_id, key_id, tx.now, tx.now - pause)


async def platform_key_proof(tx: Tx, prefix: str) -> KeyProof | None:
    """Return what deciding about an operator's key needs."""
    return await fetch_record(tx, KeyProof, _PLATFORM_PROOF, prefix)


async def add_platform_key(tx: Tx, key: PlatformKey, *, secret_hash: bytes) -> None:
    """Insert a key of the operator."""
    await add_row(tx, PlatformKeyRow, secret_hash=secret_hash, **values_of(key))


async def revoke_platform_key(tx: Tx, prefix: str) -> bool:
    """Revoke an operator's key; False when no such key is in force."""
    row = await tx.fetchrow(
        "UPDATE platform_key SET revoked_at = $2 "
        "WHERE prefix = $1 AND revoked_at IS NULL RETURNING id",
        prefix,
        tx.now,
    )
    return row is not None
