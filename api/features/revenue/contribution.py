"""What this folder brings into the schema."""

from __future__ import annotations

from api.feature import Feature, SchemaParts
from api.features.revenue.queries import RevenueQuery
from api.graphql.plugin_schema import Contribution


def contribution(_parts: SchemaParts) -> Feature:
    """Bring series of revenue and usage."""
    return Feature(contribution=Contribution(name="revenue", query=RevenueQuery))
