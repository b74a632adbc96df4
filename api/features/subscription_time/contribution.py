"""What this folder brings into the schema."""

from __future__ import annotations

from api.feature import Feature, SchemaParts
from api.features.subscription_time.mutations import SubscriptionTimeMutation
from api.features.subscription_time.types import SubscriptionTime
from api.features.subscriptions.types import Subscription
from api.graphql.plugin_schema import Contribution


def contribution(_parts: SchemaParts) -> Feature:
    """Bring bindings and rests."""
    return Feature(
        contribution=Contribution(
            name="subscription_time",
            mutation=SubscriptionTimeMutation,
            extends={Subscription: SubscriptionTime},
        )
    )
