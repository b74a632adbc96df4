"""A worker killed at interim invoices, jobs, orders or requests to providers.

The next ones make what an undisturbed worker makes: each order billed once at its kept
amount, each job on one invoice, each request in its provider's log once, no cap exceeded.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from core.db import Database
from core.embedded import DatabaseUrls, EmbeddedServices
from core.fault_points import BETWEEN_CLOSINGS
from tests.faults.loaded import PATIENCE_SECONDS, ended, workers
from tests.faults.television import VIEWERS, leases_end, load, still_waiting, told
from tests.invariants import broken

pytestmark = pytest.mark.slow

LOADED = "faults_television"
Tenant = tuple[str, UUID]
Told = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def loaded(services: EmbeddedServices, database_template: str) -> Tenant:
    """A database with all of it due, to be cloned: its name, and the tenant in it."""
    urls = services.create_database(LOADED, template=database_template)
    return LOADED, asyncio.run(load(urls.app))


@pytest.fixture
def clone(services: EmbeddedServices, loaded: Tenant) -> Iterator[DatabaseUrls]:
    """A copy of the loaded database."""
    name = f"{LOADED}_copy"
    yield services.create_database(name, template=loaded[0])
    services.drop_database(name)


@pytest.fixture(scope="module")
def undisturbed(
    services: EmbeddedServices, loaded: Tenant, tmp_path_factory: pytest.TempPathFactory
) -> Told:
    """What one worker makes of it when nothing goes wrong."""
    name = f"{LOADED}_undisturbed"
    urls = services.create_database(name, template=loaded[0])
    home = tmp_path_factory.mktemp("undisturbed")
    redis_url = f"{services.urls.redis_url.rsplit('/', 1)[0]}/61"
    with workers(1, database_url=urls.app, redis_url=redis_url, home=home, more={}):
        found = asyncio.run(_settled(urls.app, loaded[1]))
    services.drop_database(name)
    return found


def test_an_undisturbed_worker_does_all_that_is_due(undisturbed: Told) -> None:
    """Of three customers each: Gold less a tenth, 3 e-mails, an antenna, Gold prepaid.

    Net: 25.00 - 2.50 = 22.50; 3 x 0.50 = 1.50; 8.00; 25.00. The wallet of 50.00 pays 30.00
    with tax, and has 20.00 then. The film of 3.00 waits for this month's end.
    """
    lines = [
        (row[1], row[2], f"{row[4]:.2f}") for row in undisturbed["billed"] if "-0" in row[0]
    ]
    assert sorted(lines) == [
        ("discount", "A tenth: Gold", "-2.50"),
        ("fee", "Gold", "25.00"),
        ("fee", "Gold", "25.00"),
        ("one_off", "Antenna", "8.00"),
        ("usage", "E-mails", "1.50"),
    ]
    films = [(row[1], row[3], row[5], row[7], row[8]) for row in undisturbed["orders"]]
    assert films == [("posted", 3, "done", "nagra_media_live", "F1")] * VIEWERS
    assert [f"{row[1]:.2f}" for row in undisturbed["wallets"]] == ["20.00"] * VIEWERS * 2
    assert [row[2:] for row in undisturbed["discounts"]] == [(1, 1, 1)] * VIEWERS


@pytest.mark.parametrize("point", BETWEEN_CLOSINGS)
def test_a_worker_killed_there_leaves_what_an_undisturbed_one_leaves(
    *,
    point: str,
    clone: DatabaseUrls,
    loaded: Tenant,
    undisturbed: Told,
    redis_url: str,
    tmp_path: Path,
) -> None:
    """SIGKILL at the point, before its commit; then two workers, and nothing is different."""
    settings = {"database_url": clone.app, "redis_url": redis_url, "home": tmp_path}
    with workers(1, more={"FORFAIT_FAULT_POINT": point}, **settings) as (victim,):
        assert ended(victim) == -signal.SIGKILL
    asyncio.run(_leases_end(clone.app, loaded[1]))
    with workers(2, more={}, **settings) as survivors:
        found = asyncio.run(_settled(clone.app, loaded[1]))
    # One that was still starting when the work was done is ended by the signal itself.
    assert {one.returncode for one in survivors} <= {0, -signal.SIGTERM}

    assert found == undisturbed


async def _leases_end(database_url: str, tenant_id: UUID) -> None:
    db = Database(database_url, role="api", pool_size=1)
    await leases_end(db, tenant_id)
    await db.close()


async def _settled(database_url: str, tenant_id: UUID) -> Told:
    """Wait until nothing is due; return what became of it, with sound books."""
    db = Database(database_url, role="api", pool_size=1)
    began = time.monotonic()
    try:
        while waiting := await still_waiting(db, tenant_id):
            assert time.monotonic() - began < PATIENCE_SECONDS, f"{waiting} still wait"
            await asyncio.sleep(0.05)
        async with db.transaction(tenant_id, actor="test") as tx:
            assert await broken(tx) == []
        return await told(db, tenant_id)
    finally:
        await db.close()
