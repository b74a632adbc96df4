"""A worker killed at a point of its work, and what the next ones make of what it left.

A module of tests names its `CASE`; the fixtures beside this file load it once, copy it for
each test, and keep what an undisturbed worker makes of it.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from core.db import Database
from tests.faults.loaded import PATIENCE_SECONDS, ended, workers
from tests.invariants import broken

OBEYED: Final = {0, -signal.SIGTERM}
"""Statuses of workers told to end; one that was still starting is ended by the signal."""

Told = Any
"""What became of a tenant, in a form that compares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A tenant with work due by the machine's own clock, and how to tell what became of it."""

    name: str
    load: Callable[[str], Coroutine[Any, Any, UUID]]
    still_waiting: Callable[[Database, UUID], Awaitable[int]]
    told: Callable[[Database, UUID], Awaitable[Told]]


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of a case's loaded database."""

    case: Case
    database_url: str
    tenant_id: UUID

    async def settled(self) -> Told:
        """Wait until nothing is due; return what became of it."""
        db = Database(self.database_url, role="api", pool_size=1)
        began = time.monotonic()
        try:
            while waiting := await self.case.still_waiting(db, self.tenant_id):
                assert time.monotonic() - began < PATIENCE_SECONDS, f"{waiting} still wait"
                await asyncio.sleep(0.05)
        finally:
            await db.close()
        return await self.told()

    async def told(self) -> Told:
        """Return what became of it so far, with sound books."""
        db = Database(self.database_url, role="api", pool_size=1)
        try:
            async with db.transaction(self.tenant_id, actor="test") as tx:
                assert await broken(tx) == []
            return await self.case.told(db, self.tenant_id)
        finally:
            await db.close()

    async def apart(self, act: Callable[[Database, UUID], Awaitable[None]]) -> None:
        """Do something to it by a connection of its own."""
        db = Database(self.database_url, role="api", pool_size=1)
        try:
            await act(db, self.tenant_id)
        finally:
            await db.close()


def settled_by_one(copy: Copy, *, redis_url: str, home: Path) -> Told:
    """Let one worker that nothing disturbs do all of it."""
    with workers(1, database_url=copy.database_url, redis_url=redis_url, home=home, more={}):
        return asyncio.run(copy.settled())


def settled_after_kill(
    copy: Copy, *, point: str, meanwhile: Callable[[], None], redis_url: str, home: Path
) -> tuple[Told, set[int | None]]:
    """SIGKILL a worker at the point; two more settle it: what became of it, their statuses."""
    settings: dict[str, Any] = {
        "database_url": copy.database_url, "redis_url": redis_url, "home": home,
    }  # fmt: skip
    with workers(1, more={"FORFAIT_FAULT_POINT": point}, **settings) as (victim,):
        assert ended(victim) == -signal.SIGKILL
    meanwhile()
    with workers(2, more={}, **settings) as survivors:
        found = asyncio.run(copy.settled())
    return found, {one.returncode for one in survivors}
