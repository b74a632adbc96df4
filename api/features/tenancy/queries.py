"""Reading the caller and its tenant."""

from __future__ import annotations

import strawberry

from api.access import requires_a_key
from api.context import Info
from api.features.tenancy.types import Tenant, Viewer
from core.tenancy import repository


@strawberry.type(description="Reads of the seller and its people.")
class TenancyQuery:
    """Reads of tenancy."""

    @strawberry.field(description="Who asks.")
    @requires_a_key()
    async def viewer(self, info: Info) -> Viewer:
        """Return the caller."""
        principal = info.context.principal
        return Viewer(
            label=principal.actor,
            scopes=sorted(principal.capabilities),
            is_operator=principal.tenant_id is None,
            expires_at=principal.expires_at,
        )

    @strawberry.field(description="The caller's seller; null for the operator.")
    @requires_a_key()
    async def tenant(self, info: Info) -> Tenant | None:
        """Return the caller's tenant."""
        if info.context.tenant_id is None:
            return None
        async with info.context.transaction() as tx:
            found = await repository.tenant(tx)
        return None if found is None else Tenant.of(found)
