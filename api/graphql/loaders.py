"""Loaders that live for one operation, made on first use.

A loader remembers what it loaded. Kept for longer than an operation it would answer
with rows that have changed since, so each operation (and later each event of a
socket) starts with none.
"""

from __future__ import annotations

from asyncio import Future, Task, gather, get_running_loop
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from typing import Any, Final, Generic, Protocol, Self, TypeVar


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


class Loader(Generic[KeyT, ValueT]):
    """Collects keys during two turns of the event loop, and loads them in one go.

    A value that is an exception is raised, to who waits for its key alone. Strawberry's does
    the same with three objects and two callbacks for each key.
    """

    __slots__ = ("_futures", "_load_all", "_tasks", "_waiting")

    def __init__(
        self, load_all: Callable[[list[KeyT]], Awaitable[Sequence[ValueT | BaseException]]]
    ) -> None:
        self._load_all = load_all
        self._futures: dict[KeyT, Future[ValueT]] = {}
        self._waiting: list[KeyT] = []
        self._tasks: set[Task[None]] = set()

    def load(self, key: KeyT) -> Awaitable[ValueT]:
        """Return what becomes the value of a key; asked for again, the same one."""
        future = self._futures.get(key)
        if future is not None and not future.cancelled():
            return future
        loop = get_running_loop()
        future = self._futures[key] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._begin)
        self._waiting.append(key)
        return future

    async def load_many(self, keys: Iterable[KeyT]) -> list[ValueT]:
        """Return the values of some keys, in their order."""
        return await gather(*map(self.load, keys))

    def prime(self, key: KeyT, value: ValueT, *, force: bool = False) -> None:
        """Know a value beforehand; with `force` even where another is known."""
        known = self._futures.get(key)
        if known is not None and not known.done():
            known.set_result(value)
        elif known is None or force:
            self._futures[key] = get_running_loop().create_future()
            self._futures[key].set_result(value)

    def _begin(self) -> None:
        task = get_running_loop().create_task(self._load_waiting())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _load_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        wanted = [key for key in waiting if not self._futures[key].done()]
        for at in range(0, len(wanted), MAX_BATCH):
            await self._load(wanted[at : at + MAX_BATCH])

    async def _load(self, keys: list[KeyT]) -> None:
        futures = [self._futures[key] for key in keys]
        try:
            values = await self._load_all(keys)
            if len(values) != len(keys):
                raise RuntimeError(f"{len(values)} values were loaded for {len(keys)} keys")  # noqa: TRY301
        except Exception as error:  # noqa: BLE001 - told to everybody who waits for it
            for future in futures:
                if not future.done():
                    future.set_exception(error)
            return
        for future, value in zip(futures, values, strict=True):
            if future.done():  # whoever waited is gone
                continue
            if isinstance(value, BaseException):
                future.set_exception(value)
            else:
                future.set_result(value)


class Loaders(Generic[ContextT]):
    """The loaders of one operation, one for each batch function."""

    __slots__ = ("_context", "_loaders", "_reading")

    def __init__(self, context: ContextT) -> None:
        self._context = context
        self._reading: ContextT | None = None
        self._loaders: dict[Callable[..., Any], Loader[Any, Any]] = {}

    def of(self, batch_load: BatchLoad[ContextT, KeyT, ValueT]) -> Loader[KeyT, ValueT]:
        """Return this operation's loader for `batch_load`.

        `batch_load` is a module-level function: it is the loader's name as well.
        """
        loader = self._loaders.get(batch_load)
        if loader is None:

            async def load(keys: list[KeyT]) -> Sequence[ValueT]:
                return await batch_load(self.reading(), keys)

            loader = self._loaders[batch_load] = Loader(load)
        return loader

    def reading(self) -> ContextT:
        """Return the context of all of this operation's loads, for what goes with them."""
        if self._reading is None:
            self._reading = self._context.for_reading()
        return self._reading
