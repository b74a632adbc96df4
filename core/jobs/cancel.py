"""Cancel a job that is not billed."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from core.db import Tx
from core.jobs import repository
from core.jobs.at_hand import job_at_hand, leave_trace
from core.jobs.records import Job


async def cancel_job(tx: Tx, *, job_id: UUID) -> Job:
    """Let a job come to nothing; also one that is completed and waits to be billed.

    Raises:
        JobNotFound, JobBilled, WrongJobState
    """
    at_hand = await job_at_hand(tx, job_id, verb="cancel")
    await repository.set_state(tx, at_hand.id, state=at_hand.next_state)
    await leave_trace(
        tx,
        action="job.cancelled",
        job_id=at_hand.id,
        account_id=at_hand.account.id,
        details={"was": at_hand.job.state, "completedAt": at_hand.job.completed_at},
    )
    return replace(
        at_hand.job,
        state=at_hand.next_state,
        completed_at=None,
        due_at=None,
        park_code=None,
        park_reason=None,
        retry_at=None,
    )
