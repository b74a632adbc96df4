"""A process killed where money goes back and forth: what follows is what would have been.

A change is one transaction: killed between its credit note and its invoice, nothing of it is
there, and the next try does all of it, with the next number. A worker killed in a closing
with credit, layers and windows, at a reminder or after a gateway's answer leaves what an
undisturbed one leaves.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from core.db import Database
from core.embedded import DatabaseUrls, EmbeddedServices
from core.fault_points import BETWEEN_ASKING_AND_NOTING, OF_CHANGES, OF_CLAIMS
from tests.faults.living import load, told
from tests.faults.loaded import PATIENCE_SECONDS, ended, workers
from tests.invariants import broken

pytestmark = pytest.mark.slow

LOADED = "faults_living"
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
    redis_url = f"{services.urls.redis_url.rsplit('/', 1)[0]}/60"
    with workers(1, database_url=urls.app, redis_url=redis_url, home=home, more={}):
        found = asyncio.run(_settled(urls.app, loaded[1]))
    services.drop_database(name)
    return found


def test_an_undisturbed_worker_bills_collects_and_reminds(undisturbed: Told) -> None:
    """This month: `changed` owes 4 seats, 4 x 30.00 x 1.2 = 144.00, out of its credit.

    `carded` pays each of its three invoices of 3 x 30.00 x 1.2 = 108.00 once; `late` is
    reminded twice of the first two. A sender's utility templates at 0:00, 1:00, 2:00 and
    3:00 cost 4 x 0.03 = 0.12; the customer wrote at 1:30, so that two of them are free.
    """
    settled = [row[1:3] for row in undisturbed["settlements"] if row[0] == "carded-0"]
    assert [f"{paid:.2f} of {total:.2f}" for total, paid in settled] == ["108.00 of 108.00"] * 3
    attempts = [(row[1], row[3], row[4]) for row in undisturbed["collections"]]
    assert attempts == [("succeeded", 1, 1)] * 9
    late = [row[2:] for row in undisturbed["reminders"] if row[0] == "late-0"]
    assert [row for row in late if row[1] == 2] == [("exhausted", 2, False, 2)] * 2
    notes = [
        (int(row[5]), f"{row[6]:.2f}")
        for row in undisturbed["documents"]
        if row[0] == "sender-0" and row[4].startswith("Notes")
    ]
    assert sorted(notes) == [(-2, "-0.06"), (4, "0.12"), (4, "0.12")]


@pytest.mark.parametrize(
    "point", ["after_lines", "new_settled", *OF_CLAIMS, *BETWEEN_ASKING_AND_NOTING]
)
def test_a_worker_killed_there_leaves_what_an_undisturbed_one_leaves(
    *,
    point: str,
    clone: DatabaseUrls,
    loaded: Tenant,
    undisturbed: Told,
    redis_url: str,
    tmp_path: Path,
) -> None:
    """SIGKILL at the point; then two workers, and nothing is different or paid twice."""
    settings: dict[str, Any] = {
        "database_url": clone.app, "redis_url": redis_url, "home": tmp_path,
    }  # fmt: skip
    with workers(1, more={"FORFAIT_FAULT_POINT": point}, **settings) as (victim,):
        assert ended(victim) == -signal.SIGKILL
    asyncio.run(_leases_end(clone.app, loaded[1]))
    with workers(2, more={}, **settings) as survivors:
        found = asyncio.run(_settled(clone.app, loaded[1]))
    assert {one.returncode for one in survivors} <= {0, -signal.SIGTERM}

    assert found == undisturbed


@pytest.mark.parametrize(
    ("verb", "point"),
    [
        *(("reset", point) for point in ("before_numbers", *OF_CHANGES)),
        ("more", "before_numbers"),
        ("fewer", "credits_booked"),
    ],
)
def test_a_change_killed_there_leaves_nothing_and_is_done_by_the_next_try(
    *, verb: str, point: str, clone: DatabaseUrls, loaded: Tenant, services: EmbeddedServices
) -> None:
    """Nothing is given back without what is charged; the credit notes' numbers have no gap."""
    name = f"{LOADED}_changed"
    calm = services.create_database(name, template=loaded[0])
    assert _change(calm, loaded[1], verb) == 0
    wanted = asyncio.run(_told(calm.app, loaded[1]))
    services.drop_database(name)
    before = asyncio.run(_told(clone.app, loaded[1]))

    assert _change(clone, loaded[1], verb, point=point) == -signal.SIGKILL
    assert asyncio.run(_told(clone.app, loaded[1])) == before
    assert _change(clone, loaded[1], verb) == 0

    assert asyncio.run(_told(clone.app, loaded[1])) == wanted != before


def _change(urls: DatabaseUrls, tenant_id: UUID, verb: str, *, point: str = "") -> int:
    """Do one change in a process of its own; return its status."""
    command = (sys.executable, "-m", "tests.faults.living", urls.app, str(tenant_id), verb)
    known = {**os.environ, "FORFAIT_FAULT_POINT": point}
    return subprocess.run(command, env=known, check=False, timeout=60).returncode


_DUE_AGAIN = (
    "UPDATE collection SET next_at = now() WHERE tenant_id = $1 AND state = 'pending'",
    "UPDATE tenant_due SET due_at = now() WHERE tenant_id = $1",
    "UPDATE outbox SET next_at = now() WHERE tenant_id = $1 AND done_at IS NULL",
)


async def _leases_end(database_url: str, tenant_id: UUID) -> None:
    """Let the time pass for which a dead worker had claimed what it was at."""
    db = Database(database_url, role="api", pool_size=1)
    async with db.transaction(tenant_id, actor="test") as tx:
        for statement in _DUE_AGAIN:
            await tx.execute(statement, tenant_id)
    await db.close()


_WAITING = """
SELECT (SELECT count(*) FROM billing_period WHERE tenant_id = $1
        AND (state = 'frozen' OR (state = 'open' AND due_at <= $2)))
    + (SELECT count(*) FROM close_chunk WHERE tenant_id = $1 AND state = 'waiting')
    + (SELECT count(*) FROM collection WHERE tenant_id = $1
        AND state IN ('waiting', 'pending') AND next_at <= $2 + interval '1 hour')
    + (SELECT count(*) FROM dunning WHERE tenant_id = $1 AND state = 'open'
        AND next_at <= $2)
    + (SELECT count(*) FROM outbox WHERE tenant_id = $1 AND done_at IS NULL)
"""


async def _settled(database_url: str, tenant_id: UUID) -> Told:
    """Wait until nothing is due; return what became of it."""
    db = Database(database_url, role="api", pool_size=1)
    began = time.monotonic()
    try:
        while True:
            async with db.transaction(tenant_id, actor="test") as tx:
                waiting = await tx.fetchval(_WAITING, tenant_id, tx.now)
            if not waiting:
                break
            assert time.monotonic() - began < PATIENCE_SECONDS, f"{waiting} still wait"
            await asyncio.sleep(0.05)
    finally:
        await db.close()
    return await _told(database_url, tenant_id)


async def _told(database_url: str, tenant_id: UUID) -> Told:
    """Return what became of it, with sound books."""
    db = Database(database_url, role="api", pool_size=1)
    try:
        async with db.transaction(tenant_id, actor="test") as tx:
            assert await broken(tx) == []
        return await told(db, tenant_id)
    finally:
        await db.close()
