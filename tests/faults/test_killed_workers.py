"""A worker killed anywhere, Redis emptied: the next ones make what an undisturbed run makes."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
import redis

from core.db import Database
from core.embedded import DatabaseUrls, EmbeddedServices
from core.fault_points import POINTS
from tests.building import canonical_dump
from tests.faults.loaded import ended, load, until_closed, workers
from tests.invariants import broken

pytestmark = pytest.mark.slow

LOADED = "faults_loaded"
Tenant = tuple[str, UUID]


@pytest.fixture(scope="module")
def loaded(services: EmbeddedServices, database_template: str) -> Tenant:
    """A database with a month due, to be cloned: its name, and the tenant in it."""
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
) -> list[str]:
    """What one worker makes of it when nothing goes wrong."""
    name = f"{LOADED}_undisturbed"
    urls = services.create_database(name, template=loaded[0])
    home = tmp_path_factory.mktemp("undisturbed")
    redis_url = f"{services.urls.redis_url.rsplit('/', 1)[0]}/62"
    with workers(1, database_url=urls.app, redis_url=redis_url, home=home, more={}):
        asyncio.run(until_closed(urls.app, loaded[1]))
    dump = asyncio.run(_dump(urls.app, loaded[1]))
    services.drop_database(name)
    return dump


def test_an_undisturbed_run_bills_everybody_but_the_one_without_a_rate(
    undisturbed: list[str],
) -> None:
    """Ten invoices of the first month, nine of the second; one parked with its reason."""
    assert len([line for line in undisturbed if line.startswith("invoice: ")]) == 19
    (parked,) = [line for line in undisturbed if line.startswith("parked: ")]
    assert "RATE_MISSING" in parked


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_there_leaves_what_an_undisturbed_run_leaves(
    *,
    point: str,
    services: EmbeddedServices,
    clone: DatabaseUrls,
    loaded: Tenant,
    undisturbed: list[str],
    redis_url: str,
    tmp_path: Path,
) -> None:
    """SIGKILL at the point, FLUSHALL, then two workers: equal but for ids and numbers."""
    armed = point if point == "after_freeze" else f"{point}:2"
    settings = {"database_url": clone.app, "redis_url": redis_url, "home": tmp_path}
    with workers(1, more={"FORFAIT_FAULT_POINT": armed}, **settings) as (victim,):
        assert ended(victim) == -signal.SIGKILL
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
    with workers(2, more={}, **settings) as survivors:
        asyncio.run(until_closed(clone.app, loaded[1]))
    assert [one.returncode for one in survivors] == [0, 0]

    assert asyncio.run(_dump(clone.app, loaded[1])) == undisturbed


async def _dump(database_url: str, tenant_id: UUID) -> list[str]:
    db = Database(database_url, role="api", pool_size=1)
    async with db.transaction(tenant_id, actor="test") as tx:
        assert await broken(tx) == []
        dump = await canonical_dump(tx)
    await db.close()
    return dump
