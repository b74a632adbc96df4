"""A worker that is killed anywhere while it bills jobs leaves nothing half done."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import datetime

import pytest

from core.embedded import DatabaseUrls
from tests.building import utc
from tests.integration.jobs.conftest import Works

WORKER = """
import asyncio, sys
from datetime import datetime
from core.billing_cycles.jobs import bill_due_jobs
from core.billing_cycles.pricing import Pricing
from core.db import Database
from core.kernel.clock import FixedClock

async def work(url, now):
    db = Database(url, role="worker", pool_size=1)
    await bill_due_jobs(db, pricing=Pricing(), clock=FixedClock(datetime.fromisoformat(now)))
    await db.close()

asyncio.run(work(*sys.argv[1:]))
"""
POINTS = ("after_claim", "after_read", "after_lines", "before_numbers", "before_commit")
NIGHT = utc(1, 2)


async def a_worker(url: str, *, now: datetime, point: str) -> int | None:
    """Run a worker in a process of its own that is killed at a point; return how it ended."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        WORKER,
        url,
        now.isoformat(),
        env={**os.environ, "FORFAIT_FAULT_POINT": point},
    )
    return await process.wait()


@pytest.mark.parametrize("point", POINTS)
async def test_a_kill_before_the_commit_leaves_nothing_and_the_next_worker_bills_all(
    works: Works, module_database: DatabaseUrls, point: str
) -> None:
    """Three jobs of 8, tax 20 %: no trace of the killed worker, then three invoices of 9.60."""
    for number in range(3):
        client = await works.shop.customer(f"c{number}")
        await works.completed(await works.job(client, ("antenna", "1"), terms="by-night"))

    ended = await a_worker(module_database.app, now=NIGHT, point=point)

    assert ended == -signal.SIGKILL
    assert await works.shop.invoices() == []
    assert await works.shop.rows("SELECT job_id FROM job_billing WHERE tenant_id = $1") == []
    assert await works.worked(NIGHT) == 3
    assert [one["total"] for one in await works.shop.invoices()] == ["9.60"] * 3


async def test_a_kill_behind_the_commit_leaves_the_invoice_and_no_second_one(
    works: Works, module_database: DatabaseUrls
) -> None:
    """The killed worker's invoice is final; the next worker finds nothing due."""
    client = await works.shop.customer()
    await works.completed(await works.job(client, ("antenna", "1"), terms="by-night"))

    ended = await a_worker(module_database.app, now=NIGHT, point="after_commit")

    assert ended == -signal.SIGKILL
    assert len(await works.shop.invoices()) == 1
    assert await works.worked(NIGHT) == 0
    assert len(await works.shop.invoices()) == 1
