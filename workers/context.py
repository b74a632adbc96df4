"""What a job finds in its context: the process's application, and whether it is to stop."""

from __future__ import annotations

from asyncio import Semaphore
from dataclasses import dataclass, field
from typing import Any, Final, cast

from arq import ArqRedis
from arq.worker import Worker

from core.billing_cycles.pricing import Pricing
from core.bootstrap import Application

CLOSINGS_AT_ONCE: Final = 2
"""Chunks that one process works on: while one waits for the database, one is priced."""


@dataclass(slots=True)
class WorkerContext:
    """One worker process. `worker` is arq's, once there is one."""

    application: Application
    pricing: Pricing
    closings: Semaphore = field(default_factory=lambda: Semaphore(CLOSINGS_AT_ONCE))
    worker: Worker | None = None
    is_stopping: bool = False

    @property
    def redis(self) -> ArqRedis | None:
        """The queue, or None while there is no connection to it."""
        return self.worker._pool if self.worker is not None else None  # noqa: SLF001


def context_of(ctx: dict[str, Any]) -> WorkerContext:
    """Return this process's context from arq's."""
    return cast("WorkerContext", ctx["forfait"])
