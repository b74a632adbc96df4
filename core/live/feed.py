"""One task a process that asks what was committed, and hands it to those who listen.

    async with feed.listen(tenant_id, topics=("invoice.finalised",)) as listener:
        async for event in listener:
            ...

It asks twice a second, one statement for each tenant that somebody listens to, and not at
all while nobody does. A listener keeps at most `WAITING` events; one that is slower reads
on by itself, page by page, until it has caught up: nothing is lost, and memory has a bound.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Final
from uuid import UUID

import structlog

from core.live.cursor import Cursor, Position
from core.live.listener import Listener, Matches, Open, everything
from core.live.reading import Page, position_now, read_page

POLL_SECONDS: Final = 0.5
AT_ONCE: Final = 4
"""Tenants that are read at the same time; a connection each."""

_log = structlog.get_logger("core.live")


class _Reader:
    """Who listens to one tenant, and up to where they have been told."""

    def __init__(self) -> None:
        self.position: Position | None = None
        self.beginning = asyncio.Lock()
        self.listeners: set[Listener] = set()

    def topics(self) -> list[str]:
        return sorted({topic for each in self.listeners for topic in each.topics})


class Feed:
    """The events of every tenant that somebody in this process listens to."""

    def __init__(self, opened: Open, *, poll_seconds: float = POLL_SECONDS) -> None:
        self._open = opened
        self._poll_seconds = poll_seconds
        self._readers: dict[UUID, _Reader] = {}
        self._task: asyncio.Task[None] | None = None
        self._slots = asyncio.Semaphore(AT_ONCE)

    @property
    def is_asking(self) -> bool:
        """Whether the database is being asked, because somebody listens."""
        return self._task is not None and not self._task.done()

    @property
    def listeners(self) -> int:
        """How many listen."""
        return sum(len(reader.listeners) for reader in self._readers.values())

    @asynccontextmanager
    async def listen(
        self,
        tenant_id: UUID,
        *,
        topics: Iterable[str],
        matches: Matches = everything,
        after: Cursor | None = None,
    ) -> AsyncIterator[Listener]:
        """Listen from now on, or to everything since a cursor first.

        What is committed once this has been entered is told, and so is what a cursor has
        not seen, once or more often: events have ids to drop doubles by.

        Raises:
            LiveCursorInvalid: the cursor is ahead of this database, so of another one.
        """
        reader = self._readers.setdefault(tenant_id, _Reader())
        listener = Listener(
            self._open, tenant_id=tenant_id, topics=frozenset(topics), matches=matches
        )
        # Registered before the position is read: a reader that nobody uses is forgotten.
        reader.listeners.add(listener)
        try:
            await self._begin(tenant_id, reader)
            await listener.begin(after)
            self._ask()
            yield listener
        finally:
            reader.listeners.discard(listener)
            if not reader.listeners and self._readers.get(tenant_id) is reader:
                del self._readers[tenant_id]

    async def close(self) -> None:
        """Stop asking; listeners wait from then on."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _begin(self, tenant_id: UUID, reader: _Reader) -> None:
        async with reader.beginning:
            if reader.position is None:
                async with self._open(tenant_id) as tx:
                    reader.position = await position_now(tx)

    def _ask(self) -> None:
        if not self.is_asking:
            self._task = asyncio.create_task(self._asking(), name="live-feed")

    async def _asking(self) -> None:
        while self._readers:
            await asyncio.sleep(self._poll_seconds)
            await asyncio.gather(
                *(self._told(key, reader) for key, reader in list(self._readers.items()))
            )

    async def _told(self, tenant_id: UUID, reader: _Reader) -> None:
        """Tell a tenant's listeners what is new; a database that is away is asked again."""
        if reader.position is None or not reader.listeners:
            return
        async with self._slots:
            try:
                await self._read(tenant_id, reader, since=reader.position)
            except Exception as error:  # noqa: BLE001 - listeners wait; the next round goes on
                _log.warning("live.read_failed", tenant=str(tenant_id), error=str(error)[:200])

    async def _read(self, tenant_id: UUID, reader: _Reader, *, since: Position) -> None:
        page: Page | None = None
        while page is None or not page.is_last:
            async with self._open(tenant_id) as tx:
                page = await read_page(
                    tx,
                    since=since,
                    until=None if page is None else page.position,
                    topics=reader.topics(),
                    behind=None if page is None else page.events[-1],
                )
                read_at = tx.now
            for listener in list(reader.listeners):
                listener.tell(page, read_at=read_at)
        reader.position = page.position
