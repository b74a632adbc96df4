"""Let the staff of a unit see their unit's accounts only, or everybody's again."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import update
from sqlmodel import col

from core import audit
from core.db import Tx
from core.tenancy import repository
from core.tenancy.records import Tenant
from core.tenancy.tables import TenantRow


async def limit_tenants_viewing(tx: Tx, *, limits: bool) -> Tenant:
    """Set whether viewing is limited to units; as it was, it writes nothing.

    It holds for the next request. What staff of a unit may do with units, staff and keys
    follows when their key is read again, within a minute.
    """
    tenant = await repository.tenant(tx)
    assert tenant is not None  # a transaction's tenant comes from a key, which refers to it
    if tenant.limits_viewing is limits:
        return tenant
    mine = update(TenantRow).where(col(TenantRow.id) == tenant.id)
    await tx.connection.execute(mine.values(limits_viewing=limits))
    await audit.record(
        tx,
        action="tenant.limits_viewing" if limits else "tenant.shows_all",
        subject_type="tenant",
        subject_id=tenant.id,
    )
    return replace(tenant, limits_viewing=limits)
