"""Assembles the schema from the features and the installed plugins.

Each folder in `api/features` has a module `contribution` with
`contribution(parts: SchemaParts) -> Feature`; a new feature is a new folder, and nothing
here changes.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import ClassVar

from api import features
from api.feature import Feature, SchemaParts
from api.graphql.event_types import mirror_events
from api.graphql.nodes import NodeRegistry, node_query
from api.graphql.plugin_schema import Contribution, PluginSchema, build_schema
from core.kernel.errors import Refusal
from core.plugin_host import PluginHost


class NoChannels(Refusal):
    """A schema without any channel has no input for usage."""

    code: ClassVar[str] = "NO_CHANNELS"


def make_schema(host: PluginHost) -> PluginSchema:
    """Build the schema of all features with the events of the host's channels.

    Raises:
        SchemaConflict: two features claim one field, or something is not described.
        EventTypeInvalid: a channel's event has no place in a schema.
        NoChannels: every plugin with a channel is disabled.
    """
    if not host.channels:
        raise NoChannels("no channel is left to report usage on; enable a plugin with one")
    events = mirror_events({name: each.event_class for name, each in host.channels.items()})
    found = assembled(SchemaParts(host=host, events=events))
    registry = NodeRegistry(source for feature in found for source in feature.nodes)
    return build_schema(
        [
            *(feature.contribution for feature in found),
            Contribution(name="nodes", query=node_query(registry)),
        ]
    )


def assembled(parts: SchemaParts) -> list[Feature]:
    """Return every feature's contribution, in the order of their names."""
    names = sorted(module.name for module in iter_modules(features.__path__))
    modules = [f"{features.__name__}.{name}.contribution" for name in names]
    return [
        import_module(module).contribution(parts) for module in modules if find_spec(module)
    ]


def schema_text(host: PluginHost) -> str:
    """Return the schema as text, as `api/schema.graphql` holds it."""
    return f"{make_schema(host).as_str()}\n"
