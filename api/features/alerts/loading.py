"""Loaders of alerts: each reads the rows of many keys in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from api.context import ApiContext
from api.pages import records_by_key
from core.alerts.records import Alert, AlertEvent
from core.alerts.tables import AlertEventRow, AlertRow


async def load_alerts(context: ApiContext, keys: list[UUID]) -> Sequence[Alert | None]:
    """Load alerts by id, removed ones too."""
    return await records_by_key(context, AlertRow, Alert, keys)


async def load_alert_events(
    context: ApiContext, keys: list[UUID]
) -> Sequence[AlertEvent | None]:
    """Load what alerts have told, by id."""
    return await records_by_key(context, AlertEventRow, AlertEvent, keys)
