"""What this folder brings into the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from api.access import guarded_source
from api.context import ApiContext
from api.feature import Feature, SchemaParts
from api.features.accounts.types import Account
from api.features.alerts.lists import (
    AccountAlerts,
    AlertEvents,
    AlertsQuery,
    SubscriptionAlerts,
)
from api.features.alerts.loading import load_alert_events, load_alerts
from api.features.alerts.mutations import AlertsMutation
from api.features.alerts.types import ALERT_EVENT_ID, ALERT_ID, Alert, AlertEvent
from api.features.subscriptions.types import Subscription
from api.graphql.nodes import Node
from api.graphql.plugin_schema import Contribution
from core.tenancy import Capability


def contribution(_parts: SchemaParts) -> Feature:
    """Bring alerts and what they have told."""
    return Feature(
        contribution=Contribution(
            name="alerts",
            query=AlertsQuery,
            mutation=AlertsMutation,
            extends={
                Subscription: SubscriptionAlerts,
                Account: AccountAlerts,
                Alert: AlertEvents,
            },
        ),
        nodes=(
            guarded_source(ALERT_ID, Capability.USAGE_READ, _alerts),
            guarded_source(ALERT_EVENT_ID, Capability.USAGE_READ, _events),
        ),
    )


async def _alerts(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    found = await load_alerts(context, list(keys))
    return {each.id: Alert.of(each) for each in found if each is not None}


async def _events(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    found = await load_alert_events(context, list(keys))
    return {each.id: AlertEvent.of(each) for each in found if each is not None}
