"""When a tenant's next closing work falls due, kept in `tenant_due` for the sweeper."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from core.db import Tx
from core.periods.repository import CLOSE_DUE
from core.tenant_due import LONGEST_REST, hold_due, insist_due, move_due

_NEXT: Final = """
SELECT least(
    (SELECT min(due_at) FROM billing_period
        WHERE tenant_id = $1 AND state = 'open' AND run_id IS NULL AND NOT is_test),
    (SELECT min($2::timestamptz) FROM close_run WHERE tenant_id = $1 AND frozen_at IS NULL),
    (SELECT min(coalesce(retry_at, $2)) FROM close_chunk
        WHERE tenant_id = $1 AND state = 'waiting'),
    (SELECT min(retry_at) FROM parked_subscription
        WHERE tenant_id = $1 AND healed_at IS NULL))
"""


async def rest(tx: Tx) -> datetime:
    """Set when the sweeper looks at this tenant again, and return that instant.

    The earliest of: the next period that falls due, a run that is still being frozen, a
    chunk that waits, a parked subscription to be tried again. At the latest after
    `LONGEST_REST`, so that a period stored by a transaction in flight now is not forgotten.
    What `wake` tells is never forgotten: it is either seen here, or moves the instant back
    to its own after this has committed.
    """
    await hold_due(tx, CLOSE_DUE)
    found = await tx.fetchval(_NEXT, tx.tenant_id, tx.now)
    latest = tx.now + LONGEST_REST
    wake_at = latest if found is None else min(found, latest)
    await move_due(tx, CLOSE_DUE, to=wake_at)
    return wake_at


async def wake(tx: Tx, *, at: datetime | None = None) -> None:
    """Let the sweeper look at this tenant by an instant, at once unless given.

    Commit soon: a sweep of this tenant waits meanwhile.
    """
    await insist_due(tx, CLOSE_DUE, at=at or tx.now)
