"""What this folder brings into the schema."""

from __future__ import annotations

from api.access import guarded_source
from api.feature import Feature, SchemaParts
from api.features.subscriptions.types import Subscription
from api.features.usage.current import SubscriptionUsage
from api.features.usage.events import USAGE_EVENT_ID, usage_event_types
from api.features.usage.mutations import usage_mutation
from api.features.usage.queries import usage_query
from api.graphql.plugin_schema import Contribution
from core.tenancy import Capability


def contribution(parts: SchemaParts) -> Feature:
    """Bring usage with the types of the installed channels' events."""
    shown = usage_event_types(parts)
    return Feature(
        contribution=Contribution(
            name="usage",
            query=usage_query(shown),
            mutation=usage_mutation(parts, shown),
            types=shown.types,
            extends={Subscription: SubscriptionUsage},
        ),
        nodes=(
            guarded_source(USAGE_EVENT_ID, Capability.USAGE_READ, shown.fetch, customers=True),
        ),
    )
