"""What reads many jobs, and what hangs from them, at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from api.context import ApiContext
from api.features.invoices.stored import StoredInvoice, invoices_by_id
from core.catalogue.entries import Entry, entries_by_ids
from core.jobs import repository
from core.jobs.records import Job, Line


@dataclass(frozen=True, slots=True)
class Billing:
    """Whether a job is billed, and by which invoice; None where it owed nothing."""

    is_billed: bool = False
    invoice: StoredInvoice | None = None


async def load_jobs(context: ApiContext, keys: list[UUID]) -> Sequence[Job | None]:
    """Load jobs by key."""
    async with context.transaction() as tx:
        found = await repository.jobs(tx, keys)
    return [found.get(key) for key in keys]


async def load_job_lines(context: ApiContext, keys: list[UUID]) -> Sequence[list[Line]]:
    """Load the lines of jobs."""
    async with context.transaction() as tx:
        found = await repository.lines_of(tx, keys)
    return [found.get(key, []) for key in keys]


async def load_job_types(context: ApiContext, keys: list[UUID]) -> Sequence[Entry | None]:
    """Load job types by key."""
    async with context.transaction() as tx:
        found = await entries_by_ids(tx, keys)
    return [found.get(key) for key in keys]


async def load_billings(context: ApiContext, keys: list[UUID]) -> Sequence[Billing]:
    """Load what billed jobs."""
    async with context.transaction() as tx:
        billed = await repository.billed_by(tx, keys)
        wanted = {key for key in billed.values() if key is not None}
        found = await invoices_by_id(tx, list(wanted)) if wanted else {}
    return [
        Billing(is_billed=True, invoice=found.get(billed[key] or key))
        if key in billed
        else Billing()
        for key in keys
    ]
