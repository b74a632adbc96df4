"""What this folder brings into the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from api.access import guarded_source
from api.context import ApiContext
from api.feature import Feature, SchemaParts
from api.features.customer_tokens.mutations import CustomerTokensMutation
from api.features.customer_tokens.queries import CustomerTokensQuery
from api.features.customer_tokens.types import (
    CUSTOMER_TOKEN_ID,
    CustomerToken,
    ViewerIsCustomer,
    load_tokens,
)
from api.features.tenancy.types import Viewer
from api.graphql.nodes import Node
from api.graphql.plugin_schema import Contribution
from core.tenancy import Capability


def contribution(_parts: SchemaParts) -> Feature:
    """Bring tokens of customers, and which customer asks."""
    return Feature(
        contribution=Contribution(
            name="customer tokens",
            query=CustomerTokensQuery,
            mutation=CustomerTokensMutation,
            extends={Viewer: ViewerIsCustomer},
        ),
        nodes=(guarded_source(CUSTOMER_TOKEN_ID, Capability.CUSTOMER_TOKEN_ISSUE, _tokens),),
    )


async def _tokens(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    found = await load_tokens(context, list(keys))
    return {each.id: CustomerToken.of(each) for each in found if each is not None}
