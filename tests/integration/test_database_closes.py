"""A process that stops lets readings end first."""

from __future__ import annotations

import asyncio

from core.db import Database
from core.embedded import DatabaseUrls


async def test_closing_waits_for_readings(database: DatabaseUrls) -> None:
    """A loader's transaction may end after its answer left; it is not torn off."""
    connections = Database(database.app, role="api")
    begun, told = asyncio.Event(), []

    async def read() -> None:
        async with connections.reading(None, actor="test") as tx:
            begun.set()
            await tx.fetchval("SELECT pg_sleep(0.1)")
        told.append("ended")

    reader = asyncio.create_task(read())
    await begun.wait()
    await connections.close()
    told.append("closed")
    await reader
    assert told == ["ended", "closed"]
