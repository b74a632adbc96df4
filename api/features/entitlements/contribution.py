"""What this folder brings into the schema."""

from __future__ import annotations

from api.feature import Feature, SchemaParts
from api.features.accounts.types import Account
from api.features.entitlements.mutations import EntitlementsMutation
from api.features.entitlements.queries import AccountEntitlements, EntitlementsQuery
from api.graphql.plugin_schema import Contribution


def contribution(_parts: SchemaParts) -> Feature:
    """Bring what may be done, what there is, and using it up."""
    return Feature(
        contribution=Contribution(
            name="entitlements",
            query=EntitlementsQuery,
            mutation=EntitlementsMutation,
            extends={Account: AccountEntitlements},
        )
    )
