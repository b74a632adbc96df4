"""Tenants, their units and their people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.contact_details import InvalidEmail, UnknownCountry
from core.db import Database
from core.kernel.errors import Refusal
from core.kernel.money import UnknownCurrency
from core.kernel.zones import UnknownZone
from core.tenancy import repository
from core.tenancy.capabilities import OF_A_TENANT, Capability, Forbidden, UnknownRole
from core.tenancy.collaborate_org_units import (
    CollaborateOrgUnits,
    OrgUnitsAreTheSame,
    collaborate_org_units,
)
from core.tenancy.create_org_unit import (
    CreateOrgUnit,
    OrgUnitCodeTaken,
    OrgUnitNotFound,
    create_org_unit,
)
from core.tenancy.create_staff import CreateStaff, StaffEmailTaken, create_staff
from core.tenancy.create_tenant import (
    CreatedTenant,
    CreateTenant,
    InvalidSlug,
    SlugTaken,
    create_tenant,
)
from tests.integration.conftest import PEPPER, NewTenant, Open

GOOD = CreateTenant(
    slug="crm360", name="CRM360", currency="EUR", timezone="Europe/Paris", country="fr"
)


async def test_a_tenant_begins_with_a_root_unit_and_an_audit_trail(
    begin: Open, seller: CreatedTenant
) -> None:
    """Its own transaction sees it, its root, and who made them."""
    async with begin() as tx:
        assert await repository.tenant(tx) == seller.tenant
        assert await repository.root_unit(tx) == seller.root_unit
        actors = await tx.fetch("SELECT actor, action FROM audit_entry ORDER BY id")
    assert [tuple(row) for row in actors] == [
        ("operator", "tenant.created"),
        ("operator", "api_key.issued"),
    ]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"slug": "CRM 360"}, InvalidSlug),
        ({"slug": "-crm"}, InvalidSlug),
        ({"slug": "x" * 64}, InvalidSlug),
        ({"currency": "EURO"}, UnknownCurrency),
        ({"timezone": "Europe/Antwerp"}, UnknownZone),
        ({"country": "EU"}, UnknownCountry),
    ],
)
async def test_a_tenant_with_an_unknown_code_is_refused(
    db: Database, change: dict[str, str], refusal: type[Refusal]
) -> None:
    """ISO 4217, IANA zones, ISO 3166-1: nothing is stored of a refused one."""
    async with db.transaction(None, actor="operator") as tx:
        with pytest.raises(refusal):
            await create_tenant(tx, replace(GOOD, **change), pepper=PEPPER)
        assert tx.is_platform


async def test_a_slug_belongs_to_one_tenant(db: Database, seller: CreatedTenant) -> None:
    """The second one is refused, and nothing of it is stored."""
    command = replace(GOOD, slug=seller.tenant.slug)
    with pytest.raises(SlugTaken):
        async with db.transaction(None, actor="operator") as tx:
            await create_tenant(tx, command, pepper=PEPPER)
    async with db.transaction(seller.tenant.id, actor="test") as tx:
        assert await repository.tenant(tx) == seller.tenant


async def test_units_form_a_tree_and_codes_are_unique(
    begin: Open, seller: CreatedTenant
) -> None:
    """A unit hangs below another one of the same tenant."""
    command = CreateOrgUnit(code="north", name="North", parent_id=seller.root_unit.id)
    async with begin() as tx:
        unit = await create_org_unit(tx, command)
        assert await repository.org_unit(tx, unit.id) == unit
        assert unit.parent_id == seller.root_unit.id
    with pytest.raises(OrgUnitCodeTaken):
        async with begin() as tx:
            await create_org_unit(tx, command)


async def test_another_tenant_s_unit_looks_like_none(
    begin: Open, new_tenant: NewTenant
) -> None:
    """As a parent or a collaborator it does not exist."""
    foreign = (await new_tenant()).root_unit
    async with begin() as tx:
        with pytest.raises(OrgUnitNotFound):
            await create_org_unit(tx, CreateOrgUnit("n", "N", parent_id=foreign.id))


async def test_collaboration_goes_one_way_and_twice_is_once(
    begin: Open, seller: CreatedTenant
) -> None:
    """The collaborator may work on the unit's things, not the unit on theirs."""
    root = seller.root_unit.id
    async with begin() as tx:
        north = await create_org_unit(tx, CreateOrgUnit("n", "N", parent_id=root))
        allow = CollaborateOrgUnits(unit_id=root, collaborator_id=north.id)
        assert await collaborate_org_units(tx, allow) == (north.id,)
        assert await collaborate_org_units(tx, allow) == (north.id,)
        assert await repository.collaborators_of(tx, north.id) == []
        with pytest.raises(OrgUnitsAreTheSame):
            await collaborate_org_units(tx, CollaborateOrgUnits(root, root))


async def test_staff_are_refused_unknown_roles_taken_addresses_and_more_than_the_giver_has(
    begin: Open, seller: CreatedTenant
) -> None:
    """After each refusal there is still the one staff member."""
    ada = CreateStaff("Ada@Example.com ", "Ada", seller.root_unit.id, ("billing", "support"))
    async with begin() as tx:
        made = await create_staff(tx, ada, held=OF_A_TENANT)
    assert (made.email, made.roles) == ("ada@example.com", ("billing", "support"))
    held = frozenset({Capability.ACCOUNT_READ})
    for command, capabilities, refusal in (
        (ada, OF_A_TENANT, StaffEmailTaken),
        (replace(ada, email="bob"), OF_A_TENANT, InvalidEmail),
        (replace(ada, email="b@b.bb", roles=("king",)), OF_A_TENANT, UnknownRole),
        (replace(ada, email="b@b.bb", roles=()), OF_A_TENANT, UnknownRole),
        (replace(ada, email="b@b.bb"), held, Forbidden),
    ):
        with pytest.raises(refusal):
            async with begin() as tx:
                await create_staff(tx, command, held=capabilities)
    async with begin() as tx:
        assert await repository.staff(tx, made.id) == made
        assert await tx.fetchval("SELECT count(*) FROM staff") == 1
