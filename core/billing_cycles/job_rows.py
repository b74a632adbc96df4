"""Reading jobs that are due: which ones, and what billing them needs.

A job is due from its due time on, unless a discount of it waits to be decided. Where the
account takes one invoice for all, a closing of the account that falls due by then takes
the job with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from core.billing.snapshot import JobLine
from core.billing_cycles.conditional import decide_job_plans
from core.billing_cycles.known import read_products
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.rows import ClosingRows, JobFacts
from core.catalogue.plan_versions import load_plan_versions
from core.catalogue.terms_versions import load_terms_versions
from core.db import Tx

_HELD: Final = """
EXISTS (SELECT FROM discount_grant g
    WHERE g.tenant_id = $1 AND g.job_id = j.id AND g.state = 'pending')
"""
_WITH_A_CLOSING: Final = """
(a.invoice_per = 'account' AND EXISTS (SELECT FROM billing_period p
    WHERE p.tenant_id = $1 AND p.account_id = j.account_id AND p.due_at <= j.due_at
      AND p.state IN ('open', 'frozen')))
"""
# An account on a test clock is billed by moving it; only what is parked is tried again.
_BY_WORKERS: Final = f"""
FROM job j JOIN account a ON a.tenant_id = j.tenant_id AND a.id = j.account_id
WHERE j.tenant_id = $1 AND a.tenant_id = $1 AND j.due_at IS NOT NULL
  AND (NOT j.is_test OR j.retry_at IS NOT NULL) AND NOT {_HELD} AND NOT {_WITH_A_CLOSING}
"""
_CLAIM_ACCOUNTS: Final = f"""
SELECT id FROM account
WHERE tenant_id = $1 AND id IN (
    SELECT j.account_id {_BY_WORKERS}
      AND coalesce(j.retry_at, j.due_at) <= $2 AND j.due_at <= $2)
ORDER BY id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
"""  # noqa: S608 - our own words
_LOCK_ACCOUNT: Final = """
SELECT id FROM account WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE
"""
_COLUMNS: Final = """
SELECT j.id, j.account_id, j.currency, j.price_plan_version_id, j.base_plan_version_id,
    j.billing_terms_version_id, j.completed_at, j.due_at, a.timezone, a.invoice_per
FROM job j JOIN account a ON a.tenant_id = j.tenant_id AND a.id = j.account_id
WHERE j.tenant_id = $1 AND a.tenant_id = $1
"""
_OF_ACCOUNTS: Final = f"""
{_COLUMNS} AND j.account_id = ANY ($2::uuid[])
  AND j.due_at IS NOT NULL AND NOT {_HELD} AND (
    (NOT $4 AND j.due_at <= coalesce(a.test_clock, $3)
       AND coalesce(j.retry_at, $3) <= $3 AND NOT {_WITH_A_CLOSING})
    OR ($4 AND j.due_at <= $3 AND j.retry_at IS NULL))
ORDER BY j.account_id, j.due_at, j.id FOR UPDATE OF j SKIP LOCKED
"""
_WITH_CLOSINGS: Final = f"""
{_COLUMNS} AND a.invoice_per = 'account' AND j.account_id = ANY ($2::uuid[])
  AND j.due_at <= (SELECT max(t.due_at) FROM unnest($2::uuid[], $3::timestamptz[])
      AS t (account_id, due_at) WHERE t.account_id = j.account_id)
  AND NOT {_HELD}
ORDER BY j.account_id, j.due_at, j.id FOR UPDATE OF j SKIP LOCKED
"""  # noqa: S608 - our own words
_ONE: Final = f"{_COLUMNS} AND j.id = $2"
_NEXT: Final = f"SELECT min(coalesce(j.retry_at, j.due_at)) {_BY_WORKERS}"
_NEXT_OF_ACCOUNT: Final = f"""
SELECT min(j.due_at) FROM job j
WHERE j.tenant_id = $1 AND j.account_id = $2 AND j.due_at IS NOT NULL AND j.retry_at IS NULL
  AND NOT {_HELD}
"""  # noqa: S608 - our own words
_LINES: Final = """
SELECT job_id, id, product_id, quantity FROM job_line
WHERE tenant_id = $1 AND job_id = ANY ($2::uuid[]) ORDER BY job_id, id
"""


async def claim_accounts(tx: Tx, *, limit: int) -> list[UUID]:
    """Lock accounts that have jobs for the workers to bill now; others' locks are skipped."""
    rows = await tx.fetch(_CLAIM_ACCOUNTS, tx.tenant_id, tx.now, limit)
    return [row["id"] for row in rows]


