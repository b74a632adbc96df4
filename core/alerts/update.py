"""Change an alert."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.alerts.limits import checked_budget, checked_thresholds
from core.alerts.records import ALERT_DUE, Alert
from core.alerts.refusals import InvalidBudget
from core.alerts.repository import lock_alert
from core.alerts.trace import trace_change
from core.contact_details import line_of_text
from core.db import Tx
from core.tenant_due import insist_due

_CHANGE: Final = """
UPDATE alert SET name = $3, budget = $4, thresholds = $5, look_at = $6, look_after = NULL
WHERE tenant_id = $1 AND id = $2
"""


@dataclass(frozen=True, slots=True)
class UpdateAlert:
    """What is different of an alert; None stays as it is."""

    alert: UUID
    name: str | None = None
    thresholds: Sequence[Decimal] | None = None
    budget: Decimal | None = None


async def update_alert(tx: Tx, command: UpdateAlert) -> Alert:
    """Change thresholds, budget or name; what was told before stays told.

    Raises:
        AlertNotFound, InvalidText, InvalidThresholds, InvalidBudget
    """
    changed = _changed(await lock_alert(tx, command.alert), command)
    await tx.execute(
        _CHANGE, tx.tenant_id, changed.id, changed.name, changed.budget,
        list(changed.thresholds), tx.now,
    )  # fmt: skip
    await trace_change(tx, "alert.updated", changed)
    await insist_due(tx, ALERT_DUE, at=tx.now)
    return changed


def _changed(alert: Alert, command: UpdateAlert) -> Alert:
    if command.name is not None:
        alert = replace(alert, name=line_of_text(command.name, path=("name",)))
    if command.thresholds is not None:
        alert = replace(alert, thresholds=checked_thresholds(command.thresholds))
    if command.budget is not None:
        budget = checked_budget(alert.measure, command.budget)
        if alert.budget is None:
            raise InvalidBudget(
                "its thresholds are no percents of a budget; define another alert",
                path=("budget",),
            )
        alert = replace(alert, budget=budget)
    return alert
