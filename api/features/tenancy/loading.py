"""What reads many rows of tenancy at once, for nested fields and for `node`."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from api.context import ApiContext
from api.pages import records_by_key
from core.tenancy.records import ApiKey, OrgUnit, Staff
from core.tenancy.tables import ApiKeyRow, OrgUnitRow, StaffRow


async def load_org_units(context: ApiContext, keys: list[UUID]) -> Sequence[OrgUnit | None]:
    """Load org units by key."""
    return await records_by_key(context, OrgUnitRow, OrgUnit, keys)


async def load_staff(context: ApiContext, keys: list[UUID]) -> Sequence[Staff | None]:
    """Load staff by key."""
    return await records_by_key(context, StaffRow, Staff, keys)


async def load_api_keys(context: ApiContext, keys: list[UUID]) -> Sequence[ApiKey | None]:
    """Load API keys by key."""
    return await records_by_key(context, ApiKeyRow, ApiKey, keys)


async def load_customers(context: ApiContext, keys: list[UUID]) -> Sequence[str | None]:
    """Load the names of those members and accounts whose tokens acted."""
    async with context.transaction() as tx:
        rows = await tx.fetch(
            "SELECT id, name FROM member WHERE tenant_id = $1 AND id = ANY($2::uuid[])"
            " UNION ALL"
            " SELECT id, name FROM account WHERE tenant_id = $1 AND id = ANY($2::uuid[])",
            tx.tenant_id,
            keys,
        )
    found = {row["id"]: row["name"] for row in rows}
    return [found.get(key) for key in keys]


async def load_collaborators(context: ApiContext, keys: list[UUID]) -> Sequence[list[UUID]]:
    """Load the keys of the units that collaborate with each of these."""
    async with context.transaction() as tx:
        rows = await tx.fetch(
            "SELECT unit_id, collaborator_id FROM org_unit_collaboration"
            " WHERE tenant_id = $1 AND unit_id = ANY($2::uuid[])"
            " ORDER BY unit_id, collaborator_id",
            tx.tenant_id,
            keys,
        )
    found: dict[UUID, list[UUID]] = {key: [] for key in keys}
    for row in rows:
        found[row["unit_id"]].append(row["collaborator_id"])
    return [found[key] for key in keys]
