"""When a completed job is to be billed, and how the workers hear of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from core.accounts.records import Account
from core.db import Tx
from core.jobs import repository
from core.kernel.periods import local_day, start_of_day
from core.tenant_due import insist_due, note_due

JOBS_DUE: Final = "jobs"
"""The kind of work in `tenant_due` that completed jobs are."""

_ONE_DAY: Final = timedelta(days=1)


class JobBilling(Protocol):
    """Bills jobs inside an open transaction."""

    async def bill_now(self, tx: Tx, job_id: UUID) -> None:
        """Bill a job that is due, unless something holds it back; park it on a refusal."""


async def due_time(tx: Tx, *, bills: str, account: Account, now: datetime) -> datetime:
    """Return when a job is billed that is completed now.

    `at_once`: now. `next_run`: with the account's next closing where the account takes one
    invoice for all, and otherwise when its next day begins, so that a day's jobs are billed
    together by the night's run.
    """
    if bills == "at_once":
        return now
    closing = await repository.next_closing(tx, account.id)
    if closing is not None:
        return max(closing, now)
    return start_of_day(local_day(now, account.timezone) + _ONE_DAY, account.timezone)


async def tell_due(tx: Tx, *, at: datetime) -> None:
    """Let the workers look at this tenant's jobs by an instant."""
    await note_due(tx, JOBS_DUE, at=at)


async def wake_jobs(tx: Tx) -> None:
    """Let the workers look at this tenant's jobs at once: what held one back is decided.

    Commit soon: a look at this tenant's jobs waits meanwhile.
    """
    await insist_due(tx, JOBS_DUE, at=tx.now)
