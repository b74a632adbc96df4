"""A shop, and an application as a worker process has it, at a time of the test's choosing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest

from core.billing_cycles.pricing import Pricing
from core.bootstrap import bootstrap
from core.config import load_settings
from core.db import Database
from core.embedded import DatabaseUrls, ServiceUrls
from core.kernel.clock import FixedClock
from tests.building import Shop, open_shop
from workers.context import WorkerContext

Working = Callable[..., AbstractAsyncContextManager[WorkerContext]]


@pytest.fixture
async def db(database: DatabaseUrls) -> AsyncIterator[Database]:
    """The connections of a worker to this test's own database."""
    opened = Database(database.app, role="worker", pool_size=4)
    yield opened
    await opened.close()


@pytest.fixture
async def shop(db: Database) -> Shop:
    """A seller with its catalogue and no customers."""
    return await open_shop(db)


@pytest.fixture
def working(database: DatabaseUrls, redis_url: str, tmp_path: Path) -> Working:
    """How to have a worker's context at an instant; `plugins` replaces the installed ones."""

    @asynccontextmanager
    async def opened(
        now: datetime, *, plugins: list[object] | None = None
    ) -> AsyncIterator[WorkerContext]:
        settings = load_settings(home=tmp_path, close_chunk_size=2, worker_poll_ms=20)
        urls = ServiceUrls(database.app, None, redis_url)
        clock = FixedClock(now)
        async with bootstrap(
            settings, urls, role="worker", clock=clock, plugins=plugins
        ) as application:
            yield WorkerContext(application, Pricing(application.host, application.pool))

    return opened
