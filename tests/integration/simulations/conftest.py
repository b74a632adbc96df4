"""A shop of its own for each test, and how its simulations run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime

import pytest

from core.catalogue.checks import Installed
from core.db import Database
from core.embedded import DatabaseUrls
from core.kernel.clock import FixedClock
from core.simulations.records import Simulation
from core.simulations.run import run_next_chunk
from core.simulations.start import StartSimulation, start_simulation
from tests.building import Shop, canonical_dump, open_shop
from tests.invariants import broken

Simulate = Callable[..., Awaitable[Simulation]]


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


@pytest.fixture
def simulate(shop: Shop) -> Simulate:
    """How to start a simulation and run it to its end; the books must stay as they were."""

    async def started(asked: StartSimulation, *, now: datetime, chunk: int = 250) -> Simulation:
        async with shop.at(now) as tx:
            before = [one for one in await canonical_dump(tx) if not one.startswith("outbox")]
            made = await start_simulation(tx, asked, installed=Installed())
        for _chunk in range(1000):
            ran = await run_next_chunk(
                shop.db,
                shop.tenant_id,
                pricing=shop.pricing,
                installed=Installed(),
                only=made.id,
                clock=FixedClock(now),
                chunk=chunk,
            )
            if ran is None or ran.is_finished:
                break
        assert ran is not None
        async with shop.at(now) as tx:
            after = [one for one in await canonical_dump(tx) if not one.startswith("outbox")]
            assert after == before
            assert await broken(tx) == []
        return ran

    return started
