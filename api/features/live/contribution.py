"""What this folder brings into the schema."""

from __future__ import annotations

from api.feature import Feature, SchemaParts
from api.features.live.roots import LiveSubscription
from api.graphql.plugin_schema import Contribution


def contribution(_parts: SchemaParts) -> Feature:
    """Bring everything that can be watched."""
    return Feature(contribution=Contribution(name="live", subscription=LiveSubscription))
