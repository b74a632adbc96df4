"""What this folder brings into the schema."""

from __future__ import annotations

from api.feature import Feature, SchemaParts
from api.features.plugins.queries import PluginsQuery
from api.graphql.plugin_schema import Contribution


def contribution(_parts: SchemaParts) -> Feature:
    """Bring the plugins."""
    return Feature(contribution=Contribution(name="plugins", query=PluginsQuery))
