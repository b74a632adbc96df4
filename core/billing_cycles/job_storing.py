"""What billing a job leaves beside the invoice: that it is billed, or why it is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final
from uuid import UUID

import structlog

from core.billing_cycles.park import FIRST_PAUSE, LONGEST_PAUSE, code_and_reason, traced
from core.db import Tx
from core.jobs.due import wake_jobs
from core.kernel.errors import Refusal

_BILLED: Final = """
INSERT INTO job_billing (tenant_id, job_id, invoice_id, created_at)
SELECT $1, n.job_id, n.invoice_id, $4
FROM unnest($2::uuid[], $3::uuid[]) AS n (job_id, invoice_id)
"""
_NOT_DUE: Final = """
UPDATE job SET due_at = NULL, park_code = NULL, park_reason = NULL, retry_at = NULL
WHERE tenant_id = $1 AND id = ANY ($2::uuid[]) AND due_at IS NOT NULL RETURNING id
"""
_PARK: Final = """
UPDATE job j SET park_code = n.code, park_reason = n.reason, attempts = j.attempts + 1,
    retry_at = $5::timestamptz
        + least($6::interval * power(2, least(j.attempts, 20)), $7::interval)
FROM unnest($2::uuid[], $3::text[], $4::text[]) AS n (id, code, reason)
WHERE j.tenant_id = $1 AND j.id = n.id
"""
_RETRY_NOW: Final = """
UPDATE job SET retry_at = $3
WHERE tenant_id = $1 AND id = $2 AND retry_at IS NOT NULL RETURNING id
"""

_log = structlog.stdlib.get_logger(__name__)


class JobNotParked(Refusal):
    """Billing the job did not fail; there is nothing to try again."""

    code: ClassVar[str] = "JOB_NOT_PARKED"


class JobTaken(Exception):
    """A job that was read as due is billed by now: somebody else was quicker."""


async def store_job_billings(tx: Tx, billed: Sequence[tuple[UUID, UUID | None]]) -> None:
    """Store which invoice billed each job; None where it owed nothing.

    The key of `job_billing` is the job's: whoever comes second fails as a whole.

    Raises:
        JobTaken: one of them is not due any more.
    """
    if not billed:
        return
    jobs = [job_id for job_id, _invoice in billed]
    invoices = [invoice_id for _job, invoice_id in billed]
    await tx.execute(_BILLED, tx.tenant_id, jobs, invoices, tx.now)
    marked = await tx.fetch(_NOT_DUE, tx.tenant_id, jobs)
    if len(marked) != len(jobs):
        raise JobTaken(f"{len(jobs) - len(marked)} jobs are billed already")


async def park_jobs(tx: Tx, faults: Mapping[UUID, Exception]) -> None:
    """Store why jobs could not be billed, and plan the next try: 5, 10, 20 … minutes."""
    if not faults:
        return
    told = [_told(job_id, error) for job_id, error in faults.items()]
    codes, reasons = [code for code, _ in told], [reason for _, reason in told]
    await tx.execute(
        _PARK, tx.tenant_id, list(faults), codes, reasons, tx.now, FIRST_PAUSE, LONGEST_PAUSE
    )


def _told(job_id: UUID, error: Exception) -> tuple[str, str]:
    if not isinstance(error, Refusal):
        _log.error("job_pricing_failed", job_id=str(job_id), trace=traced(error))
    return code_and_reason(error)


async def retry_job(tx: Tx, job_id: UUID) -> None:
    """Let a job whose billing failed be tried again at once, by the workers.

    Raises:
        JobNotParked: its billing did not fail.
    """
    if not await tx.fetch(_RETRY_NOW, tx.tenant_id, job_id, tx.now):
        raise JobNotParked("billing the job has not failed", path=("job",))
    await wake_jobs(tx)
