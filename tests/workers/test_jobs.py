"""Jobs are hints: what there is to do is in PostgreSQL, and Redis may lose all of it."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import redis
from arq import Retry

from core import audit
from core.kernel.ids import new_id
from core.plugin_host import installed_sources
from tests.building import Shop, utc
from tests.plugins import listening
from tests.workers.conftest import Working
from workers.audit import seal_waiting
from workers.closing import close_chunks
from workers.context import WorkerContext
from workers.main import _by_itself
from workers.outbox import purge, relay
from workers.queue import build_worker

PATIENCE_SECONDS = 20


@asynccontextmanager
async def running(context: WorkerContext, redis_url: str):
    """Run arq's loop in the background, and stop it in the end."""
    worker = build_worker(context, settings=context.application.settings, redis_url=redis_url)
    task = asyncio.create_task(worker.async_run())
    try:
        yield worker
    finally:
        context.is_stopping = True
        worker.allow_pick_jobs = False
        if worker.tasks:
            await asyncio.wait(set(worker.tasks.values()), timeout=PATIENCE_SECONDS)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await worker.close()


async def until(shop: Shop, invoices: int) -> float:
    """Wait until there are so many invoices; return the seconds it took."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_SECONDS:
        if len(await shop.invoices()) >= invoices:
            return time.monotonic() - began
        await asyncio.sleep(0.05)
    raise AssertionError(f"{len(await shop.invoices())} of {invoices} invoices")


async def customers(shop: Shop, count: int) -> None:
    """Open accounts with a seat each."""
    for number in range(count):
        await shop.subscribed(await shop.customer(f"c{number}"), ("seats", "1"))


async def test_a_worker_finds_what_is_due_without_being_told(
    shop: Shop, working: Working, redis_url: str
) -> None:
    """Five customers in chunks of 2: frozen and closed by the cron alone."""
    await customers(shop, 5)
    async with working(utc(2)) as context, running(context, redis_url):
        assert await until(shop, 5) < 10


async def test_an_emptied_redis_loses_no_work(
    shop: Shop, working: Working, redis_url: str
) -> None:
    """Emptied again and again while six customers are closed."""
    await customers(shop, 6)
    with redis.Redis.from_url(redis_url) as client:
        async with working(utc(2)) as context, running(context, redis_url):
            for _flush in range(5):
                client.flushdb()
                await asyncio.sleep(0.2)
            await until(shop, 6)
    assert await shop.close(utc(2)) == 0


async def test_a_round_without_any_redis_does_everything(shop: Shop, working: Working) -> None:
    """What the supervisor does while the queue is away: close, relay and seal."""
    await customers(shop, 3)
    async with working(utc(2)) as context:
        await _by_itself(context)

    assert len(await shop.invoices()) == 3
    assert (
        await shop.rows("SELECT id FROM outbox WHERE tenant_id = $1 AND done_at IS NULL") == []
    )
    assert await shop.rows("SELECT entry_id FROM audit_unsealed WHERE tenant_id = $1") == []


async def test_a_hint_for_a_run_that_is_done_or_unknown_does_nothing(
    shop: Shop, working: Working
) -> None:
    """A late wake-up, and one that is made up."""
    await customers(shop, 1)
    await shop.close(utc(2))
    (run,) = (await shop.rows("SELECT id FROM close_run WHERE tenant_id = $1"))[0]
    async with working(utc(2)) as context:
        for known in (run, new_id()):
            assert (
                await close_chunks({"forfait": context}, str(shop.tenant_id), str(known)) == 0
            )
    assert len(await shop.invoices()) == 1


async def test_a_busy_process_leaves_a_hint_to_another_one(
    shop: Shop, working: Working
) -> None:
    """Both of its places are taken: the job goes back to the queue for a tenth of a second."""
    async with working(utc(2)) as context, context.closings, context.closings:
        with pytest.raises(Retry):
            await close_chunks({"forfait": context}, str(shop.tenant_id), str(new_id()))


async def test_observers_hear_of_every_invoice_once_it_is_committed(
    shop: Shop, working: Working
) -> None:
    """Three invoices, three events of that kind, each with an id of its own."""
    listening.heard.clear()
    await customers(shop, 3)
    await shop.close(utc(2))
    async with working(utc(2), plugins=[*installed_sources(), listening]) as context:
        await relay(context)
        await relay(context)

    assert [event.kind for event in listening.heard] == ["invoice.finalised"] * 3
    assert len({event.id for event in listening.heard}) == 3
    assert listening.heard[0].facts["total"] == "30.00"


async def test_an_observer_that_fails_is_told_again_later(shop: Shop, working: Working) -> None:
    """It fails once: the event waits 2 seconds with the reason, and comes again."""
    listening.heard.clear()
    await customers(shop, 1)
    await shop.close(utc(2))
    listening.failures.append("not now")
    plugins = [*installed_sources(), listening]
    async with working(utc(2), plugins=plugins) as context:
        await relay(context)
    waiting = await shop.rows(
        "SELECT attempts, error FROM outbox WHERE tenant_id = $1 AND done_at IS NULL"
    )
    assert waiting == [(1, "listening 1.0: RuntimeError: not now")]
    assert listening.heard == []

    async with working(utc(2, 1, 1), plugins=plugins) as context:
        await relay(context)
    assert [event.kind for event in listening.heard] == ["invoice.finalised"]


async def test_sealing_takes_everything_that_waits(shop: Shop, working: Working) -> None:
    """The chain is whole afterwards, and a second round has nothing to do."""
    await customers(shop, 2)
    async with working(utc(2)) as context:
        assert await seal_waiting(context) > 0
        assert await seal_waiting(context) == 0
    async with shop.at() as tx:
        report = await audit.verify(tx)
    assert (report.is_intact, report.waiting) == (True, 0)


def test_jobs_travel_as_json() -> None:
    """So that nobody who can write to Redis can have code run by it."""
    from workers.queue import from_json, to_json

    job = {"t": 1, "f": "close_chunks", "a": ["tenant", "run"], "k": {}, "et": 1}
    assert to_json(job).startswith(b"{")
    assert from_json(to_json(job)) == job


async def test_what_was_delivered_is_removed_a_month_later(
    shop: Shop, working: Working
) -> None:
    """Two invoices are told of on 1 February; the rows go after 30 days, not on the 30th."""
    await customers(shop, 2)
    await shop.close(utc(2))
    async with working(utc(2)) as context:
        told = await relay(context)
    async with working(utc(2) + timedelta(days=30)) as context:
        assert await purge(context) == 0
    async with working(utc(2) + timedelta(days=30, seconds=1)) as context:
        assert await purge(context) == told > 0
        assert await purge(context) == 0
