"""What this folder brings into the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from api.access import guarded_source
from api.context import ApiContext
from api.feature import Feature, SchemaParts
from api.features.orders.mutations import OrdersMutation
from api.features.orders.queries import OrdersQuery, SubscriptionOrders
from api.features.orders.types import ORDER_ID, UsageOrder
from api.features.subscriptions.types import Subscription
from api.graphql.nodes import Node
from api.graphql.plugin_schema import Contribution
from core.orders.repository import orders_by_ids
from core.tenancy import Capability


def contribution(_parts: SchemaParts) -> Feature:
    """Bring orders, what their providers were asked, and what may be ordered."""
    return Feature(
        contribution=Contribution(
            name="orders",
            query=OrdersQuery,
            mutation=OrdersMutation,
            extends={Subscription: SubscriptionOrders},
        ),
        nodes=(guarded_source(ORDER_ID, Capability.USAGE_READ, _orders),),
    )


async def _orders(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    async with context.transaction() as tx:
        found = await orders_by_ids(tx, keys)
    return {order_id: UsageOrder.of(order) for order_id, order in found.items()}
