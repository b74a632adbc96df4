"""Simulations by workers: in the background, resumed after a kill, each account once."""

from __future__ import annotations

import asyncio
import signal
import time
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from core.catalogue.apply import BUILT_INS
from core.embedded import DatabaseUrls
from core.fault_points import OF_SIMULATIONS
from core.kernel.clock import FixedClock
from core.simulations.cancel import cancel_simulation
from core.simulations.run import CHUNK, run_next_chunk
from core.simulations.start import StartSimulation, start_simulation
from tests.building import Shop, utc
from tests.faults.loaded import PATIENCE_SECONDS, ended, workers
from tests.invariants import broken
from tests.workers.conftest import Working
from workers.simulations import run_simulations

JANUARY = date(2026, 1, 1)
EDITED = """
price_plans:
  simple:
    name: Simple
    currency: EUR
    rates:
      seats: {base: 20}
      support: {base: 31}
      email: {base: 1.90, package: {size: 1000}}
"""


async def billed(shop: Shop, customers: int) -> None:
    """Customers with a seat each, January billed."""
    for number in range(customers):
        account = await shop.customer(f"c{number}")
        await shop.subscribed(account, ("seats", "1"))
    await shop.close(utc(2))


async def asked(shop: Shop) -> UUID:
    """Ask for the edited catalogue's January, at the database's time."""
    command = StartSimulation(JANUARY, catalogue=EDITED)
    async with shop.at() as tx:
        return (await start_simulation(tx, command, installed=BUILT_INS)).id


async def state(shop: Shop, key: UUID) -> tuple[Any, ...]:
    """Return where it is, how many accounts are done, and the sums."""
    (found,) = await shop.rows(
        "SELECT s.state, s.accounts_done, (SELECT count(*) FROM simulation_result r"
        " WHERE r.tenant_id = $1 AND r.simulation_id = s.id),"
        " (SELECT sum(after)::text FROM simulation_result r"
        " WHERE r.tenant_id = $1 AND r.simulation_id = s.id)"
        " FROM simulation s WHERE s.tenant_id = $1 AND s.id = $2",
        key,
    )
    return found


async def test_a_worker_runs_what_waits_and_then_rests(shop: Shop, working: Working) -> None:
    """Two customers at 20.00; the tenant is looked at again when somebody asks again."""
    await billed(shop, 2)
    key = await asked(shop)

    async with working(utc(2, 3, year=2027)) as context:
        assert await run_simulations(context) == 1
        assert await run_simulations(context) == 0

    assert await state(shop, key) == ("done", 2, 2, "40.0000")


async def test_cancelling_keeps_a_chunk_at_hand_from_being_stored(shop: Shop) -> None:
    """Two chunks of one; cancelled between them: the second one is never made."""
    await billed(shop, 2)
    key = await asked(shop)
    options: dict[str, Any] = {
        "pricing": shop.pricing, "installed": BUILT_INS, "clock": FixedClock(utc(3)),
        "chunk": 1,
    }  # fmt: skip
    await run_next_chunk(shop.db, shop.tenant_id, **options)
    async with shop.at() as tx:
        await cancel_simulation(tx, key)

    assert await run_next_chunk(shop.db, shop.tenant_id, **options) is None
    assert await state(shop, key) == ("cancelled", 1, 1, "20.0000")


async def test_a_catalogue_that_fits_no_more_fails_with_its_reason(shop: Shop) -> None:
    """It names a product that is not stored when a worker comes to it."""
    await billed(shop, 1)
    key = await asked(shop)
    async with shop.at() as tx:
        await tx.execute(
            "UPDATE simulation SET catalogue = 'price_plans: {simple: {name: S, currency: EUR,"
            " rates: {gone: {base: 1}}}}' WHERE tenant_id = $1",
            tx.tenant_id,
        )

    failed = await run_next_chunk(
        shop.db, shop.tenant_id, pricing=shop.pricing, installed=BUILT_INS
    )

    assert failed is not None
    assert (failed.state, failed.failure_code) == ("failed", "CATALOGUE_REFUSED")
    assert "gone" in (failed.failure_reason or "")
    assert (await state(shop, key))[:3] == ("failed", 0, 0)


@pytest.mark.slow
async def test_the_next_worker_goes_on_after_a_kill(
    *, shop: Shop, database: DatabaseUrls, redis_url: str, tmp_path: Path
) -> None:
    """SIGKILL before the second chunk's commit; another worker ends it, each account once."""
    customers = CHUNK + 3
    await billed(shop, customers)
    key = await asked(shop)
    settings: dict[str, Any] = {
        "database_url": database.app, "redis_url": redis_url, "home": tmp_path,
    }  # fmt: skip
    with workers(1, more={"FORFAIT_FAULT_POINT": f"{OF_SIMULATIONS[0]}:2"}, **settings) as (
        victim,
    ):
        assert await asyncio.to_thread(ended, victim) == -signal.SIGKILL
    assert (await state(shop, key))[:3] == ("running", CHUNK, CHUNK)

    with workers(1, more={}, **settings):
        began = time.monotonic()
        while (await state(shop, key))[0] == "running":
            assert time.monotonic() - began < PATIENCE_SECONDS
            await asyncio.sleep(0.05)

    assert await state(shop, key) == ("done", customers, customers, f"{20 * customers}.0000")
    async with shop.at() as tx:
        assert await broken(tx) == []