async def lock_account(tx: Tx, account_id: UUID) -> None:
    """Let nobody else bill jobs of an account until the transaction ends."""
    await tx.execute(_LOCK_ACCOUNT, tx.tenant_id, account_id)


async def jobs_of_accounts(tx: Tx, account_ids: Collection[UUID]) -> list[JobFacts]:
    """Lock and return what the workers may bill of these accounts now."""
    rows = await tx.fetch(_OF_ACCOUNTS, tx.tenant_id, list(account_ids), tx.now, False)  # noqa: FBT003
    return [JobFacts._make(row) for row in rows]


async def jobs_due_by(tx: Tx, account_id: UUID, *, at: datetime) -> list[JobFacts]:
    """Lock and return what an account has due at an instant of its own; not what is parked."""
    rows = await tx.fetch(_OF_ACCOUNTS, tx.tenant_id, [account_id], at, True)  # noqa: FBT003
    return [JobFacts._make(row) for row in rows]


async def jobs_with_closings(tx: Tx, due: Mapping[UUID, datetime]) -> list[JobFacts]:
    """Lock and return the jobs that closings of accounts take with them, by due time."""
    rows = await tx.fetch(_WITH_CLOSINGS, tx.tenant_id, list(due), list(due.values()))
    return [JobFacts._make(row) for row in rows]


async def job_to_preview(tx: Tx, job_id: UUID, *, at: datetime) -> JobFacts | None:
    """Return a billable job as if it were completed and due at an instant, not locked."""
    row = await tx.fetchrow(_ONE, tx.tenant_id, job_id)
    if row is None or row["price_plan_version_id"] is None:
        return None
    return JobFacts._make(row)._replace(
        completed_at=row["completed_at"] or at, due_at=row["due_at"] or at
    )


async def next_due(tx: Tx) -> datetime | None:
    """Return when the workers have a job of the tenant to bill, or to try again."""
    found: datetime | None = await tx.fetchval(_NEXT, tx.tenant_id)
    return found


async def next_due_of(tx: Tx, account_id: UUID) -> datetime | None:
    """Return when the account's next job is due; one that is parked waits for its retry."""
    found: datetime | None = await tx.fetchval(_NEXT_OF_ACCOUNT, tx.tenant_id, account_id)
    return found


async def rows_of_jobs(tx: Tx, jobs: Sequence[JobFacts], *, pricing: Pricing) -> ClosingRows:
    """Read what billing jobs by themselves needs: a fixed number of statements."""
    products = await read_products(tx)
    rows = ClosingRows(
        periods=[],
        subscriptions={},
        phases={},
        items={},
        fees_periods={},
        charged={},
        late=[],
        steps={},
        plans={},
        terms={},
        products=products,
        engine_products={facts.product.id: facts.product for facts in products.values()},
    )
    await add_jobs(tx, rows, jobs, pricing=pricing)
    return rows


async def add_jobs(
    tx: Tx, rows: ClosingRows, jobs: Sequence[JobFacts], *, pricing: Pricing
) -> None:
    """Let a closing bill these jobs too: their lines, plans and terms are read."""
    if not jobs:
        return
    rows.jobs = {job.id: job for job in jobs}
    rows.job_lines = await _lines(tx, list(rows.jobs))
    versions = await load_plan_versions(tx, _plan_ids(jobs))
    found = {version.id: pricing.compiled(version) for version in versions.values()}
    rows.plans = {**rows.plans, **found}
    terms = await load_terms_versions(tx, {job.terms_version_id for job in jobs})
    rows.terms = {**rows.terms, **terms}
    await decide_job_plans(tx, rows)


def _plan_ids(jobs: Iterable[JobFacts]) -> set[UUID]:
    found: set[UUID] = set()
    for job in jobs:
        found.add(job.plan_version_id)
        if job.base_version_id is not None:
            found.add(job.base_version_id)
    return found


async def _lines(tx: Tx, job_ids: list[UUID]) -> dict[UUID, list[JobLine]]:
    found: dict[UUID, list[JobLine]] = defaultdict(list)
    row: Any
    for row in await tx.fetch(_LINES, tx.tenant_id, job_ids):
        found[row["job_id"]].append(JobLine(row["id"], row["product_id"], row["quantity"]))
    return found
