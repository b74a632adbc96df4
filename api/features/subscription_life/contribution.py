"""What this folder brings into the schema."""

from __future__ import annotations

from api.feature import Feature, SchemaParts
from api.features.subscription_life.mutations import SubscriptionLifeMutation
from api.features.subscription_life.types import SubscriptionTrial
from api.features.subscriptions.types import Subscription
from api.graphql.plugin_schema import Contribution


def contribution(_parts: SchemaParts) -> Feature:
    """Bring trials, orders, and ending now."""
    return Feature(
        contribution=Contribution(
            name="subscription_life",
            mutation=SubscriptionLifeMutation,
            extends={Subscription: SubscriptionTrial},
        )
    )
