"""Runs and their progress, and what is parked, as they are read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from core.db import Tx

_PROGRESS: Final = """
SELECT r.id, r.due_until, r.created_at, r.frozen_at, r.periods, r.subscriptions,
    count(c.number)::int AS chunks,
    count(*) FILTER (WHERE c.state = 'done')::int AS chunks_done,
    coalesce(sum(c.invoices), 0)::int AS invoices,
    coalesce(sum(c.parked), 0)::int AS parked, max(c.done_at) AS last_done_at
FROM close_run r
JOIN close_chunk c ON c.tenant_id = r.tenant_id AND c.run_id = r.id
WHERE r.tenant_id = $1 AND r.id = $2
GROUP BY r.tenant_id, r.id
"""


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How far a run is.

    Everything grows until it has `frozen_at`, chunks later too: one that fails is divided.
    """

    id: UUID
    due_until: datetime
    created_at: datetime
    frozen_at: datetime | None
    periods: int
    subscriptions: int
    chunks: int
    chunks_done: int
    invoices: int
    parked: int
    last_done_at: datetime | None

    @property
    def is_done(self) -> bool:
        """Tell whether all that was due is frozen, and every chunk is closed."""
        return self.frozen_at is not None and self.chunks_done == self.chunks


@dataclass(frozen=True, slots=True)
class ParkedSubscription:
    """A subscription that waits to be billed, why, and when it is tried again."""

    subscription_id: UUID
    due_at: datetime
    account_id: UUID
    run_id: UUID | None
    code: str
    reason: str
    plugin: str | None
    attempts: int
    parked_at: datetime
    retry_at: datetime | None
    healed_at: datetime | None


async def run_progress(tx: Tx, run_id: UUID) -> RunProgress | None:
    """Return how far a run is, or None when there is no such run."""
    row = await tx.fetchrow(_PROGRESS, tx.tenant_id, run_id)
    return None if row is None else RunProgress(**dict(row))
