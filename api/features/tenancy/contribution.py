"""What this folder brings into the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from api.access import guarded_source
from api.context import ApiContext
from api.feature import Feature, SchemaParts
from api.features.tenancy import loading
from api.features.tenancy.ids import API_KEY_ID, STAFF_ID
from api.features.tenancy.mutations import TenancyMutation
from api.features.tenancy.queries import TenancyQuery
from api.features.tenancy.types import ORG_UNIT_ID, TENANT_ID, ApiKey, OrgUnit, Staff, Tenant
from api.graphql.nodes import Node, NodeSource
from api.graphql.plugin_schema import Contribution
from core.tenancy import Capability, repository


def contribution(_parts: SchemaParts) -> Feature:
    """Bring the seller, its org units, staff and keys."""
    return Feature(
        contribution=Contribution(name="tenancy", query=TenancyQuery, mutation=TenancyMutation),
        nodes=(
            NodeSource(TENANT_ID, _tenants),
            guarded_source(ORG_UNIT_ID, Capability.STAFF_READ, _org_units),
            guarded_source(STAFF_ID, Capability.STAFF_READ, _staff),
            guarded_source(API_KEY_ID, Capability.STAFF_READ, _api_keys),
        ),
    )


async def _tenants(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    """Find the caller's own tenant, which any key of it may read, and no customer."""
    if (
        context.principal.is_customer
        or context.tenant_id is None
        or context.tenant_id not in keys
    ):
        return {}
    async with context.transaction() as tx:
        found = await repository.tenant(tx)
    return {} if found is None else {found.id: Tenant.of(found)}


async def _org_units(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    found = await loading.load_org_units(context, list(keys))
    return {each.id: OrgUnit.of(each) for each in found if each is not None}


async def _staff(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    found = await loading.load_staff(context, list(keys))
    return {each.id: Staff.of(each) for each in found if each is not None}


async def _api_keys(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    found = await loading.load_api_keys(context, list(keys))
    return {each.id: ApiKey.of(each) for each in found if each is not None}
