"""What this folder brings into the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import strawberry

from api.access import guarded_source
from api.context import ApiContext
from api.feature import Feature, SchemaParts
from api.features.accounts.types import Account
from api.features.subscriptions import loading
from api.features.subscriptions.amending import AmendTermsMutation
from api.features.subscriptions.available import AvailablePlansQuery
from api.features.subscriptions.lists import AccountSubscriptions, SubscriptionPeriods
from api.features.subscriptions.mutations import SubscriptionsMutation
from api.features.subscriptions.periods import PERIOD_ID, BillingPeriod
from api.features.subscriptions.price_list import PriceListQuery
from api.features.subscriptions.queries import SubscriptionsQuery
from api.features.subscriptions.types import SUBSCRIPTION_ID, Subscription
from api.graphql.nodes import Node
from api.graphql.plugin_schema import Contribution
from core.tenancy import Capability


@strawberry.type(description="Changes of subscriptions.")
class _Mutation(SubscriptionsMutation, AmendTermsMutation):
    """Every verb of subscriptions."""


@strawberry.type(description="Reads of subscriptions.")
class _Query(SubscriptionsQuery, AvailablePlansQuery, PriceListQuery):
    """Every read of subscriptions."""


def contribution(_parts: SchemaParts) -> Feature:
    """Bring subscriptions with items, phases and periods."""
    return Feature(
        contribution=Contribution(
            name="subscriptions",
            query=_Query,
            mutation=_Mutation,
            extends={Account: AccountSubscriptions, Subscription: SubscriptionPeriods},
        ),
        nodes=(
            guarded_source(
                SUBSCRIPTION_ID, Capability.SUBSCRIPTION_READ, _subscriptions, customers=True
            ),
            guarded_source(PERIOD_ID, Capability.SUBSCRIPTION_READ, _periods, customers=True),
        ),
    )


async def _subscriptions(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    found = await loading.load_subscriptions(context, list(keys))
    return {each.id: Subscription.of(each) for each in found if each is not None}


async def _periods(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    found = await loading.load_periods(context, list(keys))
    return {each.id: BillingPeriod.of(each) for each in found if each is not None}
