"""The lists of subscriptions, below accounts too, and the periods below them."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Final
from uuid import UUID

import strawberry
from sqlmodel import col

from api.access import requires
from api.context import Info
from api.features.accounts.types import Account
from api.features.subscriptions.periods import BillingPeriod, PeriodRecord
from api.features.subscriptions.types import Subscription
from api.graphql.connection import Connection
from api.graphql.keyset import Sort
from api.page_arguments import PageArguments, paged
from api.pages import Listing, key
from api.pages_below import pages_below
from core.periods.tables import BillingPeriodRow
from core.subscriptions import records
from core.subscriptions.tables import SubscriptionRow
from core.tenancy import Capability

SUBSCRIPTIONS: Final = Listing(
    table=SubscriptionRow, record=records.Subscription, show=Subscription.of
)
_PERIODS: Final = Listing(table=BillingPeriodRow, record=PeriodRecord, show=BillingPeriod.of)

BY_CREATION: Final = Sort("subscription.id", key(col(SubscriptionRow.id), UUID))
LATEST_FIRST: Final = Sort(
    "subscription.latest", key(col(SubscriptionRow.id), UUID, descending=True)
)
# By stream, then by time: within a stream no two periods start together.
_BY_STREAM: Final = Sort(
    "period.stream",
    key(col(BillingPeriodRow.stream), str),
    key(col(BillingPeriodRow.starts_at), datetime),
)

_pages = pages_below(SUBSCRIPTIONS, parent=col(SubscriptionRow.account_id), sort=BY_CREATION)
_period_pages = pages_below(
    _PERIODS, parent=col(BillingPeriodRow.subscription_id), sort=_BY_STREAM
)


@strawberry.enum(description="The order of a list of subscriptions.")
class SubscriptionOrder(Enum):
    """Orders with an index."""

    CREATED = strawberry.enum_value("created", description="The first made first.")
    LATEST = strawberry.enum_value("latest", description="The last made first.")


SORTS: Final = {
    SubscriptionOrder.CREATED: BY_CREATION,
    SubscriptionOrder.LATEST: LATEST_FIRST,
}


@strawberry.type(description="The subscriptions below an account.")
class AccountSubscriptions:
    """A field of `Account`."""

    @strawberry.field(description="Its subscriptions, in the order they were made.")
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    @paged
    async def subscriptions(
        self,
        info: Info,
        root: strawberry.Parent[Account],
        *,
        asked: PageArguments,
    ) -> Connection[Subscription] | None:
        """Return a page of subscriptions."""
        return await _pages.page(info, parent=root.key, asked=asked)


@strawberry.type(description="The periods below a subscription.")
class SubscriptionPeriods:
    """A field of `Subscription`."""

    @strawberry.field(description="Its billing periods by stream and time.")
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    @paged
    async def periods(
        self,
        info: Info,
        root: strawberry.Parent[Subscription],
        *,
        asked: PageArguments,
    ) -> Connection[BillingPeriod]:
        """Return a page of periods."""
        return await _period_pages.page(info, parent=root.key, asked=asked)
