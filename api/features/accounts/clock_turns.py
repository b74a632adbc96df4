"""Moving test clocks one after the other, each seller's own.

Whoever moves a clock holds the seller's freeze lock for as long as that takes, so that two can
never do it at once. Those who wait hold no connection: a hundred of them leave the pool to
everybody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

from core.billing_cycles.errors import ClockBusy, FreezeBusy

T = TypeVar("T")

WAIT_SECONDS: Final = 10.0
"""How long a request waits for its turn; what it does in it is not bounded by this."""
PAUSE_SECONDS: Final = 0.1

_turns: WeakValueDictionary[UUID | None, asyncio.Lock] = WeakValueDictionary()


async def in_turn(tenant_id: UUID | None, attempt: Callable[[], Awaitable[T]]) -> T:
    """Run an attempt in its turn, and again while the lock is held elsewhere.

    Elsewhere is another process, or usage that is being stored. An attempt that meets it has
    rolled back.

    Raises:
        ClockBusy: it had no turn in time; nothing was changed.
    """
    clock = asyncio.get_running_loop().time
    until = clock() + WAIT_SECONDS
    turn = _turns.setdefault(tenant_id, asyncio.Lock())
    try:
        async with asyncio.timeout_at(until):
            await turn.acquire()
    except TimeoutError:
        raise _busy() from None
    try:
        while True:
            try:
                return await attempt()
            except FreezeBusy:
                if clock() >= until:
                    raise _busy() from None
            await asyncio.sleep(PAUSE_SECONDS)
    finally:
        turn.release()


def _busy() -> ClockBusy:
    return ClockBusy(
        "other test clocks of yours are being moved, or usage is being stored; try again in a"
        " moment",
        path=("account",),
    )
