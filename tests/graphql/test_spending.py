"""What a tenant may ask for in a minute, counted by several processes together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from redis.asyncio import Redis

from api.graphql.spending import AFTER_FAILURE_SECONDS, Balance, Spending, shared_count


class Seconds:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Say what time it is."""
        return self.now


Processes = Callable[..., Spending]


@pytest.fixture
async def process(redis_url: str) -> AsyncIterator[Processes]:
    """Makes processes that share the Redis of the test."""
    made: list[Spending] = []

    def start(clock: Callable[[], float] | None = None) -> Spending:
        tell = shared_count(redis, capacity=100)
        made.append(Spending(capacity=100, tell=tell, monotonic=clock or Seconds()))
        return made[-1]

    async with Redis.from_url(redis_url) as redis:
        yield start
        for each in made:
            await each.settled()


async def test_what_does_not_fit_is_refused_and_not_counted(process: Processes) -> None:
    """Of 100: 60 fit and leave 40, 41 do not, 40 do."""
    spending = process()
    assert spending.spend("crm", 60) == Balance(100, 40, is_admitted=True)
    assert spending.spend("crm", 41) == Balance(100, 40, is_admitted=False)
    assert spending.spend("crm", 40) == Balance(100, 0, is_admitted=True)
    assert spending.spend("crm", 1) == Balance(100, 0, is_admitted=False)


async def test_tenants_do_not_spend_each_others(process: Processes) -> None:
    """One has spent all, the other has all."""
    spending = process()
    assert spending.spend("crm", 100).is_admitted
    assert spending.spend("tv", 1) == Balance(100, 99, is_admitted=True)


async def test_processes_share_one_minute(process: Processes) -> None:
    """70 spent in one process leave 30 in the other, once each has told and asked."""
    clock = Seconds()
    one, other = (process(clock) for _ in range(2))
    assert one.spend("crm", 70).is_admitted
    await one.settled()
    clock.now += 1
    one.spend("crm", 0)
    await one.settled()  # told 70
    other.spend("crm", 0)
    await other.settled()  # heard of them
    assert other.spend("crm", 31) == Balance(100, 30, is_admitted=False)
    assert other.spend("crm", 30) == Balance(100, 0, is_admitted=True)


async def test_more_than_was_left_takes_what_was_left(process: Processes) -> None:
    """Two processes that each admitted 80 before they heard of each other: nothing is left."""
    clock = Seconds()
    one, other = (process(clock) for _ in range(2))
    for each in (one, other):
        assert each.spend("crm", 0).is_admitted
        await each.settled()
        assert each.spend("crm", 80).is_admitted
    clock.now += 1
    for each in (one, other):
        each.spend("crm", 0)
        await each.settled()
    assert other.spend("crm", 1) == Balance(100, 0, is_admitted=False)


async def test_a_lost_count_admits_everything_and_is_asked_again_later() -> None:
    """Redis is away: no request waits or fails; five seconds later it is told again."""
    asked: list[int] = []
    clock = Seconds()

    async def lost(_tenant: str, spent: int) -> int:
        asked.append(spent)
        raise ConnectionError("no Redis here")

    spending = Spending(capacity=100, tell=lost, monotonic=clock)
    for _ in range(5):
        assert spending.spend("crm", 90 if not asked else 10).is_admitted
        await spending.settled()
        clock.now += AFTER_FAILURE_SECONDS / 10
    assert len(asked) == 1
    clock.now += AFTER_FAILURE_SECONDS
    spending.spend("crm", 1)
    await spending.settled()
    assert len(asked) == 2


async def test_no_request_waits_for_the_count() -> None:
    """The count never answers, and a thousand requests are admitted all the same."""
    never = asyncio.Event()

    async def silent(_tenant: str, _spent: int) -> int:
        await never.wait()
        return 0

    spending = Spending(capacity=10_000, tell=silent, monotonic=Seconds())
    assert all(spending.spend("crm", 1).is_admitted for _ in range(1000))
    never.set()
    await spending.settled()


@pytest.mark.parametrize(
    ("remaining", "cost", "seconds"),
    [
        (0, 1, 1),  # 600 a minute are 10 a second
        (0, 100, 10),
        (50, 100, 5),
        (0, 6000, 60),  # never longer than the minute
    ],
)
def test_when_to_come_again(remaining: int, cost: int, seconds: int) -> None:
    """What is missing, at what comes back each second."""
    assert Balance(600, remaining, is_admitted=False).seconds_until(cost) == seconds
