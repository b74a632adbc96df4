"""What this folder brings into the schema."""

from __future__ import annotations

from api.feature import Feature, SchemaParts
from api.features.changes.mutations import ChangesMutation
from api.graphql.plugin_schema import Contribution


def contribution(_parts: SchemaParts) -> Feature:
    """Bring the changes that charge or give back at once."""
    return Feature(contribution=Contribution(name="changes", mutation=ChangesMutation))
