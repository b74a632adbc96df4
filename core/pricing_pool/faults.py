"""How work in a child process goes wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final, Literal, Self

from core.kernel.errors import Refusal
from core.logging import get_logger
from core.plugin_host import PluginSource
from core.plugin_host.refusals import readable

_log = get_logger(__name__)
_MOST_TOLD: Final = 10
"""Places of one batch in which a plugin failed that are logged."""

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
    """Why one question has no answer: the plugin, its version, and its reason.

    `frames` are the plugin's own lines in which it raised, the innermost last.
    """

    could_not: ClassVar[str]
    plugin: str
    version: str
    reason: str
    frames: tuple[str, ...] = ()

    @classmethod
    def of(cls, plugin: PluginSource, reason: str, *, frames: tuple[str, ...] = ()) -> Self:
        """Name the plugin, and keep what can be read of its reason."""
        return cls(plugin.name, plugin.version, readable(reason), frames)

    def __str__(self) -> str:
        return f"plugin {self.plugin} {self.version} could not {self.could_not}: {self.reason}"


def warn_of_faults(answers: Iterable[object], *, plugin: PluginSource, **asked: str) -> None:
    """Log where a plugin failed, a place once a batch; whom it failed is parked or refused."""
    faults = Counter(answer.frames for answer in answers if isinstance(answer, PluginFault))
    for frames, questions in faults.most_common(_MOST_TOLD):
        _log.warning(
            "plugin_failed", plugin=plugin.title, **asked, questions=questions, frames=frames
        )


class PluginNotImportable(Refusal):
    """A third-party plugin was handed over as an object; a child cannot load it."""

    code: ClassVar[str] = "PLUGIN_NOT_IMPORTABLE"
