"""Begin the work of a job."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from core.db import Tx
from core.jobs import repository
from core.jobs.at_hand import job_at_hand, leave_trace
from core.jobs.records import Job


async def start_job(tx: Tx, *, job_id: UUID) -> Job:
    """Let a draft be in progress; its planned start and expected completion stay.

    Raises:
        JobNotFound, JobBilled, WrongJobState
    """
    at_hand = await job_at_hand(tx, job_id, verb="start")
    await repository.set_state(tx, at_hand.id, state=at_hand.next_state)
    await leave_trace(
        tx,
        action="job.started",
        job_id=at_hand.id,
        account_id=at_hand.account.id,
        details={"at": at_hand.now},
    )
    return replace(at_hand.job, state=at_hand.next_state)
