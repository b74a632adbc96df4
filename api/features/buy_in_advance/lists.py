"""The requests below a subscription, and the durations that it may ask for."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

import strawberry
from sqlmodel import col

from api.access import requires
from api.context import Info
from api.features.buy_in_advance.types import AdvanceRequest, AvailableDurations
from api.features.subscriptions.answers import subscription_key
from api.features.subscriptions.types import Subscription
from api.graphql.connection import Connection
from api.graphql.keyset import Sort
from api.page_arguments import PageArguments, paged
from api.pages import Listing, key
from api.pages_below import pages_below
from core.buy_in_advance import records
from core.buy_in_advance.offered import available_durations
from core.buy_in_advance.tables import AdvanceRequestRow
from core.subscriptions.refusals import SubscriptionNotFound
from core.tenancy import Capability

REQUESTS: Final = Listing(
    table=AdvanceRequestRow, record=records.AdvanceRequest, show=AdvanceRequest.of
)
_LATEST_FIRST: Final = Sort(
    "advance.latest", key(col(AdvanceRequestRow.id), UUID, descending=True)
)
_pages = pages_below(
    REQUESTS, parent=col(AdvanceRequestRow.subscription_id), sort=_LATEST_FIRST
)


@strawberry.type(description="The requests below a subscription.")
class SubscriptionRequests:
    """A field of `Subscription`."""

    @strawberry.field(description="Its requests to be billed in advance, the last one first.")
    @requires(Capability.SUBSCRIPTION_READ)
    @paged
    async def advance_requests(
        self,
        info: Info,
        root: strawberry.Parent[Subscription],
        *,
        asked: PageArguments,
    ) -> Connection[AdvanceRequest]:
        """Return a page of requests."""
        return await _pages.page(info, parent=root.key, asked=asked)


@strawberry.type(description="What may be bought in advance.")
class BuyInAdvanceQuery:
    """Reads of buying in advance."""

    @strawberry.field(
        description="The durations that a subscription may be billed for in advance: those "
        "that the active definition offers to its type and that are longer than its terms' "
        "frequency. Empty where there are none; null where there is no such subscription."
    )
    @requires(Capability.SUBSCRIPTION_READ)
    async def available_durations(
        self,
        info: Info,
        *,
        subscription: Annotated[
            strawberry.ID, strawberry.argument(description="The subscription, by id or ref.")
        ],
    ) -> list[AvailableDurations] | None:
        """Return what may be asked for."""
        async with info.context.transaction() as tx:
            try:
                found = await available_durations(tx, await subscription_key(tx, subscription))
            except SubscriptionNotFound:
                return None
        return [AvailableDurations.of(each) for each in found]
