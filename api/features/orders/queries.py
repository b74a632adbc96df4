"""Reading orders: of a subscription, and what it may order."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import strawberry
from sqlmodel import col

from api.access import requires
from api.context import Info
from api.features.orders.types import AvailableUsageService, UsageOrder
from api.features.subscriptions.answers import subscription_key
from api.features.subscriptions.types import Subscription
from api.graphql.connection import Connection
from api.graphql.keyset import Sort
from api.page_arguments import PageArguments, paged
from api.pages import Listing, key
from api.pages_below import pages_below
from api.references import given
from api.refusals import told_as_not_found
from core.orders.records import Order
from core.orders.tables import UsageOrderRow
from core.tenancy import Capability
from core.usage_catalogues.offered import available_services

_ORDERS: Final = Listing(table=UsageOrderRow, record=Order, show=UsageOrder.of)
_LATEST_FIRST: Final = Sort(
    "usage_order.latest", key(col(UsageOrderRow.id), UUID, descending=True)
)
_pages = pages_below(_ORDERS, parent=col(UsageOrderRow.subscription_id), sort=_LATEST_FIRST)


@strawberry.type(description="What may be ordered.")
class OrdersQuery:
    """Reads around orders."""

    @strawberry.field(
        description="The usage services that a subscription may order at a time, by catalogue "
        "and code: what the caller's unit may choose, whose conditions hold, and for which it "
        "has an active termed service. Empty while it is suspended or over."
    )
    @requires(Capability.CATALOGUE_READ)
    async def available_usage_services(
        self,
        info: Info,
        *,
        subscription: Annotated[
            strawberry.ID, strawberry.argument(description="By id or ref.")
        ],
        at: Annotated[
            datetime | None, strawberry.argument(description="When; now if left out.")
        ] = strawberry.UNSET,
    ) -> list[AvailableUsageService]:
        """List the services."""
        unit_id = info.context.principal.org_unit_id
        with told_as_not_found():
            async with info.context.transaction() as tx:
                subscription_id = await subscription_key(tx, subscription)
                found = await available_services(
                    tx, subscription_id, at=given(at), unit_id=unit_id
                )
        return [AvailableUsageService.of(offer) for offer in found]


@strawberry.type(description="The orders below a subscription.")
class SubscriptionOrders:
    """A field of `Subscription`."""

    @strawberry.field(description="Its orders of usage services, the last one first.")
    @requires(Capability.USAGE_READ)
    @paged
    async def usage_orders(
        self,
        info: Info,
        root: strawberry.Parent[Subscription],
        *,
        asked: PageArguments,
    ) -> Connection[UsageOrder]:
        """Return a page of orders."""
        return await _pages.page(info, parent=root.key, asked=asked)
