"""What the host knows of a contribution, frozen once the contract has been checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, Literal, TypeVar

from core.plugin_api import Channel, Pricing, Unit
from core.plugin_host.event_fields import EventField, schema_name
from core.plugin_host.sources import Origin, PluginSource

PluginState = Literal["served", "disabled", "failed"]
ContributionT = TypeVar("ContributionT")


@dataclass(frozen=True, slots=True)
class HostedChannel:
    """A channel, with its event class read and its plugin known."""

    name: str
    plugin: PluginSource
    pricing: Pricing
    units: Mapping[str, Unit]
    event_class: type[Any]
    fields: tuple[EventField, ...]
    description: str
    readme: str
    channel: Channel[Any] = field(repr=False)

    @property
    def json_name(self) -> str:
        """Return the name as clients write it: `voice_calls` is `voiceCalls`."""
        return schema_name(self.name)

    @property
    def enums(self) -> tuple[type[Enum], ...]:
        """Return the enums of the event's fields, each once."""
        return tuple(dict.fromkeys(each.enum for each in self.fields if each.enum is not None))


@dataclass(frozen=True, slots=True)
class Hosted(Generic[ContributionT]):
    """Any other named contribution, and the plugin that made it."""

    name: str
    plugin: PluginSource
    contribution: ContributionT = field(repr=False)


@dataclass(frozen=True, slots=True)
class PluginListing:
    """One plugin as operators see it.

    `hooks` are the hooks that it implements, `contributions` the names under each;
    `deprecations` are sentences on what it uses and a later version of the contract lacks;
    `failures` say why the host does not start with it. One that is `disabled` was not loaded,
    so that nothing is known of it but its name, version and origin.
    """

    name: str
    version: str
    is_built_in: bool
    hooks: tuple[str, ...] = ()
    contributions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    deprecations: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    state: PluginState = "served"
    origin: Origin = "installed"
    requires_api: tuple[int, int] | None = None
