"""What this folder brings into the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from api.access import guarded_source
from api.context import ApiContext
from api.feature import Feature, SchemaParts
from api.features.buy_in_advance.lists import BuyInAdvanceQuery, SubscriptionRequests
from api.features.buy_in_advance.mutations import BuyInAdvanceMutation
from api.features.buy_in_advance.types import REQUEST_ID, AdvanceRequest
from api.features.subscriptions.types import Subscription
from api.graphql.nodes import Node
from api.graphql.plugin_schema import Contribution
from api.pages import records_by_key
from core.buy_in_advance import records
from core.buy_in_advance.tables import AdvanceRequestRow
from core.tenancy import Capability


def contribution(_parts: SchemaParts) -> Feature:
    """Bring requests to be billed in advance."""
    return Feature(
        contribution=Contribution(
            name="buy_in_advance",
            query=BuyInAdvanceQuery,
            mutation=BuyInAdvanceMutation,
            extends={Subscription: SubscriptionRequests},
        ),
        nodes=(guarded_source(REQUEST_ID, Capability.SUBSCRIPTION_READ, _requests),),
    )


async def _requests(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    found = await records_by_key(context, AdvanceRequestRow, records.AdvanceRequest, list(keys))
    return {each.id: AdvanceRequest.of(each) for each in found if each is not None}
