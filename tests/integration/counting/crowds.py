"""Many who send at the same time, as clients do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from core.database_errors import Unavailable

T = TypeVar("T")


async def until_taken(send: Callable[[], Awaitable[T]]) -> T:
    """Send, and send again where the database could not take it: nothing was stored then.

    All of a crowd wait for one row. On a busy machine the last may wait longer than may be.
    """
    for _attempt in range(20):
        try:
            return await send()
        except Unavailable as told:
            await asyncio.sleep(told.retry_after_seconds)
    raise AssertionError("it was never taken")
