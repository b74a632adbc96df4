"""One restart for all who want one: it happens when each of them has asked or has gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Restarts:
    """Scripts that run beside each other, and those among them that wait for a restart."""

    now: Callable[[], None]
    """Restarts the server, and returns when it is up."""
    present: int = 0
    _waiting: list[asyncio.Future[None]] = field(default_factory=list)
    _restarting: asyncio.Task[None] | None = None

    @contextmanager
    def joined(self) -> Iterator[None]:
        """Be waited for, until the end of the block."""
        self.present += 1
        try:
            yield
        finally:
            self.present -= 1
            self._look()

    async def restart(self) -> None:
        """Wait until everybody present has asked for it, and the server is up again."""
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        self._look()
        await waiting

    def _look(self) -> None:
        if self._waiting and len(self._waiting) >= self.present:
            released, self._waiting = self._waiting, []
            self._restarting = asyncio.create_task(self._restarted(released))

    async def _restarted(self, released: list[asyncio.Future[None]]) -> None:
        try:
            await asyncio.to_thread(self.now)
        finally:  # where it is not up again, they find out by themselves
            for each in released:
                each.set_result(None)
