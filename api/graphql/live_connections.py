"""The sockets and event streams that a process holds open: how many, and their end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge

Transport = Literal["socket", "event_stream"]

CLOSING_SECONDS: Final = 5.0
"""So long connections may take to end once the process is to stop."""


class TooManyConnections(Exception):
    """The process holds as many connections as it may, or is about to stop."""


class LiveConnections:
    """Counts connections, bounds them, and ends them all when the process stops."""

    def __init__(self, *, limit: int, registry: CollectorRegistry | None = None) -> None:
        self._limit = limit
        self._ends: dict[int, Callable[[], None]] = {}
        self._next = 0
        self._is_closing = False
        self._none_left = asyncio.Event()
        self.registry: Final = registry or CollectorRegistry()
        known = self.registry
        self._open = Gauge(
            "forfait_live_connections",
            "Connections that are open.",
            ("transport",),
            registry=known,
        )
        self._operations = Counter(
            "forfait_live_operations", "Operations begun.", ("transport",), registry=known
        )
        self._results = Counter(
            "forfait_live_results",
            "Results sent: answers, and events of subscriptions.",
            ("transport",),
            registry=known,
        )

    @property
    def count(self) -> int:
        """How many are open."""
        return len(self._ends)

    @property
    def has_place(self) -> bool:
        """Whether one more may be opened."""
        return not self._is_closing and len(self._ends) < self._limit

    @contextmanager
    def opened(self, transport: Transport, *, end: Callable[[], None]) -> Iterator[None]:
        """Hold a place for a connection; `end` asks it to end when the process stops.

        Raises:
            TooManyConnections: there is no place.
        """
        if not self.has_place:
            raise TooManyConnections
        self._next += 1
        place = self._next
        self._ends[place] = end
        self._open.labels(transport).inc()
        try:
            yield
        finally:
            del self._ends[place]
            self._open.labels(transport).dec()
            if not self._ends:
                self._none_left.set()

    def began(self, transport: Transport) -> None:
        """Count an operation."""
        self._operations.labels(transport).inc()

    def sent(self, transport: Transport) -> None:
        """Count a result."""
        self._results.labels(transport).inc()

    async def close(self) -> None:
        """Ask every connection to end, take no new one, and wait a moment for them."""
        self._is_closing = True
        self._none_left.clear()
        for end in list(self._ends.values()):
            end()
        if self._ends:
            try:
                async with asyncio.timeout(CLOSING_SECONDS):
                    await self._none_left.wait()
            except TimeoutError:
                pass
