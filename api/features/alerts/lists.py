"""Lists of alerts and of what they have told: the seller's, and below what they watch."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement
from sqlmodel import col

from api.access import requires
from api.context import Info
from api.features.accounts.types import ACCOUNT_ID, Account
from api.features.alerts.types import ALERT_ID, Alert, AlertEvent
from api.features.subscriptions.types import SUBSCRIPTION_ID, Subscription
from api.graphql.connection import Connection
from api.graphql.keyset import Sort
from api.page_arguments import PageArguments, paged
from api.pages import Listing, key, page_of
from api.pages_below import pages_below
from api.references import given, named_in
from core.accounts.tables import AccountRow
from core.alerts import records
from core.alerts.tables import AlertEventRow, AlertRow
from core.subscriptions.tables import SubscriptionRow
from core.tenancy import Capability

ALERTS: Final = Listing(table=AlertRow, record=records.Alert, show=Alert.of)
EVENTS: Final = Listing(table=AlertEventRow, record=records.AlertEvent, show=AlertEvent.of)
_LATEST: Final = Sort("alert.latest", key(col(AlertRow.id), UUID, descending=True))
_LATEST_EVENTS: Final = Sort(
    "alertEvent.latest", key(col(AlertEventRow.id), UUID, descending=True)
)
_of_subscription = pages_below(ALERTS, parent=col(AlertRow.subscription_id), sort=_LATEST)
_events_of_alert = pages_below(EVENTS, parent=col(AlertEventRow.alert_id), sort=_LATEST_EVENTS)
_events_of_account = pages_below(
    EVENTS, parent=col(AlertEventRow.account_id), sort=_LATEST_EVENTS
)
_events_of_subscription = pages_below(
    EVENTS, parent=col(AlertEventRow.subscription_id), sort=_LATEST_EVENTS
)
_NAMED: Final = {
    "account": (ACCOUNT_ID, AccountRow, col(AlertRow.account_id)),
    "subscription": (SUBSCRIPTION_ID, SubscriptionRow, col(AlertRow.subscription_id)),
}
_NAMED_OF_EVENTS: Final = {
    "account": (ACCOUNT_ID, AccountRow, col(AlertEventRow.account_id)),
    "subscription": (SUBSCRIPTION_ID, SubscriptionRow, col(AlertEventRow.subscription_id)),
}


@strawberry.input(description="Which alerts a list holds; everything given must hold.")
class AlertWhere:
    """Filters on alerts."""

    account: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="Only those that name this account or a subscription of it, by id or ref."
    )
    subscription: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="Only those that name this subscription, by id or ref."
    )
    is_active: strawberry.Maybe[bool] = strawberry.field(
        description="Only those that watch, or only those that were removed."
    )


@strawberry.input(description="Which events a list holds; everything given must hold.")
class AlertEventWhere:
    """Filters on what alerts have told."""

    account: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="Only those of this account, by id or ref."
    )
    subscription: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="Only those of this subscription, by id or ref."
    )
    alert: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="Only those of this alert, by id."
    )


@strawberry.type(description="Reads of alerts.")
class AlertsQuery:
    """Reads of alerts."""

    @strawberry.field(description="The seller's alerts, the last defined first.")
    @requires(Capability.USAGE_READ)
    @paged
    async def alerts(
        self,
        info: Info,
        *,
        where: Annotated[
            AlertWhere | None, strawberry.argument(description="Which of them.")
        ] = strawberry.UNSET,
        asked: PageArguments,
    ) -> Connection[Alert] | None:
        """Return a page of alerts."""
        page = asked.in_order(_LATEST)
        wanted = given(where)
        chosen: list[ColumnElement[bool]] = []
        if wanted is not None:
            chosen = named_in(wanted, _NAMED, tenant_id=info.context.tenant_id)
            if wanted.is_active is not None:
                state = "active" if wanted.is_active.value else "removed"
                chosen.append(col(AlertRow.state) == state)
        return await page_of(info, ALERTS, sort=_LATEST, page=page, where=chosen)

    @strawberry.field(description="What alerts have told, the last first.")
    @requires(Capability.USAGE_READ)
    @paged
    async def alert_events(
        self,
        info: Info,
        *,
        where: Annotated[
            AlertEventWhere | None, strawberry.argument(description="Which of them.")
        ] = strawberry.UNSET,
        asked: PageArguments,
    ) -> Connection[AlertEvent] | None:
        """Return a page of events."""
        page = asked.in_order(_LATEST_EVENTS)
        wanted = given(where)
        chosen: list[ColumnElement[bool]] = []
        if wanted is not None:
            chosen = named_in(wanted, _NAMED_OF_EVENTS, tenant_id=info.context.tenant_id)
            if wanted.alert is not None:
                alert = ALERT_ID.parse(wanted.alert.value, path=("where", "alert"))
                chosen.append(col(AlertEventRow.alert_id) == alert)
        return await page_of(info, EVENTS, sort=_LATEST_EVENTS, page=page, where=chosen)


@strawberry.type(description="The alerts of a subscription.")
class SubscriptionAlerts:
    """Fields of `Subscription`."""

    @strawberry.field(
        description="Alerts that name it, the last defined first; those on its account, its "
        "plan, its products or on all watch it too."
    )
    @requires(Capability.USAGE_READ)
    @paged
    async def alerts(
        self, info: Info, root: strawberry.Parent[Subscription], *, asked: PageArguments
    ) -> Connection[Alert]:
        """Return a page of alerts."""
        return await _of_subscription.page(info, parent=root.key, asked=asked)

    @strawberry.field(description="What alerts have told of it, the last first.")
    @requires(Capability.USAGE_READ)
    @paged
    async def alert_events(
        self, info: Info, root: strawberry.Parent[Subscription], *, asked: PageArguments
    ) -> Connection[AlertEvent]:
        """Return a page of events."""
        return await _events_of_subscription.page(info, parent=root.key, asked=asked)


@strawberry.type(description="What alerts have told of an account.")
class AccountAlerts:
    """Fields of `Account`."""

    @strawberry.field(description="What alerts have told of it, the last first.")
    @requires(Capability.USAGE_READ)
    @paged
    async def alert_events(
        self, info: Info, root: strawberry.Parent[Account], *, asked: PageArguments
    ) -> Connection[AlertEvent]:
        """Return a page of events."""
        return await _events_of_account.page(info, parent=root.key, asked=asked)


@strawberry.type(description="What an alert has told.")
class AlertEvents:
    """Fields of `Alert`."""

    @strawberry.field(description="What it has told, the last first.")
    @requires(Capability.USAGE_READ)
    @paged
    async def events(
        self, info: Info, root: strawberry.Parent[Alert], *, asked: PageArguments
    ) -> Connection[AlertEvent]:
        """Return a page of events."""
        return await _events_of_alert.page(info, parent=root.key, asked=asked)
