"""A locked job with everything that a change of it is decided by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from core import outbox
from core.accounts import history
from core.accounts import repository as accounts
from core.accounts.clock import account_now
from core.accounts.records import Account
from core.db import Tx
from core.jobs import repository
from core.jobs.lifecycle import State, Verb, after
from core.jobs.records import Job, Line
from core.jobs.refusals import JobLineNotFound, JobNotFound


@dataclass(frozen=True, slots=True)
class JobAtHand:
    """The job, its account and its lines; `now` is the account's time.

    `next_state` is where the verb leads.
    """

    job: Job
    account: Account
    now: datetime
    next_state: State
    lines: tuple[Line, ...]

    @property
    def id(self) -> UUID:
        """The job's id."""
        return self.job.id

    def line(self, line_id: UUID) -> Line:
        """Return a line of the job, or refuse."""
        for line in self.lines:
            if line.id == line_id:
                return line
        raise JobLineNotFound("the job has no such line; check its id", path=("line",))


async def job_at_hand(tx: Tx, job_id: UUID, *, verb: Verb) -> JobAtHand:
    """Lock a job, read it, and decide whether its state allows the verb.

    Raises:
        JobNotFound, JobBilled, WrongJobState
    """
    locked = await repository.lock_job(tx, job_id)
    if locked is None:
        raise JobNotFound("there is no such job; check its id or ref", path=("job",))
    account = await accounts.account(tx, locked.account_id)
    assert account is not None  # a foreign key
    billed = await repository.billed_by(tx, [locked.id])
    return JobAtHand(
        job=locked,
        account=account,
        now=account_now(tx, account),
        next_state=after(locked.state, verb, is_billed=locked.id in billed),
        lines=tuple((await repository.lines_of(tx, [locked.id]))[locked.id]),
    )


async def leave_trace(
    tx: Tx, *, action: str, job_id: UUID, account_id: UUID, details: Mapping[str, Any]
) -> None:
    """Write the account's history (with it the audit entry) and queue the notification."""
    await history.append(
        tx,
        account_id=account_id,
        action=action,
        subject_type="job",
        subject_id=job_id,
        details=details,
    )
    await outbox.append(
        tx,
        topic=action,
        subject_id=job_id,
        payload={"account": account_id, "job": job_id, **details},
    )
