"""A pay-TV seller's catalogue, and the org units that it names."""

from __future__ import annotations

from core.tenancy.create_org_unit import CreateOrgUnit, create_org_unit
from tests.unit.catalogue.pay_tv import PAY_TV

__all__ = ["PAY_TV", "make_units"]


async def make_units(begin):
    """Two org units of the seller."""
    async with begin() as tx:
        root = await tx.fetchval("SELECT id FROM org_unit WHERE parent_id IS NULL")
        for code in ("nicosia", "limassol"):
            command = CreateOrgUnit(code=code, name=code.capitalize(), parent_id=root)
            await create_org_unit(tx, command)
