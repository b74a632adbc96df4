"""Remove an alert."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from uuid import UUID

from core.alerts.records import Alert
from core.alerts.repository import lock_alert
from core.alerts.trace import trace_change
from core.db import Tx

_REMOVE: Final = """
UPDATE alert SET state = 'removed', look_at = NULL, look_after = NULL
WHERE tenant_id = $1 AND id = $2
"""


async def remove_alert(tx: Tx, alert_id: UUID) -> Alert:
    """Watch no longer; what was told stays readable.

    Raises:
        AlertNotFound
    """
    removed = replace(await lock_alert(tx, alert_id), state="removed")
    await tx.execute(_REMOVE, tx.tenant_id, alert_id)
    await trace_change(tx, "alert.removed", removed)
    return removed
