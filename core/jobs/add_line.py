"""Add a line to a job that is not completed."""

from __future__ import annotations

from uuid import UUID

from core.db import Tx
from core.jobs import repository
from core.jobs.at_hand import job_at_hand, leave_trace
from core.jobs.choosing import present_terms
from core.jobs.lines import NewLine, check_count, checked_line
from core.jobs.records import Line
from core.kernel.ids import new_id


async def add_line(tx: Tx, *, job_id: UUID, line: NewLine) -> Line:
    """Add hours of a one-time service, goods or an expense.

    Raises:
        JobNotFound, JobBilled, WrongJobState, JobLinesRefused, CatalogueEntryUnknown,
        NoLongerOffered, NotForJobs, InvalidQuantity, NotRated
    """
    at_hand = await job_at_hand(tx, job_id, verb="add_line")
    check_count(len(at_hand.lines) + 1)
    product = await checked_line(tx, line, terms=await present_terms(tx, at_hand.job))
    added = Line(new_id(), at_hand.id, product.id, line.quantity)
    await repository.add_line(tx, added)
    await leave_trace(
        tx,
        action="job.line_added",
        job_id=at_hand.id,
        account_id=at_hand.account.id,
        details={"line": added.id, "product": product.code, "quantity": f"{line.quantity:f}"},
    )
    return added
