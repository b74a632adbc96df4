"""When a tenant's next closing work falls due, kept in `tenant_due` for the sweeper."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from core.db import Tx
from core.periods.repository import CLOSE_DUE
from core.tenant_due import LONGEST_REST, move_due, note_due

_NEXT: Final = """
SELECT least(
    (SELECT min(due_at) FROM billing_period
        WHERE tenant_id = $1 AND state = 'open' AND NOT is_test),
    (SELECT min(coalesce(retry_at, $2)) FROM close_chunk
        WHERE tenant_id = $1 AND state = 'waiting'),
    (SELECT min(retry_at) FROM parked_subscription
        WHERE tenant_id = $1 AND healed_at IS NULL))
"""


async def rest(tx: Tx) -> datetime:
    """Set when the sweeper looks at this tenant again, and return that instant.

    The earliest of: the next period that falls due, a chunk that waits, a parked
    subscription to be tried again. At the latest after `LONGEST_REST`, so that a period
    stored by a transaction in flight now is not forgotten.
    """
    found = await tx.fetchval(_NEXT, tx.tenant_id, tx.now)
    latest = tx.now + LONGEST_REST
    wake_at = latest if found is None else min(found, latest)
    await move_due(tx, CLOSE_DUE, to=wake_at)
    return wake_at


async def wake(tx: Tx, *, at: datetime | None = None) -> None:
    """Let the sweeper look at this tenant by an instant, at once unless given."""
    await note_due(tx, CLOSE_DUE, at=at or tx.now)
