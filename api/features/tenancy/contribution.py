"""What this folder brings into the schema."""

from __future__ import annotations

from api.feature import Feature, SchemaParts
from api.features.tenancy.queries import TenancyQuery
from api.graphql.plugin_schema import Contribution


def contribution(_parts: SchemaParts) -> Feature:
    """Bring the seller, its org units, staff and keys."""
    return Feature(contribution=Contribution(name="tenancy", query=TenancyQuery))
