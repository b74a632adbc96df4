"""Looking for what may have reached a threshold: what was stored since the last look.

The signal is the time of arrival of events, which is when their transaction began. A look
ends where the oldest transaction still running began, so that what it has not seen is seen by
the next one; what lies in both is measured twice and told once. Nothing is written for it
when usage is stored.

A new alert looks at all that it watches once, in pages; one on the next invoice does so every
hour too, because invoices grow without usage. Periods that a look finds wait in a queue, in
whatever state they are by then: one that was frozen in between is measured all the same.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.alerts.raising import raise_allowances
from core.alerts.records import ALERT_DUE, LOOK_EVERY
from core.alerts.repository import TOUCHED, alert_by_id, queue_all
from core.db import Tx
from core.tenant_due import hold_due, move_due

PAGE: Final = 5_000
"""Periods that one transaction queues for a new alert."""
AGAIN: Final = timedelta(hours=1)
"""How often an alert on the next invoice looks at all that it watches."""
RESTING: Final = timedelta(days=1)
MARGIN: Final = timedelta(seconds=1)
"""A transaction has its time some microseconds before others can see that it runs."""
_FIRST: Final = UUID(int=0)

# Sessions of our own role show their times to us; every writer of usage is one of them.
_HORIZON: Final = """
SELECT least(min(xact_start), $1) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND xact_start IS NOT NULL
"""
_HOLD: Final = """
SELECT seen_until FROM alert_look WHERE tenant_id = $1 FOR UPDATE SKIP LOCKED
"""
_SEEN: Final = "UPDATE alert_look SET seen_until = $2 WHERE tenant_id = $1"
_START: Final = """
INSERT INTO alert_look (tenant_id, seen_until) VALUES ($1, $2)
ON CONFLICT (tenant_id) DO UPDATE SET seen_until = excluded.seen_until
"""
_ACTIVE: Final = "SELECT EXISTS (SELECT FROM alert WHERE tenant_id = $1 AND state = 'active')"
_NEW: Final = """
SELECT id, look_after FROM alert
WHERE tenant_id = $1 AND state = 'active' AND look_at <= $2
ORDER BY look_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_GO_ON: Final = "UPDATE alert SET look_after = $3 WHERE tenant_id = $1 AND id = $2"
_LOOKED: Final = """
UPDATE alert SET look_after = NULL, look_at = $3 WHERE tenant_id = $1 AND id = $2
"""


async def horizon(tx: Tx) -> datetime:
    """Return an instant before which no transaction can store anything any more."""
    found: datetime = await tx.fetchval(_HORIZON, tx.now)
    return found - MARGIN


async def start_looking(tx: Tx) -> None:
    """Let looks begin here: the first alert looks at everything before by itself."""
    await tx.execute(_START, tx.tenant_id, await horizon(tx))


async def look_for_usage(tx: Tx) -> int:
    """Queue the watched periods with usage stored since the last look; return how many.

    What has been used up of allowances is told at once, also of those that ended since the last
    look. None where another worker looks at this tenant just now.
    """
    seen_until = await tx.fetchval(_HOLD, tx.tenant_id)
    if seen_until is None:
        return 0
    until = await horizon(tx)
    found = await tx.fetch(TOUCHED, tx.tenant_id, seen_until, tx.now)
    await raise_allowances(tx, at=tx.now, since=seen_until)
    await tx.execute(_SEEN, tx.tenant_id, max(until, seen_until))
    return len(found)


async def look_at_all(tx: Tx, *, page: int = PAGE) -> bool:
    """Queue the next page of an alert that is to look at all it watches.

    False where none is to.
    """
    row = await tx.fetchrow(_NEW, tx.tenant_id, tx.now)
    if row is None:
        return False
    alert = await alert_by_id(tx, row["id"])
    assert alert is not None
    found, last = 0, None
    if alert.measure != "allowance":
        found, last = await queue_all(tx, alert, after=row["look_after"] or _FIRST, limit=page)
    if found == page:
        await tx.execute(_GO_ON, tx.tenant_id, alert.id, last)
    else:
        again = tx.now + AGAIN if alert.measure == "next_invoice" else None
        await tx.execute(_LOOKED, tx.tenant_id, alert.id, again)
    return True


async def rest_alerts(tx: Tx) -> datetime:
    """Set when a worker looks at this tenant again, and return that instant.

    A tenant that watches nothing rests until its next alert is defined.
    """
    await hold_due(tx, ALERT_DUE)
    is_watched = await tx.fetchval(_ACTIVE, tx.tenant_id)
    wake_at = tx.now + (LOOK_EVERY if is_watched else RESTING)
    await move_due(tx, ALERT_DUE, to=wake_at)
    return wake_at
