"""How work in a child process goes wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self

from core.kernel.errors import Refusal
from core.plugin_host import PluginSource
from core.plugin_host.refusals import readable

FaultKind = Literal["raised", "timed_out", "died", "nonsense"]


class ChildFault(Exception):
    """A child process did not answer, or answered nonsense. The text says how.

    `kind` tells a call that raised from one that had to be killed.
    """

    def __init__(self, message: str, *, kind: FaultKind) -> None:
        super().__init__(message)
        self.kind: FaultKind = kind


@dataclass(frozen=True, slots=True)
class PluginFault:
    """Why one question has no answer: the plugin, its version, and its reason."""

    could_not: ClassVar[str]
    plugin: str
    version: str
    reason: str

    @classmethod
    def of(cls, plugin: PluginSource, reason: str) -> Self:
        """Name the plugin, and keep what can be read of its reason."""
        return cls(plugin.name, plugin.version, readable(reason))

    def __str__(self) -> str:
        return f"plugin {self.plugin} {self.version} could not {self.could_not}: {self.reason}"


class PluginNotImportable(Refusal):
    """A third-party plugin was handed over as an object; a child cannot load it."""

    code: ClassVar[str] = "PLUGIN_NOT_IMPORTABLE"
