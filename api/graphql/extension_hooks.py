"""Runs the hooks of a schema's own extensions, found out once for each class.

Strawberry looks at each extension's hooks anew for each stage of each operation, and wraps
them in two context managers each: a quarter of what an operation for one object costs. Here
hooks are generators that yield once.
"""

from __future__ import annotations

import inspect
from collections.abc import Generator, Sequence
from functools import cache
from types import TracebackType
from typing import Any, Final

from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.types import ExecutionContext

_ENDED: Final = object()


class Stage:
    """One stage of an operation: what hooks do before it, and what they do after it."""

    __slots__ = ("_extensions", "_name", "_running")

    def __init__(self, extensions: Sequence[SchemaExtension], name: str) -> None:
        self._extensions = extensions
        self._name = name
        self._running: list[Generator[None, None, None]] = []

    def __enter__(self) -> None:
        """Let each hook do what comes first, in the order of the extensions."""
        for extension in self._extensions:
            kind: Any = type(extension)
            if _has_hook(kind, self._name):
                hook = getattr(extension, self._name)()
                next(hook)
                self._running.append(hook)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let each hook do what comes last, in the opposite order; an error only ends them."""
        for hook in reversed(self._running):
            if error is not None:
                hook.close()
            elif next(hook, _ENDED) is not _ENDED:
                raise RuntimeError(f"{self._name} has yielded twice")

    async def __aenter__(self) -> None:
        """Do the same; nothing in it waits."""
        self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Do the same; nothing in it waits."""
        self.__exit__(kind, error, traceback)


class OwnHooks(SchemaExtensionsRunner):
    """Strawberry's runner for extensions whose hooks are generators, and tell no results."""

    def operation(self) -> Stage:  # type: ignore[override] # entered and left in the same way
        """Return what is done around an operation."""
        return Stage(self.extensions, "on_operation")

    def parsing(self) -> Stage:  # type: ignore[override]
        """Return what is done around the reading of its document."""
        return Stage(self.extensions, "on_parse")

    def validation(self) -> Stage:  # type: ignore[override]
        """Return what is done around its validation."""
        return Stage(self.extensions, "on_validate")

    def executing(self) -> Stage:  # type: ignore[override]
        """Return what is done around its execution."""
        return Stage(self.extensions, "on_execute")

    async def get_extensions_results(self, ctx: ExecutionContext) -> dict[str, Any]:
        """Return what was noted during the operation."""
        return dict(ctx.extensions_results)


@cache
def _has_hook(extension: Any, name: str) -> bool:
    """Whether a class of extensions does something at a stage.

    Raises:
        TypeError: not by a generator.
    """
    hook = getattr(extension, name)
    if hook is getattr(SchemaExtension, name):
        return False
    if not inspect.isgeneratorfunction(hook):
        raise TypeError(f"{extension.__name__}.{name} must be a generator that yields once")
    return True
