"""The history of an account or of one subscription, by date."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement
from sqlmodel import col

from api.access import requires
from api.context import Info
from api.features.accounts.types import Account, HistoryEntry
from api.features.subscriptions.loading import load_subscriptions
from api.features.subscriptions.types import SUBSCRIPTION_ID, Subscription
from api.graphql.connection import Connection
from api.graphql.keyset import Sort
from api.linked import linked
from api.page_arguments import PageArguments, paged
from api.pages import Listing, key, page_of
from api.pages_below import pages_below
from api.references import given, named_in
from core.accounts import records
from core.accounts.tables import HistoryEntryRow
from core.subscriptions.tables import SubscriptionRow
from core.tenancy import Capability

_HISTORY: Final = Listing(
    table=HistoryEntryRow, record=records.HistoryEntry, show=HistoryEntry.of
)
_LATEST: Final = Sort(
    "history.latest",
    key(col(HistoryEntryRow.at), datetime, descending=True),
    key(col(HistoryEntryRow.id), UUID, descending=True),
)
_account_pages = pages_below(_HISTORY, parent=col(HistoryEntryRow.account_id), sort=_LATEST)
_subscription_pages = pages_below(
    _HISTORY, parent=col(HistoryEntryRow.subscription_id), sort=_LATEST
)


@strawberry.input(description="Which entries a history holds; everything given must hold.")
class HistoryWhere:
    """Filters on a history."""

    subscription: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="Only what concerns this subscription, by id or ref."
    )
    from_: strawberry.Maybe[datetime] = strawberry.field(
        name="from", description="Only from this instant on."
    )
    until: strawberry.Maybe[datetime] = strawberry.field(
        description="Only before this instant."
    )


Where = Annotated[
    HistoryWhere | None, strawberry.argument(description="Which entries; all if left out.")
]


@strawberry.type(description="What happened to an account.")
class AccountHistory:
    """Added to `Account`."""

    @strawberry.field(description="What happened to it, the latest first.")
    @requires(Capability.ACCOUNT_READ)
    @paged
    async def history(
        self,
        info: Info,
        root: strawberry.Parent[Account],
        *,
        where: Where = strawberry.UNSET,
        asked: PageArguments,
    ) -> Connection[HistoryEntry]:
        """Return a page of the history."""
        wanted = given(where)
        if wanted is None:
            return await _account_pages.page(info, parent=root.key, asked=asked)
        page = asked.in_order(_LATEST)
        mine = col(HistoryEntryRow.account_id) == root.key
        conditions = [mine, *_conditions(info, wanted)]
        return await page_of(info, _HISTORY, sort=_LATEST, page=page, where=conditions)


@strawberry.type(description="What happened to a subscription.")
class SubscriptionHistory:
    """Added to `Subscription`."""

    @strawberry.field(description="What happened to it, the latest first.")
    @requires(Capability.SUBSCRIPTION_READ)
    @paged
    async def history(
        self, info: Info, root: strawberry.Parent[Subscription], *, asked: PageArguments
    ) -> Connection[HistoryEntry]:
        """Return a page of the history."""
        return await _subscription_pages.page(info, parent=root.key, asked=asked)


@strawberry.type(description="What an entry belongs to.")
class EntryBelongs:
    """Added to `HistoryEntry`."""

    @strawberry.field(description="The subscription that it concerns, if one.")
    @requires(Capability.SUBSCRIPTION_READ)
    async def subscription(
        self, info: Info, root: strawberry.Parent[HistoryEntry]
    ) -> Subscription | None:
        """Load the subscription."""
        return await linked(
            info, load_subscriptions, key=root.subscription_key, show=Subscription.of
        )


_NAMED: Final = {
    "subscription": (SUBSCRIPTION_ID, SubscriptionRow, col(HistoryEntryRow.subscription_id))
}


def _conditions(info: Info, wanted: HistoryWhere) -> list[ColumnElement[bool]]:
    found = named_in(wanted, _NAMED, tenant_id=info.context.tenant_id)
    if wanted.from_ is not None:
        found.append(col(HistoryEntryRow.at) >= wanted.from_.value)
    if wanted.until is not None:
        found.append(col(HistoryEntryRow.at) < wanted.until.value)
    return found
