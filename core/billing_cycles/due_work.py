"""What falls due in an account's own time beside its periods: orders, jobs, interim invoices.

In real time workers find such work by themselves. An account on a test clock has no
workers: moving its clock asks every source when its next work falls due, and runs it then.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from core.db import Tx


@dataclass(frozen=True, slots=True)
class WorkDone:
    """The invoices that some work made, and how many subscriptions it parked."""

    invoice_ids: list[UUID] = field(default_factory=list)
    parked: int = 0


class DueWork(Protocol):
    """A source of work of one account."""

    async def next_due(self, tx: Tx, account_id: UUID) -> datetime | None:
        """Return when the account's next work falls due, or None while there is none."""
        ...

    async def run(self, tx: Tx, account_id: UUID, *, at: datetime) -> WorkDone:
        """Do all of the account's work that is due by `at`, which is its present.

        Afterwards nothing of it is due by `at`: what fails is put off. The tenant's freeze
        lock is held, and the account's row is locked.
        """
        ...
