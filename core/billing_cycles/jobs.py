"""Billing completed jobs: by the workers, within a request, and when a test clock moves."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from core.billing_cycles.close import Closed, close_jobs
from core.billing_cycles.close_chunk import Open
from core.billing_cycles.discounting import read_bill_discounts
from core.billing_cycles.due_work import WorkDone
from core.billing_cycles.errors import NothingToPreview
from core.billing_cycles.facts import read_parties
from core.billing_cycles.job_rows import (
    claim_accounts,
    job_to_preview,
    jobs_due_by,
    jobs_of_accounts,
    lock_account,
    next_due,
    next_due_of,
    rows_of_jobs,
)
from core.billing_cycles.job_storing import park_jobs
from core.billing_cycles.metrics import INVOICES
from core.billing_cycles.park import traced
from core.billing_cycles.preview import Preview
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.snapshots import invoice_groups
from core.database_errors import is_repeatable, is_unavailable
from core.db import Database, Tx
from core.discounts.storing import DiscountTaken
from core.fault_points import reached
from core.invoices.numbering import SeriesMovedOn
from core.jobs.due import JOBS_DUE
from core.jobs.records import Job
from core.kernel.clock import Clock
from core.tenant_due import LONGEST_REST, due_tenants, hold_due, move_due

ACTOR: Final = "system:jobs"
TENANTS_AT_ONCE: Final = 100
ACCOUNTS_AT_ONCE: Final = 200
"""Accounts whose jobs one transaction bills."""
MOST_ROUNDS: Final = 50
"""Transactions that one look spends on a tenant; others have their turn then."""
REPEATS: Final = 3

_log = structlog.stdlib.get_logger(__name__)


async def bill_due_jobs(
    database: Database, *, pricing: Pricing, clock: Clock | None = None
) -> int:
    """Bill what is due in every tenant, the longest waiting first; return how many invoices."""
    async with database.transaction(None, actor=ACTOR, clock=clock) as tx:
        tenants = await due_tenants(tx, JOBS_DUE, limit=TENANTS_AT_ONCE)
    made = 0
    for tenant_id in tenants:
        try:
            made += await bill_jobs_of(database, tenant_id, pricing=pricing, clock=clock)
        except Exception as error:
            if is_unavailable(error):
                raise
            # One tenant's trouble is not the others'.
            _log.exception("jobs_failed", tenant_id=str(tenant_id))
    return made


async def bill_jobs_of(
    database: Database, tenant_id: UUID, *, pricing: Pricing, clock: Clock | None = None
) -> int:
    """Bill a tenant's due jobs, some accounts to a transaction; return how many invoices.

    Where storing a round fails as a whole, the accounts are tried one by one, and the jobs
    of the one that cannot be stored are parked.
    """

    def opened() -> AbstractAsyncContextManager[Tx]:
        return database.transaction(tenant_id, actor=ACTOR, clock=clock)

    made, limit = 0, ACCOUNTS_AT_ONCE
    for _round in range(MOST_ROUNDS):
        try:
            closed = await _repeated(opened, pricing=pricing, limit=limit)
        except Exception as error:
            if is_unavailable(error):
                raise
            _log.error("jobs_round_failed", tenant_id=str(tenant_id), trace=traced(error))
            if limit == 1:
                await _park_next(opened, error)
            limit = 1
            continue
        if closed is None:
            break
        made += len(closed.invoices)
    async with opened() as tx:
        await rest(tx)
    return made


async def _repeated(opened: Open, *, pricing: Pricing, limit: int) -> Closed | None:
    """Bill one round; begin again after a failure that passes by itself."""
    for attempt in range(REPEATS):
        try:
            return await _one_round(opened, pricing=pricing, limit=limit)
        except Exception as error:
            passes = is_repeatable(error) or isinstance(error, SeriesMovedOn | DiscountTaken)
            if not passes or attempt + 1 == REPEATS:
                raise
    raise AssertionError("unreachable")


async def _one_round(opened: Open, *, pricing: Pricing, limit: int) -> Closed | None:
    async with opened() as tx:
        accounts = await claim_accounts(tx, limit=limit)
        reached("after_claim")
        jobs = await jobs_of_accounts(tx, accounts) if accounts else []
        if not jobs:
            return None
        closed = await close_jobs(tx, jobs, pricing=pricing)
        reached("jobs_billed")
        reached("before_commit")
    reached("after_commit")
    INVOICES.inc(len(closed.invoices))
    return closed


async def _park_next(opened: Open, error: Exception) -> None:
    """Park the jobs of the account that a round of one account could not store."""
    async with opened() as tx:
        jobs = await jobs_of_accounts(tx, await claim_accounts(tx, limit=1))
        await park_jobs(tx, {job.id: error for job in jobs})


async def rest(tx: Tx) -> datetime:
    """Set when the workers look at this tenant's jobs again, and return that instant.

    At the latest after `LONGEST_REST`: a job that was completed by a transaction in flight
    is found then, and one that a closing was to take and did not.
    """
    await hold_due(tx, JOBS_DUE)
    found = await next_due(tx)
    latest = tx.now + LONGEST_REST
    wake_at = latest if found is None else min(found, latest)
    await move_due(tx, JOBS_DUE, to=wake_at)
    return wake_at


@dataclass(frozen=True, slots=True)
class JobsNow:
    """Bills jobs within a request, and as a test clock moves (`JobBilling`, `DueWork`).

    `pricing` is asked for each time: with third-party price models two must not share one.
    """

    pricing: Callable[[], Pricing]

    async def bill_now(self, tx: Tx, job_id: UUID) -> None:
        """Bill a job that is due; nothing happens while a discount of it is to be decided.

        Where the account takes one invoice for all, its other due jobs come along.
        """
        account_id = await tx.fetchval(
            "SELECT account_id FROM job WHERE tenant_id = $1 AND id = $2", tx.tenant_id, job_id
        )
        await lock_account(tx, account_id)
        jobs = await jobs_of_accounts(tx, [account_id])
        wanted = next((job for job in jobs if job.id == job_id), None)
        if wanted is None:
            return
        if wanted.invoice_per != "account":
            jobs = [wanted]
        await close_jobs(tx, jobs, pricing=self.pricing())

    async def next_due(self, tx: Tx, account_id: UUID) -> datetime | None:
        """Return when the account's next job is to be billed."""
        return await next_due_of(tx, account_id)

    async def run(self, tx: Tx, account_id: UUID, *, at: datetime) -> WorkDone:
        """Bill what the account has due by an instant of its own."""
        jobs = await jobs_due_by(tx, account_id, at=at)
        closed = await close_jobs(tx, jobs, pricing=self.pricing())
        return WorkDone([one.id for one in closed.invoices], len(closed.parked_jobs))


async def job_preview(tx: Tx, job: Job, *, now: datetime, pricing: Pricing) -> Preview:
    """Compute the invoice that the job would make by itself if it were completed now.

    What would park it raises.

    Raises:
        NothingToPreview: it is not billable, is cancelled, or billed already.
    """
    facts = await job_to_preview(tx, job.id, at=now)
    is_over = job.state == "cancelled" or (job.completed_at is not None and job.due_at is None)
    if facts is None or is_over:
        raise NothingToPreview("the job is not billable, cancelled, or billed already")
    rows = await rows_of_jobs(tx, [facts], pricing=pricing)
    await read_parties(tx, rows, pricing=pricing)
    await read_bill_discounts(tx, rows)
    groups = invoice_groups(rows)
    for error in groups.faulty.values():
        raise error
    (draft,) = await pricing.price([groups.invoices[0].snapshot()])
    if isinstance(draft, Exception):
        raise draft
    return Preview(facts.due_at, draft)
