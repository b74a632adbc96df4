"""A feed whose reads are watched, of a seller whose workers have been woken."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from core.db import Database
from core.live import Feed
from tests.integration.conftest import Open
from tests.integration.live.watching import SOON, Asked, append


@pytest.fixture
def asked(db: Database) -> Asked:
    """The database, as the feed asks it."""
    return Asked(db)


@pytest.fixture
async def feed(asked: Asked) -> AsyncIterator[Feed]:
    """A process's feed that asks fifty times a second."""
    opened = Feed(asked, poll_seconds=SOON)
    yield opened
    await opened.close()


@pytest.fixture(autouse=True)
async def woken(begin: Open) -> None:
    """The workers know of the seller's notifications: the next ones wait for nobody's lock."""
    async with begin() as tx:
        await append(tx, topic="before")
