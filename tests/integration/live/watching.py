"""What the tests of live events watch a feed by: its reads, not the time that passes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final
from uuid import UUID, uuid4

from core import outbox
from core.database_errors import Unavailable
from core.db import Database, Tx
from core.live import Listener, LiveEvent

TOPIC: Final = "invoice.finalised"
SOON: Final = 0.02
"""Between two rounds of a feed, in seconds."""
ENOUGH_READS: Final = 4
"""Two of the feed and two of a listener that catches up: one of each began after the call."""


class Asked:
    """Opens transactions, counts those that have ended, and may be away as databases are."""

    def __init__(self, db: Database) -> None:
        self.is_away = False
        self.refused = 0
        self._db = db
        self._ended: Counter[UUID] = Counter()
        self._happened = asyncio.Event()

    def __call__(self, tenant_id: UUID) -> AbstractAsyncContextManager[Tx]:
        """Open one, or refuse to."""
        return self._opened(tenant_id)

    @asynccontextmanager
    async def _opened(self, tenant_id: UUID) -> AsyncIterator[Tx]:
        if self.is_away:
            self.refused += 1
            self._happened.set()
            raise Unavailable("the database is away")
        async with self._db.transaction(tenant_id, actor="live") as tx:
            yield tx
        self._ended[tenant_id] += 1
        self._happened.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds that reads bring about; fail after five seconds."""
        async with asyncio.timeout(5):
            while not holds():
                self._happened.clear()
                await self._happened.wait()

    async def reads(self, tenant_id: UUID, count: int) -> None:
        """Wait until so many more reads of a tenant have ended."""
        wanted = self._ended[tenant_id] + count
        await self.until(lambda: self._ended[tenant_id] >= wanted)

    async def silent(self, heard: Listener) -> bool:
        """Say whether nothing is told though all that is committed by now has been read."""
        following = asyncio.ensure_future(anext(aiter(heard)))
        await self.reads(heard._tenant_id, ENOUGH_READS)
        if following.done():
            return False
        following.cancel()
        await asyncio.wait([following])
        return True


async def told(heard: Listener, count: int) -> list[LiveEvent]:
    """Take so many events, or fail after five seconds."""
    found: list[LiveEvent] = []
    async with asyncio.timeout(5):
        async for event in heard:
            found.append(event)
            if len(found) == count:
                return found
    raise AssertionError("unreachable")


async def append(tx: Tx, *, topic: str = TOPIC, n: int = 0) -> UUID:
    """Append one notification."""
    return await outbox.append(tx, topic=topic, subject_id=uuid4(), payload={"n": n})
