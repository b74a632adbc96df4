"""Finding tenants by slug, for the operator's command line.

Row-level security shows a transaction its own tenant only, so each one is looked at in
turn. `tenant_due` names them all: creating a tenant notes that its audit trail waits.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import ClassVar, Final
from uuid import UUID

from core.db import Database
from core.kernel.errors import Refusal
from core.tenancy import repository
from core.tenancy.records import Tenant

_PAGE: Final = 1000
_ACTOR: Final = "operator"
_IDS: Final = """
SELECT DISTINCT tenant_id FROM tenant_due WHERE tenant_id > $1 ORDER BY tenant_id LIMIT $2
"""


class TenantUnknown(Refusal):
    """No tenant has this slug."""

    code: ClassVar[str] = "TENANT_UNKNOWN"


async def all_tenants(database: Database) -> AsyncIterator[Tenant]:
    """Yield every tenant of the installation, the oldest first."""
    after = UUID(int=0)
    while True:
        async with database.transaction(None, actor=_ACTOR) as tx:
            ids = [row["tenant_id"] for row in await tx.fetch(_IDS, after, _PAGE)]
        for tenant_id in ids:
            async with database.transaction(tenant_id, actor=_ACTOR) as tx:
                found = await repository.tenant(tx)
            if found is not None:
                yield found
        if len(ids) < _PAGE:
            return
        after = ids[-1]


async def tenant_by_slug(database: Database, slug: str) -> Tenant:
    """Return the tenant of this slug, or refuse."""
    async for found in all_tenants(database):
        if found.slug == slug:
            return found
    raise TenantUnknown(
        f"there is no tenant {slug!r}; `forfait tenants list` names them", path=("tenant",)
    )
