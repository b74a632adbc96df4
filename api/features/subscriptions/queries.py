"""Reading subscriptions: one, by id or ref, and lists of them."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.access import requires
from api.by_name import ById, ByRef, record_named
from api.context import Info
from api.features.subscriptions.lists import SORTS, SUBSCRIPTIONS, SubscriptionOrder
from api.features.subscriptions.loading import load_subscriptions
from api.features.subscriptions.types import SUBSCRIPTION_ID, Subscription
from api.graphql.connection import Connection
from api.page_arguments import PageArguments, paged
from api.pages import page_of
from core.subscriptions import repository
from core.tenancy import Capability


@strawberry.type(description="Reads of subscriptions.")
class SubscriptionsQuery:
    """Reads of subscriptions."""

    @strawberry.field(description="A subscription by its id or your own reference, or null.")
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    async def subscription(
        self,
        info: Info,
        *,
        id: ById = strawberry.UNSET,  # noqa: A002 - Relay's name
        ref: ByRef = strawberry.UNSET,
    ) -> Subscription | None:
        """Return a subscription."""
        found = await record_named(
            info,
            id,
            ref,
            kind=SUBSCRIPTION_ID,
            load=load_subscriptions,
            read=repository.subscription_by_ref,
        )
        return None if found is None else Subscription.of(found)

    @strawberry.field(description="The seller's subscriptions.")
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    @paged
    async def subscriptions(
        self,
        info: Info,
        *,
        order_by: Annotated[
            SubscriptionOrder, strawberry.argument(description="In which order.")
        ] = SubscriptionOrder.CREATED,
        asked: PageArguments,
    ) -> Connection[Subscription] | None:
        """Return a page of subscriptions."""
        sort = SORTS[order_by]
        page = asked.in_order(sort)
        return await page_of(info, SUBSCRIPTIONS, sort=sort, page=page)
