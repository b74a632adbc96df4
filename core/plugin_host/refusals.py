"""Why the host does not start, and why an event was not taken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from core.kernel.errors import Refusal
from core.plugin_host.places import frames_of, place_of
from core.plugin_host.sources import PluginSource

MAX_REASON = 500
"""Characters of a plugin's own words that are passed on."""


@dataclass(frozen=True, slots=True)
class PluginProblem:
    """What is wrong with one plugin."""

    plugin: str
    version: str
    message: str

    def __str__(self) -> str:
        return f"plugin {self.plugin} {self.version}: {self.message}"


class PluginsRefused(Refusal):
    """The host does not start: at least one plugin cannot be taken."""

    code: ClassVar[str] = "PLUGINS_REFUSED"

    def __init__(self, problems: Iterable[PluginProblem]) -> None:
        self.problems = tuple(problems)
        listed = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(
            "Forfait does not start with these plugins; mend, uninstall or disable them:\n"
            f"{listed}"
        )


class PluginMissing(Refusal):
    """What would price or count is of a plugin that is not installed, or disabled."""

    code: ClassVar[str] = "PLUGIN_MISSING"

    @classmethod
    def of(cls, what: str, *, disabled: Sequence[str]) -> PluginMissing:
        """Say what no plugin contributes, and which plugins are left out."""
        left_out = f"; disabled are {', '.join(disabled)}" if disabled else ""
        return cls(
            f"no plugin of this installation has {what}{left_out}: install or enable the one "
            "that has it"
        )


class UnfitPlugin(Exception):
    """A plugin, or something that it registers, breaks the contract; the text says how."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why one event was not taken. `path` leads to the field, where one is at fault.

    `is_plugin_fault` tells a plugin that failed from an event that is wrong: the same
    event may be sent again once the plugin is mended. `frames` are the plugin's own lines in
    which it raised, the innermost last.
    """

    code: str
    message: str
    path: tuple[str, ...] = ()
    is_plugin_fault: bool = False
    frames: tuple[str, ...] = ()


def plugin_fault(
    source: PluginSource, reason: str, *, frames: tuple[str, ...] = ()
) -> Rejection:
    """Reject an event because its plugin failed on it."""
    return Rejection(
        code="PLUGIN_FAILED",
        message=f"plugin {source.title} could not measure the event: {readable(reason)}",
        is_plugin_fault=True,
        frames=frames,
    )


def plugin_raised(source: PluginSource, error: Exception) -> Rejection:
    """Reject an event because its plugin raised on it; the reason ends with the line."""
    reason = described_exception(error, source)
    return plugin_fault(source, reason, frames=frames_of(error, source))


def readable(text: str, *, limit: int = MAX_REASON) -> str:
    """Bound a text that a plugin wrote, and replace what does not print."""
    shown = "".join(
        character if character.isprintable() else " " for character in text[: limit + 1]
    )
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def described_exception(error: BaseException, *within: PluginSource) -> str:
    """Return an exception's type and text; one whose text fails is named by its type.

    Where it rose `within` a plugin, the plugin's innermost line follows, and is never cut off:
    `KeyError: 'C' at pricing.py:22`.
    """
    try:
        text = str(error)
    except BaseException:  # noqa: BLE001 - a plugin's __str__ may do anything
        text = ""
    name = type(error).__name__
    place = place_of(error, *within)
    told = f" at {place}" if place else ""
    described = f"{name}: {text}" if text else name
    return readable(described, limit=MAX_REASON - len(told)) + told
