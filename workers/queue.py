"""arq, behind one module: which jobs there are, and how they travel.

Redis holds wake-ups only. Jobs have names of their own (an older worker drops what it does
not know), travel as JSON, leave no results, and every outcome is in PostgreSQL.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import orjson
from arq import cron, func
from arq.connections import RedisSettings
from arq.worker import Worker

from core.config import Settings
from workers.alerts import ALERTS_JOB, raise_alerts_job
from workers.audit import SEAL_JOB, seal_audit
from workers.closing import (
    CLOSE_JOB,
    CLOSE_TIMEOUT_SECONDS,
    MOST_TRIES,
    SWEEP_JOB,
    close_chunks,
    sweep_job,
)
from workers.context import WorkerContext
from workers.interim import (
    INTERIM_JOB,
    WALLET_JOB,
    interim_invoices,
    suspend_short_wallets,
)
from workers.jobs import JOBS_JOB, bill_jobs
from workers.orders import ORDERS_JOB, post_orders_job
from workers.outbox import PURGE_JOB, RELAY_JOB, purge_outbox, relay_outbox
from workers.payments import PAYMENTS_JOB, claim_payments_job
from workers.simulations import SIMULATIONS_JOB, run_simulations_job

QUEUE: Final = "forfait"
EVERY_SECONDS: Final = 1
"""How often each cron job runs, on one worker of all: what Redis lost is found by then."""
CRON_TIMEOUT_SECONDS: Final = 60
PURGE_HOUR: Final = 3
REDIS_TIMEOUT_SECONDS: Final = 5


def to_json(job: dict[str, Any]) -> bytes:
    """Write a job as JSON; its arguments are texts and numbers."""
    return orjson.dumps(job, default=str)


def from_json(written: bytes) -> dict[str, Any]:
    """Read a job back."""
    job: dict[str, Any] = orjson.loads(written)
    return job


def redis_settings(url: str) -> RedisSettings:
    """Return how to connect: fail soon, because the supervisor tries again."""
    settings = RedisSettings.from_dsn(url)
    settings.conn_timeout = REDIS_TIMEOUT_SECONDS
    settings.conn_retries = 0
    return settings


class DrainingWorker(Worker):
    """arq's worker, which can come to rest without leaving a job half done in the queue."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._picking = asyncio.Lock()

    async def start_jobs(self, job_ids: list[bytes]) -> None:
        """Start jobs one by one, so that a stop is seen between two."""
        async with self._picking:
            for job_id in job_ids:
                if self.allow_pick_jobs:
                    await super().start_jobs([job_id])

    async def drain(self, *, seconds: float) -> None:
        """Pick no more, and wait for what runs, the job that is being picked included."""
        self.allow_pick_jobs = False
        try:
            async with asyncio.timeout(seconds):
                async with self._picking:
                    running = set(self.tasks.values())
                if running:
                    await asyncio.wait(running)
        except TimeoutError:
            return  # what runs too long is broken off, and done again by the next worker


def build_worker(
    context: WorkerContext, *, settings: Settings, redis_url: str
) -> DrainingWorker:
    """Make arq's worker of this process; the caller runs and closes it."""
    seconds = set(range(0, 60, EVERY_SECONDS))
    worker = DrainingWorker(
        functions=[
            func(
                close_chunks,
                name=CLOSE_JOB,
                keep_result=0,
                timeout=CLOSE_TIMEOUT_SECONDS,
                max_tries=MOST_TRIES,
            )
        ],
        cron_jobs=[
            cron(
                job,
                name=name,
                second=seconds,
                keep_result=0,
                timeout=CRON_TIMEOUT_SECONDS,
                max_tries=MOST_TRIES,
            )
            for job, name in (
                (sweep_job, SWEEP_JOB),
                (relay_outbox, RELAY_JOB),
                (seal_audit, SEAL_JOB),
                (bill_jobs, JOBS_JOB),
                (interim_invoices, INTERIM_JOB),
                (suspend_short_wallets, WALLET_JOB),
                (post_orders_job, ORDERS_JOB),
                (claim_payments_job, PAYMENTS_JOB),
                (raise_alerts_job, ALERTS_JOB),
                (run_simulations_job, SIMULATIONS_JOB),
            )
        ]
        + [cron(purge_outbox, name=PURGE_JOB, hour=PURGE_HOUR, minute=0, keep_result=0)],
        queue_name=QUEUE,
        redis_settings=redis_settings(redis_url),
        handle_signals=False,
        max_jobs=settings.worker_jobs,
        poll_delay=settings.worker_poll_ms / 1000,
        keep_result=0,
        log_results=False,
        job_serializer=to_json,
        job_deserializer=from_json,
        ctx={"forfait": context},
    )
    context.worker = worker
    return worker
