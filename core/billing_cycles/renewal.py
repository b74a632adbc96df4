"""After a closing: the next periods are made, and what has reached its end has ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from core.billing_cycles.rows import ClosingRows, SubscriptionFacts
from core.db import Tx
from core.freeze_lock import share_freeze_to_close
from core.periods.repository import extend_periods
from core.periods.schedule import Schedule
from core.subscriptions.repository import store_ended
from core.subscriptions.trace import leave_trace


async def renew(tx: Tx, rows_of: Mapping[UUID, ClosingRows]) -> None:
    """Make the periods that these subscriptions lack, and end those that are over.

    Takes the tenant's freeze lock, shared: call it near the end of the transaction.
    """
    if not rows_of:
        return
    await share_freeze_to_close(tx)
    schedules = {
        subscription_id: schedule
        for subscription_id, rows in rows_of.items()
        if (schedule := _schedule(rows, rows.subscriptions[subscription_id])) is not None
    }
    await extend_periods(tx, list(schedules), schedules=schedules)
    over: dict[datetime, list[SubscriptionFacts]] = {}
    for subscription_id, rows in rows_of.items():
        facts = rows.subscriptions[subscription_id]
        now = facts.test_clock or tx.now
        if facts.ends_at is not None and facts.ends_at <= now and facts.state != "ended":
            over.setdefault(now, []).append(facts)
    for now, ended in over.items():
        await _end(tx, ended, now=now)


def _schedule(rows: ClosingRows, facts: SubscriptionFacts) -> Schedule | None:
    """Return the schedule under the last known terms; None where no phase is left."""
    phases = rows.phases.get(facts.id)
    if not phases:
        return None
    last = phases[-1]
    terms = rows.terms[last.terms_version_id]
    return Schedule.of(terms, anchor=last.anchor or facts.anchor, zone=facts.timezone)


async def _end(tx: Tx, ended: list[SubscriptionFacts], *, now: datetime) -> None:
    accounts = {facts.id: facts.account_id for facts in ended}
    for subscription_id in await store_ended(tx, list(accounts), now=now):
        await leave_trace(
            tx,
            action="subscription.ended",
            subscription_id=subscription_id,
            account_id=accounts[subscription_id],
            details={},
        )
