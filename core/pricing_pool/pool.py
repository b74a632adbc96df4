"""A few child processes in which third-party plugins run, bounded in time and memory."""

from __future__ import annotations

import asyncio
import multiprocessing
import multiprocessing.forkserver
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from threading import BoundedSemaphore, Lock
from types import TracebackType
from typing import Final, Self, TypeVar

import pebble
from pebble import ProcessExpired, ProcessPool

from core.plugin_host import PluginHost, PluginSource
from core.pricing_pool import child
from core.pricing_pool.environment import harmless_environment
from core.pricing_pool.faults import ChildFault, PluginNotImportable
from core.pricing_pool.plain import read_plain

GRACE_SECONDS: Final = 20.0
"""Beyond a call's own limit: starting a child, and killing one that hangs in C code."""

_FORK_SERVER_DIED: Final = 255
"""The exit code that `multiprocessing` gives a child whose end nobody saw."""

ResultT = TypeVar("ResultT")
_Arguments = tuple[str, tuple[PluginSource, ...], object]


class PricingPool:
    """Run functions beside third-party plugins in child processes.

    Built-in plugins never come here. Children are started by a fork server, which never
    has this process's threads, connections or secrets. A call that exceeds its limit is
    killed with its child, and the next call finds a new one; a pool that broke is
    rebuilt. Calls may come from any thread; each waits for a free child.

    Make it where a process starts, not while it serves: starting the fork server hides
    most of the environment for a moment.
    """

    def __init__(
        self,
        host: PluginHost,
        *,
        children: int = 1,
        time_limit_seconds: float = 5.0,
        memory_bytes: int = 2 * 1024**3,
    ) -> None:
        self.time_limit_seconds = time_limit_seconds
        self._sources = _importable(host.third_party_sources)
        self._children = children
        self._memory_bytes = memory_bytes
        self._pool: ProcessPool | None = None
        self._changing = Lock()
        self._is_closed = False
        self._free_children = BoundedSemaphore(children)
        self._threads = ThreadPoolExecutor(children, thread_name_prefix="pricing-pool")
        if self._sources:
            _start_fork_server()

    def call(
        self, function: str, payload: object, *, time_limit_seconds: float | None = None
    ) -> object:
        """Run `module:function(host, payload)` in a child and return its plain result.

        The function is Forfait's own; the host holds the third-party plugins. Payload and
        result are tuples, texts, numbers and dates. Blocks; raises `ChildFault`.
        """
        limit = time_limit_seconds or self.time_limit_seconds
        arguments = (function, self._sources, payload)
        with self._free_children:  # so that waiting for a child is not counted as its time
            return self._called(arguments, limit=limit)

    async def in_thread(self, work: Callable[[], ResultT]) -> ResultT:
        """Run blocking work of this pool in one of its threads."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self) -> None:
        """Stop all children, those at work too."""
        self._is_closed = True
        self._discard(self._pool)
        self._threads.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _called(self, arguments: _Arguments, *, limit: float) -> object:
        """Ask once more when the pool turns out to be broken, by a neighbour's call, say.

        So too when the fork server died, and all children with it: the plugin may well
        have had no part in that.
        """
        pool = self._started()
        try:
            return self._asked(pool, arguments, limit=limit)
        except (RuntimeError, CancelledError):  # stopped, or BrokenProcessPool
            pass
        except ProcessExpired as expired:
            if expired.exitcode != _FORK_SERVER_DIED:
                raise _ended(expired) from None
        self._discard(pool)
        try:
            return self._asked(self._started(), arguments, limit=limit)
        except (RuntimeError, CancelledError) as error:
            raise ChildFault(f"the pool broke: {error}", kind="died") from error
        except ProcessExpired as expired:
            raise _ended(expired) from None

    def _asked(self, pool: ProcessPool, arguments: _Arguments, *, limit: float) -> object:
        future: pebble.ProcessFuture[child.Answer] = pool.schedule(
            child.entry, args=arguments, timeout=limit
        )
        try:
            status, type_name, text, written = future.result(limit + GRACE_SECONDS)
        except TimeoutError:
            if not future.done():  # no child took it up: they die before they begin
                self._discard(pool)
            raise ChildFault(f"no answer within {limit:g} s", kind="timed_out") from None
        if status == "ok":
            return read_plain(written)
        raise ChildFault(text or type_name, kind="raised" if status == "raised" else "nonsense")

    def _started(self) -> ProcessPool:
        with self._changing:
            if self._is_closed:
                raise ChildFault("the pool is closed", kind="died")
            if self._pool is None:
                self._pool = self._built()
            return self._pool

    def _built(self) -> ProcessPool:
        return ProcessPool(
            max_workers=self._children,
            initializer=child.initialize,
            initargs=(self._memory_bytes,),
            context=multiprocessing.get_context("forkserver"),
        )

    def _discard(self, pool: ProcessPool | None) -> None:
        if pool is None:
            return
        with self._changing:
            if self._pool is pool:
                self._pool = None
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


def _ended(expired: ProcessExpired) -> ChildFault:
    return ChildFault(f"the process ended (exit code {expired.exitcode})", kind="died")


def _start_fork_server() -> None:
    """Start the process that children are forked from, without secrets.

    It keeps the environment that it is started with, for all children.
    """
    multiprocessing.get_context("forkserver").set_forkserver_preload([child.__name__])
    with harmless_environment():
        multiprocessing.forkserver.ensure_running()


def _importable(sources: tuple[PluginSource, ...]) -> tuple[PluginSource, ...]:
    for source in sources:
        if source.target is None:
            raise PluginNotImportable(
                f"plugin {source.title} was given as an object; register a module or an "
                "entry point, which a child process can import"
            )
    return sources
