"""What this folder brings into the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from api.access import guarded_source
from api.context import ApiContext
from api.feature import Feature, SchemaParts
from api.features.identities.mutations import IdentitiesMutation
from api.features.identities.queries import IdentitiesQuery
from api.features.identities.types import (
    IDENTITY_PROVIDER_ID,
    STAFF_IDENTITY_ID,
    IdentityProvider,
    StaffIdentity,
)
from api.graphql.nodes import Node
from api.graphql.plugin_schema import Contribution
from api.pages import records_by_key
from core.tenancy import Capability, records
from core.tenancy.tables import IdentityProviderRow, StaffIdentityRow


def contribution(_parts: SchemaParts) -> Feature:
    """Bring linked providers and bound identities."""
    return Feature(
        contribution=Contribution(
            name="identities", query=IdentitiesQuery, mutation=IdentitiesMutation
        ),
        nodes=(
            guarded_source(IDENTITY_PROVIDER_ID, Capability.STAFF_READ, _providers),
            guarded_source(STAFF_IDENTITY_ID, Capability.STAFF_READ, _identities),
        ),
    )


async def _providers(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    table, record = IdentityProviderRow, records.IdentityProvider
    found = await records_by_key(context, table, record, list(keys))
    return {each.id: IdentityProvider.of(each) for each in found if each is not None}


async def _identities(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    found = await records_by_key(context, StaffIdentityRow, records.StaffIdentity, list(keys))
    return {each.id: StaffIdentity.of(each) for each in found if each is not None}
