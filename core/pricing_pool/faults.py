"""How work in a child process goes wrong."""

from __future__ import annotations

from typing import ClassVar, Literal

from core.kernel.errors import Refusal

FaultKind = Literal["raised", "timed_out", "died", "nonsense"]


class ChildFault(Exception):
    """A child process did not answer, or answered nonsense. The text says how.

    `kind` tells a call that raised from one that had to be killed.
    """

    def __init__(self, message: str, *, kind: FaultKind) -> None:
        super().__init__(message)
        self.kind: FaultKind = kind


class PluginNotImportable(Refusal):
    """A third-party plugin was handed over as an object; a child cannot load it."""

    code: ClassVar[str] = "PLUGIN_NOT_IMPORTABLE"
