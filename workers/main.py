"""A worker process: arq's loop under a supervisor that outlives a lost Redis.

While there is no queue, the process does by itself, once a second, what the queue would
have told it: sweep, close, relay, seal. SIGTERM and SIGINT let running transactions end.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import uvloop
from redis.exceptions import RedisError

from core.billing_cycles.pricing import Pricing
from core.bootstrap import bootstrap
from core.config import Settings
from core.embedded import ServiceUrls
from core.embedded.process import tell_ready
from core.logging import configure_logging, get_logger
from workers.alerts import raise_due_alerts
from workers.audit import seal_waiting
from workers.closing import close_waiting, swept_by
from workers.context import WorkerContext
from workers.interim import invoice_interims, suspend_wallets
from workers.jobs import bill_jobs_by
from workers.orders import post_due_orders
from workers.outbox import relay
from workers.payments import claim_payments
from workers.queue import build_worker
from workers.simulations import run_simulations

PAUSE_SECONDS: Final = 1.0
STOP_SECONDS: Final = 25.0

_log = get_logger(__name__)


def run_worker(settings: Settings, urls: ServiceUrls) -> None:
    """Work until SIGTERM or SIGINT."""
    configure_logging(level=settings.log_level, log_format=settings.log_format)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work(settings, urls))


async def work(settings: Settings, urls: ServiceUrls) -> None:
    """Put the process together and keep it working until a signal comes."""
    async with bootstrap(settings, urls, role="worker") as application:
        context = WorkerContext(application, Pricing(application.host, application.pool))
        stopping = asyncio.Event()
        _on_signals(stopping.set)
        _log.info("worker_started")
        tell_ready()
        while not stopping.is_set():
            await _by_queue(context, stopping, redis_url=urls.redis_url)
            if not stopping.is_set():
                await _by_itself(context)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), PAUSE_SECONDS)
        _log.info("worker_stopped")


def _on_signals(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)


async def _by_queue(context: WorkerContext, stopping: asyncio.Event, *, redis_url: str) -> None:
    """Run arq's loop until Redis is lost or the process is to stop."""
    worker = build_worker(context, settings=context.application.settings, redis_url=redis_url)
    running = asyncio.create_task(worker.async_run())
    waiting = asyncio.create_task(stopping.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if stopping.is_set():
        context.is_stopping = True
        await worker.drain(seconds=STOP_SECONDS)
    waiting.cancel()
    running.cancel()
    try:
        await running
    except asyncio.CancelledError:
        pass
    except Exception as error:  # noqa: BLE001 - whatever ends arq's loop, we go on
        _log.warning("queue_lost", reason=f"{type(error).__name__}: {error}")
    context.worker = None
    with suppress(RedisError, OSError, TimeoutError, asyncio.CancelledError):
        await worker.close()


async def _by_itself(context: WorkerContext) -> None:
    """Do one round of everything without the queue."""
    try:
        swept = await swept_by(context)
        for tenant_id, run_id in swept.waiting:
            await close_waiting(context, tenant_id, run_id)
        await bill_jobs_by(context)
        await invoice_interims(context)
        await suspend_wallets(context)
        await post_due_orders(context)
        await claim_payments(context)
        await raise_due_alerts(context)
        await run_simulations(context)
        await relay(context)
        await seal_waiting(context)
    except Exception as error:  # noqa: BLE001 - the database may be away too; try again
        _log.warning("round_failed", reason=f"{type(error).__name__}: {error}")
