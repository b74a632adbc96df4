"""A shop of its own for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from core.db import Database
from core.embedded import DatabaseUrls
from tests.building import Shop, open_shop
from tests.invariants import broken


@pytest.fixture
async def db(module_database: DatabaseUrls) -> AsyncIterator[Database]:
    """The connections of a worker to this module's database."""
    opened = Database(module_database.app, role="worker", pool_size=4)
    yield opened
    await opened.close()


@pytest.fixture
async def shop(db: Database) -> Shop:
    """A seller with its catalogue and no customers."""
    return await open_shop(db)


@pytest.fixture(autouse=True)
async def sound_books(shop: Shop) -> AsyncIterator[None]:
    """After every test here the books are sound, whatever the test did."""
    yield
    async with shop.at() as tx:
        assert await broken(tx) == []
