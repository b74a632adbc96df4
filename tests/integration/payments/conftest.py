"""A seller whose terms say when invoices are to be paid, and what happens when they are not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from core.db import Database
from core.embedded import DatabaseUrls
from tests.building import Shop, open_shop
from tests.invariants import broken


@pytest.fixture
async def shop(module_database: DatabaseUrls) -> AsyncIterator[Shop]:
    """A seller of its own; its books are sound at the end of every test."""
    opened = Database(module_database.app, role="api", pool_size=18)
    made = await open_shop(opened)
    yield made
    async with made.at() as tx:
        assert await broken(tx) == []
    await opened.close()
