"""Which unit's staff may choose what, and how a principal comes by its unit."""

from __future__ import annotations

from uuid import UUID

import pytest

from core.db import Database, Tx
from core.kernel.ids import new_id
from core.tenancy.authenticate import Authenticator
from core.tenancy.capabilities import OF_A_TENANT
from core.tenancy.collaborate_org_units import CollaborateOrgUnits, collaborate_org_units
from core.tenancy.create_org_unit import CreateOrgUnit, create_org_unit
from core.tenancy.create_staff import CreateStaff, create_staff
from core.tenancy.create_tenant import CreatedTenant
from core.tenancy.issue_api_key import IssueApiKey, issue_api_key
from core.tenancy.visibility import NotVisible, hidden, require_visible
from tests.integration.conftest import PEPPER, Open


async def unit(tx: Tx, seller: CreatedTenant, code: str) -> UUID:
    """Make a unit below the root."""
    made = await create_org_unit(tx, CreateOrgUnit(code, code.title(), seller.root_unit.id))
    return made.id


async def subject(tx: Tx, *unit_ids: UUID) -> UUID:
    """Make something that lists these units."""
    found = new_id()
    for one in unit_ids:
        await tx.execute(
            "INSERT INTO visible_to (tenant_id, subject_id, org_unit_id) VALUES ($1, $2, $3)",
            tx.tenant_id,
            found,
            one,
        )
    return found


async def test_what_lists_units_is_hidden_from_the_others(
    begin: Open, seller: CreatedTenant
) -> None:
    """The north's plan is the north's; the tenant itself sees all; unlisted is everyone's."""
    async with begin() as tx:
        north, south = await unit(tx, seller, "north"), await unit(tx, seller, "south")
        listed, free = await subject(tx, north), await subject(tx)
        both = await subject(tx, north, south)
        asked = [listed, free, both]
        assert await hidden(tx, asked, unit_id=north) == frozenset()
        assert await hidden(tx, asked, unit_id=south) == {listed}
        assert await hidden(tx, asked, unit_id=seller.root_unit.id) == {listed, both}
        assert await hidden(tx, asked, unit_id=None) == frozenset()
        with pytest.raises(NotVisible):
            await require_visible(tx, listed, unit_id=south)
        await require_visible(tx, listed, unit_id=north)


async def test_a_collaborating_unit_may_choose_and_not_the_other_way_round(
    begin: Open, seller: CreatedTenant
) -> None:
    """The south may work on what is the north's; the north gains nothing by it."""
    async with begin() as tx:
        north, south = await unit(tx, seller, "north"), await unit(tx, seller, "south")
        of_north, of_south = await subject(tx, north), await subject(tx, south)
        await collaborate_org_units(tx, CollaborateOrgUnits(north, south))
        assert await hidden(tx, [of_north, of_south], unit_id=south) == frozenset()
        assert await hidden(tx, [of_north, of_south], unit_id=north) == {of_south}


async def test_a_principal_has_its_staffs_unit_and_a_bare_key_has_none(
    begin: Open, seller: CreatedTenant, db: Database
) -> None:
    """So that a program of the tenant sees everything, and its people what is theirs."""
    async with begin() as tx:
        north = await unit(tx, seller, "north")
        ada = await create_staff(
            tx,
            CreateStaff(
                email="ada@example.com", name="Ada", org_unit_id=north, roles=("billing",)
            ),
            held=OF_A_TENANT,
        )
        keys = [
            await issue_api_key(
                tx,
                IssueApiKey(name="k", scopes=("usage.write",), staff_id=staff_id),
                held=OF_A_TENANT,
                pepper=PEPPER,
            )
            for staff_id in (ada.id, None)
        ]
    authenticator = Authenticator(db, pepper=PEPPER)
    units = [(await authenticator.authenticate(key.text)).org_unit_id for key in keys]
    assert units == [north, None]
