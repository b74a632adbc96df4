"""The faults: which there are, how each is done, and whether it hit work in flight.

A fault waits a moment for its victim to be at work. What counts as a hit is written
beside each: an outstanding request, an open transaction, a backend at a statement.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import redis.asyncio as redis
from redis.exceptions import RedisError

from tests.faults.clients import Client
from tests.faults.proxy import Proxy
from tests.faults.stage import Child, Stage, tried

CLOSING_BYTES = 3_000
"""A worker's transaction that has sent so much is closing a chunk, not looking around."""
PATIENCE_SECONDS = 5.0

Fault = Callable[[], Awaitable[bool]]

_TERMINATE = """
SELECT count(*) FILTER (WHERE busy) FROM (
    SELECT xact_start IS NOT NULL AS busy, pg_terminate_backend(pid)
    FROM pg_stat_activity WHERE datname = current_database() AND usename = 'forfait_app') AS x
"""


@dataclass(slots=True)
class Faults:
    """Does one fault after the other, every kind once before any comes again."""

    stage: Stage
    clients: list[Client]
    seed: int
    done: Counter[str] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)
    chance: random.Random = field(init=False)
    only: tuple[str, ...] = ()
    _waiting: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(f"{self.seed}/faults")
        # A kind that was never done counts as one that hit nothing.
        self.done.update(dict.fromkeys(self.only or self.kinds(), 0))

    def kinds(self) -> dict[str, Fault]:
        """Every kind of fault by its name."""
        return {
            "api killed": self._api_killed,
            "api paused": self._api_paused,
            "worker killed": self._worker_killed,
            "worker paused": self._worker_paused,
            "valkey flushed": self._valkey_flushed,
            "valkey killed": self._valkey_killed,
            "backends terminated": self._backends_terminated,
            "postgres killed": self._postgres_killed,
            "connections cut after COMMIT": self._cut_after_commit,
            "connections dropped": self._dropped,
            "connections delayed": self._delayed,
        }

    async def work(self, stopping: asyncio.Event, *, pause: float) -> None:
        """Do faults until `stopping`, with a pause between two."""
        kinds = self.kinds()
        while not stopping.is_set():
            if not self._waiting:
                self._waiting = sorted(self.only or kinds)
                self.chance.shuffle(self._waiting)
            name = self._waiting.pop()
            self.done[name] += 1
            self.hits[name] += await kinds[name]()
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), pause * self.chance.uniform(0.6, 1.4))

    async def _until(self, is_so: Callable[[], object]) -> bool:
        """Wait until something is so, not for ever; tell whether it is."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while not is_so() and time.monotonic() < ends:  # noqa: ASYNC110 - no event says it
            await asyncio.sleep(0.005)
        return bool(is_so())

    def _requests(self) -> int:
        """Events sent to the API that are not answered yet."""
        return sum(client.in_flight for client in self.clients)

    @property
    def _api(self) -> Child:
        return self.stage.children["api"]

    def _workers(self) -> list[Child]:
        found = [self.stage.children[name] for name in ("worker-1", "worker-2")]
        self.chance.shuffle(found)
        return found

    def _closing(self) -> Child | None:
        """A worker that is in the middle of a chunk."""
        busy = [one for one in self._workers() if one.proxy.busy(bytes_sent=CLOSING_BYTES)]
        return busy[0] if busy else None

    async def _api_killed(self) -> bool:
        """Hit: a transaction of the API was open."""
        is_hit = await self._until(self._api.proxy.busy)
        self.stage.kill(self._api)
        await self.stage.until_ready()
        return is_hit

    async def _api_paused(self) -> bool:
        """Hit: a transaction of the API was open; it goes on after the pause."""
        is_hit = await self._until(self._api.proxy.busy)
        await self._paused(self._api, self.chance.uniform(0.5, 2.0))
        return is_hit

    async def _worker_killed(self) -> bool:
        """Hit: it was closing a chunk."""
        is_hit = await self._until(self._closing)
        self.stage.kill(self._closing() or self._workers()[0])
        return is_hit

    async def _worker_paused(self) -> bool:
        """Hit: it was closing a chunk; the other worker meets what it holds."""
        is_hit = await self._until(self._closing)
        await self._paused(self._closing() or self._workers()[0], self.chance.uniform(1, 3))
        return is_hit

    async def _paused(self, child: Child, seconds: float) -> None:
        child.signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        child.signal(signal.SIGCONT)

    async def _valkey_flushed(self) -> bool:
        """Hit: wake-ups were queued, or a chunk was being closed."""
        try:
            async with redis.Redis.from_url(self.stage.services.urls.redis_url) as client:
                queued = False
                for _try in range(100):
                    queued = bool(await client.zcard("forfait")) or self._closing() is not None
                    if queued:
                        break
                    await asyncio.sleep(0.02)
                await client.flushall()
        except RedisError:
            return False
        return queued

    async def _valkey_killed(self) -> bool:
        """Hit: a chunk was being closed, or a request was out; it is gone for a moment."""
        is_hit = await self._until(lambda: self._closing() or self._requests())
        await self._service_killed("valkey", away=self.chance.uniform(0.3, 1.5))
        return is_hit

    async def _backends_terminated(self) -> bool:
        """Hit: one of them had a transaction open."""
        await self._until(lambda: self._closing() or self._api.proxy.busy())

        async def terminate() -> int:
            async with self.stage.superuser() as connection:
                return await connection.fetchval(_TERMINATE)

        return bool(await tried(terminate))

    async def _postgres_killed(self) -> bool:
        """Hit: a transaction was open; it recovers from its log."""
        is_hit = await self._until(lambda: self._closing() or self._api.proxy.busy())
        await self._service_killed("postgres", away=0.2)
        return is_hit

    async def _service_killed(self, name: str, *, away: float) -> None:
        os.kill(self.stage.services.pids()[name], signal.SIGKILL)
        await asyncio.sleep(away)
        self.stage.restart_services()

    async def _cut_after_commit(self) -> bool:
        """Hit: a COMMIT reached the server, and its answer did not come back."""
        proxy = self._some_proxy()
        before = proxy.cuts
        proxy.cut_after_commit()
        await self._until(lambda: proxy.cuts > before)
        proxy.cuts_wanted = 0
        return proxy.cuts > before

    async def _dropped(self) -> bool:
        """Hit: a transaction was open; what it said is swallowed."""
        proxy = self._some_proxy()
        is_hit = await self._until(proxy.busy)
        await proxy.drop(self.chance.uniform(0.3, 1.2))
        return is_hit

    async def _delayed(self) -> bool:
        """Hit: a transaction was open during the delay."""
        proxy = self._some_proxy()
        proxy.delay(1.5)
        return await self._until(proxy.busy)

    def _some_proxy(self) -> Proxy:
        return self.chance.choice(list(self.stage.children.values())).proxy
