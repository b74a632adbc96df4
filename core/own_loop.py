"""Running a coroutine from ordinary code, whether or not an event loop runs already."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def in_own_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` to its end in a thread and an event loop of its own; blocks the caller."""
    return in_own_thread(lambda: asyncio.run(work))


def in_own_thread(work: Callable[[], T]) -> T:
    """Call `work` in a thread without an event loop, so that it may start one; blocks."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="own-loop") as pool:
        return pool.submit(work).result()
