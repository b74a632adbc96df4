"""A worker killed between a gateway's answer and its commit: the money is booked once."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from core.embedded import DatabaseUrls
from core.fault_points import BETWEEN_ASKING_AND_NOTING
from core.payments.gateways import gateways_of
from core.payments.methods import AddMethod, add_method
from tests.building import Shop
from tests.faults.loaded import PATIENCE_SECONDS, ended, months, workers
from tests.invariants import broken

pytestmark = pytest.mark.slow

CUSTOMERS = 3


async def owing(shop: Shop) -> None:
    """Customers in real time whose last month and this one are billed in advance."""
    _before, last = months()
    for number in range(CUSTOMERS):
        client = await shop.customer(f"c{number}", opened=last)
        command = AddMethod(
            account_id=client, gateway="test", kind="card", token="ok", label="Visa"
        )
        async with shop.at(last) as tx:
            await add_method(
                tx, command, gateways=gateways_of(shop.host), allows_simulated=True
            )
        await shop.subscribed(client, ("seats", "1"), terms="advance", now=last)


async def collected(shop: Shop) -> list[tuple[Any, ...]]:
    """Wait until nothing is open; return attempts and payments of each collection."""
    began = time.monotonic()
    open_ones = "SELECT count(*) FROM invoice_settlement WHERE tenant_id = $1 AND paid < total"
    billed = "SELECT count(*) FROM invoice WHERE tenant_id = $1"
    while (await shop.rows(billed))[0][0] < CUSTOMERS or (await shop.rows(open_ones))[0][0]:
        assert time.monotonic() - began < PATIENCE_SECONDS
        await asyncio.sleep(0.05)
    return await shop.rows(
        "SELECT c.state, c.attempts, count(p.id) FROM collection c LEFT JOIN payment p"
        " ON p.tenant_id = $1 AND p.collection_id = c.id WHERE c.tenant_id = $1"
        " GROUP BY c.tenant_id, c.id"
    )


@pytest.mark.parametrize("point", BETWEEN_ASKING_AND_NOTING)
async def test_the_next_worker_asks_under_the_same_key(
    *, point: str, shop: Shop, database: DatabaseUrls, redis_url: str, tmp_path: Path
) -> None:
    """SIGKILL at the second answer; the lease ends; another worker books each payment once."""
    await owing(shop)
    settings: dict[str, Any] = {
        "database_url": database.app, "redis_url": redis_url, "home": tmp_path,
    }  # fmt: skip
    with workers(1, more={"FORFAIT_FAULT_POINT": f"{point}:2"}, **settings) as (victim,):
        assert await asyncio.to_thread(ended, victim) == -signal.SIGKILL
    async with shop.at() as tx:
        await tx.execute(
            "UPDATE collection SET next_at = now() WHERE tenant_id = $1 AND state = 'pending'",
            tx.tenant_id,
        )
        await tx.execute(
            "UPDATE tenant_due SET due_at = now() WHERE tenant_id = $1 AND kind = 'payments'",
            tx.tenant_id,
        )

    with workers(1, more={}, **settings):
        found = await collected(shop)

    assert len(found) >= CUSTOMERS
    assert set(found) == {("succeeded", 1, 1)}
    async with shop.at() as tx:
        assert await broken(tx) == []
