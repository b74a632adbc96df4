"""Jobs for customers: those that are completed and due are billed."""

from __future__ import annotations

from typing import Any, Final

from core.billing_cycles.jobs import bill_due_jobs
from workers.context import WorkerContext, context_of

JOBS_JOB: Final = "bill_jobs"


async def bill_jobs(ctx: dict[str, Any]) -> None:
    """Bill what is due, tenant by tenant."""
    await bill_jobs_by(context_of(ctx))


async def bill_jobs_by(context: WorkerContext) -> int:
    """Bill what is due with this process's settings; return how many invoices were made."""
    application = context.application
    return await bill_due_jobs(
        application.database, pricing=context.pricing, clock=application.clock
    )
