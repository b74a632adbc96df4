"""What the verbs of jobs answer: the whole job as the verb left it.

Read inside the transaction, so that a dry run shows what it would have done.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from api.context import ApiContext
from api.features.invoices.stored import invoices_by_id
from api.features.jobs import loading
from api.features.jobs.ids import JOB_ID, JOB_LINE_ID
from api.mutations import StoredAnswer, runner
from api.references import key_of
from core.db import Tx
from core.jobs import repository
from core.jobs.records import Job, Line
from core.jobs.refusals import JobLineNotFound, JobNotFound


@dataclass(frozen=True, slots=True)
class Changed:
    """A job after a verb; `line_id` is the line that the verb was about."""

    job: Job
    lines: tuple[Line, ...]
    billing: loading.Billing
    line_id: UUID | None = None

    @property
    def line(self) -> Line | None:
        """The line that the verb was about; one that has gone since then is None."""
        return next((line for line in self.lines if line.id == self.line_id), None)


async def changed(tx: Tx, job_id: UUID, *, line_id: UUID | None = None) -> Changed:
    """Read a job as the verb left it."""
    job = await repository.job(tx, job_id)
    assert job is not None  # the verb, or its first run, has just had it
    lines = (await repository.lines_of(tx, [job_id])).get(job_id, [])
    return Changed(job, tuple(lines), await _billing(tx, job_id), line_id)


async def _billing(tx: Tx, job_id: UUID) -> loading.Billing:
    billed = await repository.billed_by(tx, [job_id])
    if job_id not in billed:
        return loading.Billing()
    invoice_id = billed[job_id]
    found = {} if invoice_id is None else await invoices_by_id(tx, [invoice_id])
    return loading.Billing(is_billed=True, invoice=found.get(invoice_id or job_id))


def prime(context: ApiContext) -> Callable[[Tx, Changed], Awaitable[None]]:
    """Return what lets nested fields show what the transaction saw, dry runs included."""

    async def primed(_tx: Tx, answer: Changed) -> None:
        key = answer.job.id
        context.loaders.of(loading.load_job_lines).prime(key, list(answer.lines))
        context.loaders.of(loading.load_billings).prime(key, answer.billing)

    return primed


async def job_key(tx: Tx, text: str, *, path: tuple[str, ...] = ("job",)) -> UUID:
    """Return the key of a job that is named by id or ref.

    Raises:
        JobNotFound: none has the ref.
    """
    found = await key_of(tx, JOB_ID, text, table="job", code="ref", path=path)
    if found is None:
        raise JobNotFound("there is no such job; check its id or ref", path=path)
    return found


async def line_key(tx: Tx, text: str) -> tuple[UUID, UUID]:
    """Return the keys of a line and of its job.

    Raises:
        JobLineNotFound: there is no such line.
    """
    line_id = JOB_LINE_ID.parse(text, path=("line",))
    found = await repository.job_of_line(tx, line_id)
    if found is None:
        raise JobLineNotFound("there is no such line; check its id", path=("line",))
    return line_id, found


def _kept(answer: Changed) -> Mapping[str, Any]:
    line = answer.line_id
    return {"id": str(answer.job.id), "line": None if line is None else str(line)}


async def _recalled(tx: Tx, kept: Mapping[str, Any]) -> Changed:
    line = kept["line"]
    return await changed(tx, UUID(kept["id"]), line_id=None if line is None else UUID(line))


CHANGED: Final = StoredAnswer(keep=_kept, recall=_recalled)
run_change: Final = runner(CHANGED, prime=prime)
"""Runs a verb on a job, and shows from its answer what it changed."""
