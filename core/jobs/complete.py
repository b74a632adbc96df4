"""Complete a job, which makes it due to be billed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from core.catalogue.terms_versions import load_terms_versions
from core.db import Tx
from core.jobs import repository
from core.jobs.at_hand import JobAtHand, job_at_hand, leave_trace
from core.jobs.due import JobBilling, due_time, tell_due
from core.jobs.records import Job
from core.jobs.refusals import JobLinesRefused


async def complete_job(tx: Tx, *, job_id: UUID, billing: JobBilling | None = None) -> Job:
    """Complete a job now, by its account's time; nobody types in another time.

    With `billing`, what is due at once is billed in this very transaction: commit right
    afterwards. Without, the workers do it.

    Raises:
        JobNotFound, JobBilled, WrongJobState
        JobLinesRefused: the job is billable and has no lines.
    """
    at_hand = await job_at_hand(tx, job_id, verb="complete")
    due_at = await _due_at(tx, at_hand)
    await repository.set_state(
        tx,
        at_hand.id,
        state=at_hand.next_state,
        completed_at=at_hand.now,
        due_at=due_at,
    )
    if billing is not None and due_at is not None and due_at <= at_hand.now:
        await billing.bill_now(tx, at_hand.id)
    # Behind the numbers, like a closing's: two of them must not wait for each other.
    await leave_trace(
        tx,
        action="job.completed",
        job_id=at_hand.id,
        account_id=at_hand.account.id,
        details={"at": at_hand.now, "expectedAt": at_hand.job.expected_at, "dueAt": due_at},
    )
    if due_at is not None and not at_hand.job.is_test:
        await tell_due(tx, at=due_at)
    return replace(
        at_hand.job, state=at_hand.next_state, completed_at=at_hand.now, due_at=due_at
    )


async def _due_at(tx: Tx, at_hand: JobAtHand) -> datetime | None:
    """Return when the job is billed; None where it is not."""
    job = at_hand.job
    if not job.is_billable:
        return None
    if not at_hand.lines:
        raise JobLinesRefused("the job has nothing to bill; add a line first", path=("job",))
    assert job.billing_terms_version_id is not None  # a CHECK: it is billable
    terms = await load_terms_versions(tx, [job.billing_terms_version_id])
    return await due_time(
        tx,
        bills=terms[job.billing_terms_version_id].bills,
        account=at_hand.account,
        now=at_hand.now,
    )
