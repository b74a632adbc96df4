"""When workers look at a tenant's collections, refunds and reminders again."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from core.db import Tx
from core.tenant_due import LONGEST_REST, hold_due, move_due, note_due

PAYMENTS_DUE: Final = "payments"
"""The kind of due work that claiming money is."""

# Work of an account on a test clock is due by that clock; it is left behind by verbs only,
# which wake the workers themselves.
_NEXT: Final = """
SELECT min(next_at) FROM (
    SELECT min(next_at) AS next_at FROM collection
    WHERE tenant_id = $1 AND state IN ('waiting', 'pending') AND NOT is_test
    UNION ALL
    SELECT min(next_at) FROM refund
    WHERE tenant_id = $1 AND state IN ('waiting', 'pending') AND NOT is_test
    UNION ALL
    SELECT min(next_at) FROM dunning
    WHERE tenant_id = $1 AND state = 'open' AND NOT is_test) AS n
"""


async def wake_payments(tx: Tx, *, at: datetime) -> None:
    """Let the workers look at this tenant's claims by an instant."""
    await note_due(tx, PAYMENTS_DUE, at=at)


async def rest_payments(tx: Tx) -> datetime:
    """Set when a worker looks at this tenant's claims again, and return that instant."""
    await hold_due(tx, PAYMENTS_DUE)
    found = await tx.fetchval(_NEXT, tx.tenant_id)
    latest = tx.now + LONGEST_REST
    wake_at = latest if found is None else max(tx.now, min(found, latest))
    await move_due(tx, PAYMENTS_DUE, to=wake_at)
    return wake_at
