"""How much a tenant may ask for in a minute, over all processes.

Each process counts what its requests cost and tells the shared count a few times a second,
in the background: a request never waits for it. What several processes admit between two
tellings may therefore go beyond the limit, by a quarter second of their work. Where nobody
keeps the shared count, or it does not answer, everything is admitted: it protects
neighbours from each other, and nobody's money.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import structlog
from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio import Redis

TOLD_EVERY_SECONDS: Final = 0.25
AFTER_FAILURE_SECONDS: Final = 5.0
WINDOW_SECONDS: Final = 60
MOST_TENANTS: Final = 10_000
_ALL: Final = "graphql"
_ADDRESS: Final = "async+redis://"
"""Only its scheme is read: the connections come from the pool."""

Tell = Callable[[str, int], Awaitable[int]]
"""Adds what a tenant has spent to the shared count; returns what remains of its minute."""

_log = structlog.get_logger("api.graphql")


@dataclass(frozen=True, slots=True)
class Balance:
    """What a tenant has left of its minute after a request was counted, or was not."""

    capacity: int
    remaining: int
    is_admitted: bool

    @property
    def restores_per_second(self) -> int:
        """How much comes back each second, on average."""
        return max(1, self.capacity // WINDOW_SECONDS)

    def seconds_until(self, cost: int) -> int:
        """Return after how many seconds a request of this cost may fit; 1 to 60."""
        missing = max(0, cost - self.remaining)
        return min(WINDOW_SECONDS, max(1, -(-missing // self.restores_per_second)))


@dataclass(slots=True)
class _Account:
    """What this process knows of one tenant."""

    remaining: int
    untold: int = 0
    tell_at: float = 0.0
    is_telling: bool = False


class Spending:
    """Counts the cost of each tenant's requests against its minute."""

    def __init__(
        self,
        *,
        capacity: int,
        tell: Tell,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._capacity = capacity
        self._tell = tell
        self._monotonic = monotonic
        self._accounts: OrderedDict[str, _Account] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    def spend(self, tenant: str, cost: int) -> Balance:
        """Count a request, unless the tenant has too little left; never waits."""
        account = self._account(tenant)
        self._tell_in_time(tenant, account)
        left = account.remaining - account.untold - cost
        if left < 0:
            remaining = max(0, left + cost)
            return Balance(self._capacity, remaining, is_admitted=False)
        account.untold += cost
        return Balance(self._capacity, left, is_admitted=True)

    async def settled(self) -> None:
        """Wait until what is being told has been told."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    def _account(self, tenant: str) -> _Account:
        account = self._accounts.get(tenant)
        if account is None:
            account = self._accounts[tenant] = _Account(remaining=self._capacity)
            if len(self._accounts) > MOST_TENANTS:
                self._accounts.popitem(last=False)
        else:
            self._accounts.move_to_end(tenant)
        return account

    def _tell_in_time(self, tenant: str, account: _Account) -> None:
        if account.is_telling or self._monotonic() < account.tell_at:
            return
        account.is_telling = True
        task = asyncio.get_running_loop().create_task(self._told(tenant, account))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _told(self, tenant: str, account: _Account) -> None:
        spent, pause = account.untold, TOLD_EVERY_SECONDS
        try:
            account.remaining = await self._tell(tenant, spent)
        except Exception as error:  # noqa: BLE001 - whatever ails the count, requests go on
            _log.warning("graphql.spending_unknown", reason=f"{type(error).__name__}: {error}")
            account.remaining, pause = self._capacity, AFTER_FAILURE_SECONDS
        account.untold -= spent
        account.tell_at = self._monotonic() + pause
        account.is_telling = False


def shared_count(redis: Redis, *, capacity: int) -> Tell:
    """Return what keeps the count in Redis: a sliding minute for each tenant."""
    # Its annotation knows no pool, its documentation does.
    options: Any = {"connection_pool": redis.connection_pool}
    storage = RedisStorage(_ADDRESS, implementation="redispy", **options)
    limiter = SlidingWindowCounterRateLimiter(storage)
    minute = RateLimitItemPerMinute(capacity)

    async def tell(tenant: str, spent: int) -> int:
        fits = spent == 0 or await limiter.hit(minute, _ALL, tenant, cost=spent)
        remaining = (await limiter.get_window_stats(minute, _ALL, tenant)).remaining
        if fits or remaining == 0:
            return remaining
        # More than was left: what was left is gone.
        await limiter.hit(minute, _ALL, tenant, cost=remaining)
        return 0

    return tell
