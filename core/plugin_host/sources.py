"""Where a plugin comes from, in plain text, so that a child process can load it again."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from importlib import metadata
from types import ModuleType

from core.plugin_api.markers import ENTRY_POINT_GROUP

OWN_DISTRIBUTION = "forfait"


@dataclass(frozen=True, slots=True)
class PluginSource:
    """A plugin's name, version and place: `package.module` or `package.module:attribute`.

    `target` is None for an object that was handed over and cannot be imported; a child
    process cannot load such a plugin. Built in is what Forfait's own distribution
    registers; everything else is third-party, and kept apart from the host's process.
    """

    name: str
    version: str
    target: str | None
    is_built_in: bool = False
    given: object = field(default=None, compare=False, repr=False)

    @property
    def title(self) -> str:
        """Return name and version as messages show them."""
        return f"{self.name} {self.version}"

    def load(self) -> object:
        """Import the plugin; whatever the import raises rises."""
        if self.target is None:
            return self.given
        module_name, _, attributes = self.target.partition(":")
        loaded: object = importlib.import_module(module_name)
        for attribute in filter(None, attributes.split(".")):
            loaded = getattr(loaded, attribute)
        return loaded


def installed_sources() -> tuple[PluginSource, ...]:
    """Return the plugins that installed packages name, the built-in ones first."""
    points = metadata.entry_points(group=ENTRY_POINT_GROUP)
    found = {_from_entry_point(point) for point in points}
    return tuple(sorted(found, key=lambda source: (not source.is_built_in, source.name)))


def _from_entry_point(point: metadata.EntryPoint) -> PluginSource:
    distribution = point.dist
    own_name = distribution.name if distribution is not None else ""
    return PluginSource(
        name=point.name,
        version=distribution.version if distribution is not None else "0",
        target=point.value,
        is_built_in=own_name.lower() == OWN_DISTRIBUTION,
    )


def source_of(plugin: object) -> PluginSource:
    """Return the source of a module or object that is handed to the host, third-party."""
    if isinstance(plugin, PluginSource):
        return plugin
    version = str(getattr(plugin, "__version__", "0"))
    if isinstance(plugin, ModuleType):
        name = plugin.__name__.rpartition(".")[2]
        return PluginSource(name=name, version=version, target=plugin.__name__)
    name = str(getattr(plugin, "__plugin_name__", type(plugin).__name__))
    return PluginSource(name=name, version=version, target=None, given=plugin)
