"""Moving test clocks one after the other, each seller's own.

Whoever moves a clock holds the seller's freeze lock for as long as that takes, so that two can
never do it at once. Those who wait hold no connection: a hundred of them leave the pool to
everybody else. They do hold places among the requests of the process, which serves other
sellers too: only so many of a seller wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

from core.billing_cycles.errors import ClockBusy, FreezeBusy

T = TypeVar("T")

WAIT_SECONDS: Final = 7.0
"""How long a request waits for its turn; the rest of what a request may take is for moving."""
MOST_WAITING: Final = 50
"""Requests of a seller that wait in this process."""
PAUSE_SECONDS: Final = 0.1


class _Turns:
    """The turns of one seller."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.waiting = 0


_turns: WeakValueDictionary[UUID | None, _Turns] = WeakValueDictionary()


async def in_turn(tenant_id: UUID | None, attempt: Callable[[], Awaitable[T]]) -> T:
    """Run an attempt in its turn, and again while the lock is held elsewhere.

    Elsewhere is another process, or usage that is being stored. An attempt that meets it has
    rolled back.

    Raises:
        ClockBusy: it had no turn in time; nothing was changed.
    """
    clock = asyncio.get_running_loop().time
    until = clock() + WAIT_SECONDS
    turns = _turns.setdefault(tenant_id, _Turns())
    await _wait(turns, until=until)
    try:
        while True:
            try:
                return await attempt()
            except FreezeBusy:
                if clock() >= until:
                    raise _busy() from None
            await asyncio.sleep(PAUSE_SECONDS)
    finally:
        turns.lock.release()


async def _wait(turns: _Turns, *, until: float) -> None:
    if turns.waiting >= MOST_WAITING:
        raise _busy()
    turns.waiting += 1
    try:
        async with asyncio.timeout_at(until):
            await turns.lock.acquire()
    except TimeoutError:
        raise _busy() from None
    finally:
        turns.waiting -= 1


def _busy() -> ClockBusy:
    return ClockBusy(
        "other test clocks of yours are being moved, or usage is being stored; try again in a"
        " moment",
        path=("account",),
    )
