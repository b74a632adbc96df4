"""Take a line off a job that is not completed."""

from __future__ import annotations

from uuid import UUID

from core.db import Tx
from core.jobs import repository
from core.jobs.at_hand import job_at_hand, leave_trace
from core.jobs.records import Line


async def remove_line(tx: Tx, *, job_id: UUID, line_id: UUID) -> Line:
    """Remove a line, and return it as it was.

    Raises:
        JobNotFound, JobBilled, WrongJobState, JobLineNotFound
    """
    at_hand = await job_at_hand(tx, job_id, verb="remove_line")
    line = at_hand.line(line_id)
    await repository.remove_line(tx, line)
    await leave_trace(
        tx,
        action="job.line_removed",
        job_id=at_hand.id,
        account_id=at_hand.account.id,
        details={"line": line.id, "quantity": f"{line.quantity:f}"},
    )
    return line
