"""A worker that stops, or is killed, leaves nothing that the next one tells as a fault."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
import redis

from core.config import load_settings
from tests.building import Shop, utc
from tests.workers.conftest import Working
from tests.workers.test_jobs import running
from workers.outbox import RELAY_JOB
from workers.queue import QUEUE, build_worker

PATIENCE_SECONDS = 20


async def soon(condition: Callable[[], object], *, pause: float) -> None:
    """Look until the condition holds."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_SECONDS:
        if condition():
            return
        await asyncio.sleep(pause)
    raise AssertionError("it did not come")


async def test_a_stop_leaves_nothing_half_done_in_the_queue(
    shop: Shop, working: Working, redis_url: str
) -> None:
    """Stopped ten times, each while jobs are picked: none is counted as tried and not done.

    While one of the ten crons of a second runs, it counts in `arq:retry:…`.
    """
    with redis.Redis.from_url(redis_url) as client:
        async with working(utc(2)) as context:
            for number in range(10):
                worker = build_worker(context, settings=load_settings(), redis_url=redis_url)
                task = asyncio.create_task(worker.async_run())
                await soon(worker.tasks.copy, pause=0)
                await asyncio.sleep(number / 1000)

                await worker.drain(seconds=PATIENCE_SECONDS)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                await worker.close()

                assert list(client.scan_iter("arq:retry:*")) == []
                assert worker.jobs_retried == 0
                assert worker.jobs_complete > 0


async def test_a_stop_does_not_wait_for_ever(
    shop: Shop, working: Working, redis_url: str
) -> None:
    """A job outlasts the 0.2 seconds that were granted: it is left to the next worker."""
    async with working(utc(2)) as context:
        worker = build_worker(context, settings=load_settings(), redis_url=redis_url)
        worker.tasks["slow"] = asyncio.create_task(asyncio.sleep(PATIENCE_SECONDS))
        began = time.monotonic()
        await worker.drain(seconds=0.2)

        assert 0.2 <= time.monotonic() - began < 2
        assert not worker.tasks["slow"].done()
        worker.tasks["slow"].cancel()


async def test_what_a_killed_worker_had_in_hand_is_no_fault(
    shop: Shop, working: Working, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A cron was tried once when its process was killed: the next worker runs it silently."""
    job_id = f"{RELAY_JOB}:1"
    with redis.Redis.from_url(redis_url) as client:
        async with working(utc(2)) as context, running(context, redis_url) as worker:
            worker.allow_pick_jobs = False
            await soon(lambda: worker._pool, pause=0.01)
            await worker.pool.enqueue_job(RELAY_JOB, _job_id=job_id, _queue_name=QUEUE)
            client.set(f"arq:retry:{job_id}", 1)
            worker.allow_pick_jobs = True
            await soon(lambda: not client.exists(f"arq:job:{job_id}"), pause=0.05)
        assert worker.jobs_failed == 0
    assert [one for one in caplog.records if "exceeded" in one.getMessage()] == []
