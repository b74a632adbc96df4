"""All SQL of jobs and their lines. Reads of many are set-based."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final
from uuid import UUID

import orjson
from sqlmodel import col

from core.db import Tx
from core.jobs.lifecycle import State
from core.jobs.records import Job, Line
from core.jobs.tables import JobLineRow, JobRow
from core.rows import add_row, column_list, fetch_record, first_record, selecting, to_record

_JOB: Final = column_list(Job)
_LINE: Final = column_list(Line)


async def job(tx: Tx, job_id: UUID) -> Job | None:
    """Return a job of this tenant."""
    return (await jobs(tx, [job_id])).get(job_id)


async def job_by_ref(tx: Tx, ref: str) -> Job | None:
    """Return the job that the tenant calls so."""
    mine = selecting(JobRow, Job).where(
        col(JobRow.tenant_id) == tx.tenant_id, col(JobRow.ref) == ref
    )
    return await first_record(tx, Job, mine)


async def jobs(tx: Tx, ids: Sequence[UUID]) -> Mapping[UUID, Job]:
    """Return those of the jobs that this tenant has, by id."""
    rows = await tx.fetch(
        f"SELECT {_JOB} FROM job WHERE tenant_id = $1 AND id = ANY($2::uuid[])",  # noqa: S608
        tx.tenant_id,
        list(ids),
    )
    return {row["id"]: to_record(Job, row) for row in rows}


async def lock_job(tx: Tx, job_id: UUID) -> Job | None:
    """Lock a job until the transaction ends, and return it as it is then."""
    return await fetch_record(
        tx,
        Job,
        f"SELECT {_JOB} FROM job WHERE tenant_id = $1 AND id = $2 FOR UPDATE",  # noqa: S608
        tx.tenant_id,
        job_id,
    )


async def add_job(tx: Tx, made: Job) -> bool:
    """Insert a job; False when its ref is taken, and nothing is inserted."""
    attributes = orjson.dumps(dict(made.attributes)).decode()
    values = asdict(made) | {"attributes": attributes, "tenant_id": tx.tenant_id}
    names = ", ".join(values)
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    stored = await tx.fetchval(
        f"INSERT INTO job ({names}) VALUES ({places})"  # noqa: S608 - our columns
        " ON CONFLICT (tenant_id, ref) DO NOTHING RETURNING id",
        *values.values(),
    )
    return stored is not None


async def set_state(
    tx: Tx,
    job_id: UUID,
    *,
    state: State,
    completed_at: datetime | None = None,
    due_at: datetime | None = None,
) -> None:
    """Set the state of a locked job; what kept it from being billed is forgotten."""
    await tx.execute(
        "UPDATE job SET state = $3, completed_at = $4, due_at = $5, park_code = NULL,"
        " park_reason = NULL, retry_at = NULL WHERE tenant_id = $1 AND id = $2",
        tx.tenant_id,
        job_id,
        state,
        completed_at,
        due_at,
    )


async def set_description(tx: Tx, changed: Job) -> None:
    """Set the description, the classification and the attributes of a locked job."""
    await tx.execute(
        "UPDATE job SET description = $3, classification = $4, attributes = $5"
        " WHERE tenant_id = $1 AND id = $2",
        tx.tenant_id,
        changed.id,
        changed.description,
        changed.classification,
        orjson.dumps(dict(changed.attributes)).decode(),
    )


async def set_terms(tx: Tx, changed: Job) -> None:
    """Set the terms, the plan and the due time of a locked job; it is tried again at once."""
    await tx.execute(
        "UPDATE job SET billing_terms_version_id = $3, price_plan_version_id = $4,"
        " base_plan_version_id = $5, currency = $6, due_at = $7, park_code = NULL,"
        " park_reason = NULL, retry_at = NULL WHERE tenant_id = $1 AND id = $2",
        tx.tenant_id,
        changed.id,
        changed.billing_terms_version_id,
        changed.price_plan_version_id,
        changed.base_plan_version_id,
        changed.currency,
        changed.due_at,
    )


async def billed_by(tx: Tx, job_ids: Sequence[UUID]) -> Mapping[UUID, UUID | None]:
    """Return the invoice of each job that is billed; None where it owed nothing."""
    rows = await tx.fetch(
        "SELECT job_id, invoice_id FROM job_billing"
        " WHERE tenant_id = $1 AND job_id = ANY($2::uuid[])",
        tx.tenant_id,
        list(job_ids),
    )
    return {row["job_id"]: row["invoice_id"] for row in rows}


async def lines_of(tx: Tx, job_ids: Sequence[UUID]) -> Mapping[UUID, list[Line]]:
    """Return the lines of each job in the order in which they were added."""
    rows = await tx.fetch(
        f"SELECT {_LINE} FROM job_line WHERE tenant_id = $1"  # noqa: S608 - our columns
        " AND job_id = ANY($2::uuid[]) ORDER BY job_id, id",
        tx.tenant_id,
        list(job_ids),
    )
    found: dict[UUID, list[Line]] = defaultdict(list)
    for row in rows:
        found[row["job_id"]].append(to_record(Line, row))
    return found


async def job_of_line(tx: Tx, line_id: UUID) -> UUID | None:
    """Return the job that a line belongs to."""
    found: UUID | None = await tx.fetchval(
        "SELECT job_id FROM job_line WHERE tenant_id = $1 AND id = $2 LIMIT 1",
        tx.tenant_id,
        line_id,
    )
    return found


async def add_line(tx: Tx, line: Line) -> None:
    """Insert a line."""
    await add_row(tx, JobLineRow, **asdict(line), tenant_id=tx.tenant_id, created_at=tx.now)


async def set_quantity(tx: Tx, line: Line) -> None:
    """Set the quantity of a line."""
    await tx.execute(
        "UPDATE job_line SET quantity = $4 WHERE tenant_id = $1 AND job_id = $2 AND id = $3",
        tx.tenant_id,
        line.job_id,
        line.id,
        line.quantity,
    )


async def remove_line(tx: Tx, line: Line) -> None:
    """Take a line away."""
    await tx.execute(
        "DELETE FROM job_line WHERE tenant_id = $1 AND job_id = $2 AND id = $3",
        tx.tenant_id,
        line.job_id,
        line.id,
    )


async def next_closing(tx: Tx, account_id: UUID) -> datetime | None:
    """Return when the account's next billing periods fall due, if it takes one invoice."""
    found: datetime | None = await tx.fetchval(
        "SELECT min(p.due_at) FROM billing_period p"
        " JOIN account a ON a.tenant_id = p.tenant_id AND a.id = p.account_id"
        " WHERE p.tenant_id = $1 AND a.tenant_id = $1 AND p.account_id = $2"
        " AND a.invoice_per = 'account' AND p.state = 'open'",
        tx.tenant_id,
        account_id,
    )
    return found
