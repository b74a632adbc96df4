"""The order in which a closing goes through the due times of its accounts. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from core.billing_cycles.rows import JobFacts
from core.periods.rows import StoredPeriod

WorkT = TypeVar("WorkT")

MAX_ROUNDS = 200
"""Due times of one account that one closing goes through."""


def job_rounds(jobs: Sequence[JobFacts]) -> list[list[JobFacts]]:
    """Split jobs so that each round has one due time per account, the earliest first.

    All jobs of an account that takes one invoice are in its first round, due with the last.
    """
    last: dict[UUID, datetime] = {}
    for job in jobs:
        last[job.account_id] = max(job.due_at, last.get(job.account_id, job.due_at))
    by_account: dict[UUID, dict[datetime, list[JobFacts]]] = defaultdict(dict)
    for job in jobs:
        due_at = last[job.account_id] if job.invoice_per == "account" else job.due_at
        at_once = by_account[job.account_id].setdefault(due_at, [])
        at_once.append(job._replace(due_at=due_at))
    return _in_turn(by_account.values())


def rounds_of(periods: Sequence[StoredPeriod]) -> list[list[StoredPeriod]]:
    """Split periods so that each round has one due time per account, the earliest first.

    A later invoice of an account needs what the earlier one has charged.
    """
    by_account: dict[UUID, dict[datetime, list[StoredPeriod]]] = defaultdict(dict)
    for period in periods:
        by_account[period.account_id].setdefault(period.due_at, []).append(period)
    rounds = _in_turn(by_account.values())
    if len(rounds) > MAX_ROUNDS:
        raise ValueError(f"an account has {len(rounds)} due times at once")
    return rounds


def _in_turn(accounts: Iterable[Mapping[datetime, list[WorkT]]]) -> list[list[WorkT]]:
    rounds: dict[int, list[WorkT]] = defaultdict(list)
    for by_due in accounts:
        for place, due_at in enumerate(sorted(by_due)):
            rounds[place].extend(by_due[due_at])
    return [rounds[place] for place in sorted(rounds)]
