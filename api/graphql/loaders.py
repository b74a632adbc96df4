"""DataLoaders that live for one operation, made on first use.

A loader remembers what it loaded. Kept for longer than an operation it would answer
with rows that have changed since, so each operation (and later each event of a
socket) starts with none.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, Final, Generic, Protocol, Self, TypeVar

from strawberry.dataloader import DataLoader


class Readable(Protocol):
    """A context that loaders may read with."""

    def for_reading(self) -> Self:
        """Return the context for them."""


ContextT = TypeVar("ContextT", bound=Readable)
KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")

BatchLoad = Callable[[ContextT, list[KeyT]], Awaitable[Sequence[ValueT]]]
"""Loads the values of many keys at once, one value for each key, in their order."""

MAX_BATCH: Final = 1000
"""Keys of one statement at most; more are loaded in several."""


class Loaders(Generic[ContextT]):
    """The loaders of one operation, one for each batch function."""

    __slots__ = ("_context", "_loaders", "_reading")

    def __init__(self, context: ContextT) -> None:
        self._context = context
        self._reading: ContextT | None = None
        self._loaders: dict[Callable[..., Any], DataLoader[Any, Any]] = {}

    def of(self, batch_load: BatchLoad[ContextT, KeyT, ValueT]) -> DataLoader[KeyT, ValueT]:
        """Return this operation's loader for `batch_load`.

        `batch_load` is a module-level function: it is the loader's name as well.
        """
        loader = self._loaders.get(batch_load)
        if loader is None:

            async def load(keys: list[KeyT]) -> Sequence[ValueT]:
                return await batch_load(self.reading(), keys)

            loader = self._loaders[batch_load] = DataLoader(load, max_batch_size=MAX_BATCH)
        return loader

    def reading(self) -> ContextT:
        """Return the context of all of this operation's loads, for what goes with them."""
        if self._reading is None:
            self._reading = self._context.for_reading()
        return self._reading
