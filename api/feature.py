"""What a folder of `api/features` brings into the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.graphql.event_types import EventTypes
from api.graphql.nodes import NodeSource
from api.graphql.plugin_schema import Contribution
from core.plugin_host import PluginHost


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaParts:
    """What features may build their types from: the plugins and their events' types."""

    host: PluginHost
    events: Mapping[str, EventTypes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """Fields and types, and where the nodes among them are found by id."""

    contribution: Contribution
    nodes: Sequence[NodeSource] = ()
