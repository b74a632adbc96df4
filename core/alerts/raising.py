"""Measuring periods and telling what has reached a threshold, once for each of them.

What is measured comes from the reading and the pricing of the closing, for all periods at
hand together. The event and its notification are stored by one transaction; the event's key
lets it exist once, whoever else measures the same period meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

import orjson

from core import outbox
from core.alerts import repository
from core.alerts.allowances import allowances_reached
from core.alerts.records import (
    ALERT_RAISED,
    MEASURES_OF_MONEY,
    MEASURES_OF_USAGE,
    Alert,
    AlertEvent,
)
from core.billing_cycles.current_usage import PeriodUsage, usage_of_periods
from core.billing_cycles.preview import invoice_previews
from core.billing_cycles.pricing import Pricing
from core.db import Tx
from core.kernel.ids import new_id
from core.kernel.pauses import pause_after
from core.periods.rows import StoredPeriod

AT_ONCE: Final = 200
"""Periods that one transaction measures."""
FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=1)
HUNDRED: Final = Decimal(100)


Owed = tuple[str, Decimal]
"""A currency and an amount before tax."""


class NotBilledYet(Exception):
    """A period is being closed: it is measured by its invoice, as soon as that is there."""


@dataclass(slots=True)
class Raised:
    """What a round has told, and why some periods could not be measured."""

    events: list[AlertEvent] = field(default_factory=list)
    faults: dict[UUID, Exception] = field(default_factory=dict)


async def measure_queue(tx: Tx, *, pricing: Pricing, limit: int = AT_ONCE) -> int:
    """Measure what waits longest of this tenant; return how many periods were claimed.

    A period that cannot be priced stays in the queue and is tried again later.
    """
    waiting = await repository.claim(tx, limit=limit)
    if not waiting:
        return 0
    periods = await repository.periods_named(tx, {one.period_id for one in waiting})
    raised = await raise_alerts(tx, periods, pricing=pricing, at=tx.now)
    faulty = [one for one in waiting if one.period_id in raised.faults]
    await repository.measured(tx, [one for one in waiting if one not in faulty])
    for one in faulty:
        pause = pause_after(one.attempts + 1, first=FIRST_PAUSE, longest=LONGEST_PAUSE)
        await repository.put_off(tx, one, until=tx.now + pause)
    return len(waiting)


async def raise_alerts(
    tx: Tx, periods: Sequence[StoredPeriod], *, pricing: Pricing, at: datetime
) -> Raised:
    """Measure usage periods and tell what they have reached; `at` is their present."""
    raised = Raised()
    pairs = await repository.watched(tx, [period.id for period in periods])
    if not pairs:
        return raised
    by_id = {period.id: period for period in periods}
    pairs = [(key, alert) for key, alert in pairs if by_id[key].stream == "usage"]
    used = await _used(tx, pairs, by_id, pricing=pricing)
    owed = await _owed(tx, pairs, by_id, pricing=pricing)
    reached: list[AlertEvent] = []
    for period_id, alert in pairs:
        period = by_id[period_id]
        if alert.measure == "next_invoice":
            value = _next_total(owed.get(period_id), alert, period)
        else:
            value = _value(used.get(period_id), alert)
        if isinstance(value, Exception):
            raised.faults[period_id] = value
        elif value is not None:
            reached += _reached(alert, period, value, at=at)
    raised.events = await tell(tx, reached)
    return raised


async def raise_allowances(
    tx: Tx, *, at: datetime, since: datetime, account_id: UUID | None = None
) -> list[AlertEvent]:
    """Tell what is used up of allowances that hold, or that ended since the last look.

    Of one account on a test clock, or of all others.
    """
    found = await allowances_reached(tx, at=at, since=since, account_id=account_id)
    return await tell(tx, found)


async def tell(tx: Tx, reached: Sequence[AlertEvent]) -> list[AlertEvent]:
    """Store events that are new, each with its notification; return them."""
    new = await repository.insert_events(tx, reached)
    messages: list[tuple[UUID | None, str]] = [(one.id, _told(one)) for one in new]
    await outbox.append_many(tx, topic=ALERT_RAISED, messages=messages)
    return new


async def _used(
    tx: Tx,
    pairs: Iterable[tuple[UUID, Alert]],
    by_id: Mapping[UUID, StoredPeriod],
    *,
    pricing: Pricing,
) -> Mapping[UUID, PeriodUsage | Exception]:
    wanted = {key for key, alert in pairs if alert.measure in MEASURES_OF_USAGE}
    if not wanted:
        return {}
    closed = [key for key in wanted if by_id[key].state != "open"]
    late = await repository.billed_later(tx, closed) if closed else []
    periods = [by_id[key] for key in sorted(wanted)]
    return await usage_of_periods(tx, periods, pricing=pricing, late=late)


async def _owed(
    tx: Tx,
    pairs: Iterable[tuple[UUID, Alert]],
    by_id: Mapping[UUID, StoredPeriod],
    *,
    pricing: Pricing,
) -> Mapping[UUID, Owed | Exception]:
    """Return by period what its next invoice would be, or has been where it was closed."""
    wanted = [by_id[key] for key, alert in pairs if alert.measure == "next_invoice"]
    if not wanted:
        return {}
    found: dict[UUID, Owed | Exception] = {}
    open_ones = {one.subscription_id: one.id for one in wanted if one.state == "open"}
    if open_ones:
        drafts = await invoice_previews(tx, sorted(open_ones), pricing=pricing)
        found |= {
            open_ones[key]: each
            if isinstance(each, Exception)
            else (each.draft.currency, each.draft.net)
            for key, each in drafts.items()
        }
    closed = [one.id for one in wanted if one.state == "billed"]
    if closed:
        found |= await repository.invoiced(tx, closed)
    for one in wanted:
        if one.state not in ("open", "billed"):
            found[one.id] = NotBilledYet("the period is being closed")
    return found


def _value(usage: PeriodUsage | Exception | None, alert: Alert) -> Decimal | Exception | None:
    """Return what the alert asks about; None where it is of another currency."""
    if usage is None or isinstance(usage, Exception):
        return usage
    if (alert.currency or usage.currency) != usage.currency:
        return None
    if alert.measure == "usage_amount":
        return usage.net
    assert alert.product_id is not None
    return usage.quantities.get(alert.product_id)


def _next_total(
    found: Owed | Exception | None, alert: Alert, period: StoredPeriod
) -> Decimal | Exception | None:
    """Return what the invoice comes to; None for one that was there before the alert."""
    if period.state != "open" and period.due_at <= alert.created_at:
        return None
    if found is None or isinstance(found, Exception):
        return found
    currency, net = found
    return net if currency == alert.currency else None


def _reached(
    alert: Alert, period: StoredPeriod, value: Decimal, *, at: datetime
) -> Iterable[AlertEvent]:
    """Make an event for each threshold that the value has reached.

    80 percent of a budget of 500.00 is reached at 400.00.
    """
    for threshold in alert.thresholds:
        level = threshold if alert.budget is None else threshold * alert.budget / HUNDRED
        if value >= level:
            yield AlertEvent(
                id=new_id(),
                alert_id=alert.id,
                account_id=period.account_id,
                subscription_id=period.subscription_id,
                threshold=threshold,
                level=level,
                value=value,
                currency=alert.currency if alert.measure in MEASURES_OF_MONEY else None,
                period_from=period.starts_at,
                period_until=period.ends_at,
                period_id=period.id,
                raised_at=at,
            )


def _told(event: AlertEvent) -> str:
    return orjson.dumps(
        {
            "alert": event.alert_id,
            "account": event.account_id,
            "subscription": event.subscription_id,
            "threshold": f"{event.threshold.normalize():f}",
            "value": f"{event.value.normalize():f}",
            "from": event.period_from,
        },
        default=str,
    ).decode()
