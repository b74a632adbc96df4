"""One who listens: catches up by itself, then takes what it is handed."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog

from core.database_errors import Unavailable
from core.db import Tx
from core.live.cursor import Cursor, Position, invalid_cursor
from core.live.reading import Page, StoredEvent, position_now, read_page

WAITING: Final = 1_000
"""Events that wait for a listener; with more of them it reads by itself."""
RECENT: Final = 2_000
"""Events whose ids a listener remembers, to tell none of them twice."""
PAUSE_SECONDS: Final = 1.0
"""Between two tries while the database is away."""

Open = Callable[[UUID], AbstractAsyncContextManager[Tx]]
"""Opens a transaction of a tenant that sees all of it."""

Matches = Callable[[StoredEvent], bool]
"""Says whether an event is one that a listener wants, before anything is loaded."""

_log = structlog.get_logger("core.live")


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """An event, and the cursor that continues behind it."""

    id: UUID
    topic: str
    subject_id: UUID | None
    payload: Mapping[str, Any]
    occurred_at: datetime
    cursor: Cursor


def everything(_event: StoredEvent) -> bool:
    """Want every event of the topics."""
    return True


class Listener:
    """Goes through what it wants of one tenant's events; made by `Feed.listen`."""

    def __init__(
        self, opened: Open, *, tenant_id: UUID, topics: frozenset[str], matches: Matches
    ) -> None:
        self.topics: Final = topics
        self._open = opened
        self._tenant_id = tenant_id
        self._matches = matches
        self._waiting: deque[tuple[LiveEvent, int]] = deque()
        self._recent: OrderedDict[UUID, None] = OrderedDict()
        self._arrived = asyncio.Event()
        self._is_behind = False
        self._is_catching_up = False
        self._skipped: Position | None = None  # read by itself: handed over, it is dropped
        self._cursor: Cursor | None = None  # everything that it has seen has been told

    @property
    def cursor(self) -> Cursor:
        """Up to where it has been told; at first, where it began."""
        assert self._cursor is not None, "it has not begun"
        return self._cursor

    async def begin(self, after: Cursor | None) -> None:
        """Start from now, or from a cursor; what comes meanwhile waits.

        Raises:
            LiveCursorInvalid: the cursor is ahead of this database.
        """
        now = await self._now()
        if after is not None and after.position.begun_below > now.position.begun_below:
            raise invalid_cursor()
        self._skipped = now.position
        self._cursor = now if after is None else after
        self._is_behind = after is not None

    def tell(self, page: Page, *, read_at: datetime) -> None:
        """Take a page that the feed has read; the events that are wanted wait."""
        if self._is_behind or self._cursor is None:
            return
        found = list(self._events(page, read_at=read_at))
        if len(self._waiting) + len(found) > WAITING:
            self._is_behind = True
            self._waiting.clear()
        elif found or self._waiting:
            self._waiting.extend(found)
        elif page.is_last and not self._is_catching_up:
            self._cursor = Cursor(self._tenant_id, page.position, read_at)
        if found:
            self._arrived.set()

    async def __aiter__(self) -> AsyncIterator[LiveEvent]:
        """Go through the events, waiting for the next; it never ends by itself."""
        while True:
            while self._is_behind:
                async for event in self._catching_up():
                    yield event
            while self._waiting:
                event, transaction = self._waiting.popleft()
                if not self._has_read(transaction) and self._is_new(event):
                    yield event
            if not self._is_behind:
                self._arrived.clear()
                await self._arrived.wait()

    async def _catching_up(self) -> AsyncIterator[LiveEvent]:
        """Read page by page what was not told yet, while what comes next waits."""
        since = self.cursor.position
        self._waiting.clear()
        self._is_behind, self._is_catching_up = False, True
        until = await self._patiently(self._now)
        self._skipped = until.position
        page: Page | None = None
        while page is None or not page.is_last:
            page = await self._patiently(self._page, since, until, page)
            for event, _transaction in self._events(page, read_at=until.read_at):
                if self._is_new(event):
                    yield event
        self._cursor = until
        self._is_catching_up = False

    async def _page(self, since: Position, until: Cursor, last: Page | None) -> Page:
        async with self._open(self._tenant_id) as tx:
            return await read_page(
                tx,
                since=since,
                until=until.position,
                topics=sorted(self.topics),
                behind=None if last is None else last.events[-1],
            )

    async def _now(self) -> Cursor:
        async with self._open(self._tenant_id) as tx:
            return Cursor(self._tenant_id, await position_now(tx), tx.now)

    async def _patiently(self, read: Callable[..., Any], *given: Any) -> Any:
        """Read, again and again while the database is away."""
        while True:
            try:
                return await read(*given)
            except Unavailable as error:
                _log.warning(
                    "live.read_failed", tenant=str(self._tenant_id), error=str(error)[:200]
                )
                await asyncio.sleep(PAUSE_SECONDS)

    def _has_read(self, transaction: int) -> bool:
        return self._skipped is not None and self._skipped.has_seen(transaction)

    def _is_new(self, event: LiveEvent) -> bool:
        """Note that an event is told now, unless it was a short while ago."""
        self._cursor = event.cursor
        if event.id in self._recent:
            return False
        self._recent[event.id] = None
        if len(self._recent) > RECENT:
            self._recent.popitem(last=False)
        return True

    def _events(self, page: Page, *, read_at: datetime) -> Iterator[tuple[LiveEvent, int]]:
        wanted = [
            each for each in page.events if each.topic in self.topics and self._matches(each)
        ]
        for each, position in zip(wanted, _positions(wanted, page), strict=True):
            cursor = Cursor(self._tenant_id, position, read_at)
            told = LiveEvent(
                each.id, each.topic, each.subject_id, each.payload, each.created_at, cursor
            )
            yield told, each.tx


def _positions(wanted: Sequence[StoredEvent], page: Page) -> Iterator[Position]:
    """Return where to go on behind each of a page's events.

    Events come in the order of their transactions, and below `ended_below` none will come
    any more: so behind an event everything below the next one's transaction has been told.
    Behind the last one everything that the page's snapshot has seen has.
    """
    final = page.position.ended_below
    for following in wanted[1:]:
        yield Position.before(min(following.tx, final))
    if wanted:
        last = page.events[-1].tx
        yield page.position if page.is_last else Position.before(min(last, final))
