"""What the audit trail keeps of a change to an alert."""

from __future__ import annotations

from typing import Literal

from core import audit
from core.alerts.records import Alert
from core.db import Tx

Action = Literal["alert.defined", "alert.updated", "alert.removed"]


async def trace_change(tx: Tx, action: Action, alert: Alert) -> None:
    """Record what became of an alert, with what it watches for from now on."""
    details = {
        "name": alert.name,
        "measure": alert.measure,
        "thresholds": [f"{each:f}" for each in alert.thresholds],
        "budget": None if alert.budget is None else f"{alert.budget:f}",
    }
    await audit.record(
        tx, action=action, subject_type="alert", subject_id=alert.id, details=details
    )
