"""The rest during which a subscription is cancelled, and when it ends then."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from core.db import Tx
from core.kernel.periods import Period
from core.kernel.proration import days_in
from core.kernel.zones import local_day, start_of_day
from core.subscriptions.rests import Rest, end_rest
from core.subscriptions.standing import Standing
from core.subscriptions.suspend import extend_binding

_PAID_UNTIL = """
SELECT max(until_at) FROM fee_slice
WHERE tenant_id = $1 AND subscription_id = $2 AND kind = 'fee'
"""


async def cancellation_end(tx: Tx, current: Standing) -> datetime:
    """Return when a subscription ends that is cancelled now.

    With the present fees period, as a rule. In a rest that is not billed, and with nothing
    paid beyond now, there is nothing left to wait for: it ends with the present local day,
    or with the rest where that is earlier. Days are what rests and fees are counted in.
    """
    rest = present_rest(current)
    if rest is None or rest.is_billed or await _is_paid_ahead(tx, current):
        return current.next_period
    zone = current.subscription.timezone
    tomorrow = start_of_day(local_day(current.now, zone) + timedelta(days=1), zone)
    ends = [tomorrow, current.next_period, rest.until_at]
    return min(end for end in ends if end is not None)


def present_rest(current: Standing) -> Rest | None:
    """Return the rest that holds now."""
    return next((rest for rest in current.rests if rest.holds(current.now)), None)


async def _is_paid_ahead(tx: Tx, current: Standing) -> bool:
    if current.paid_ahead_until is not None:
        return True
    paid_until = await tx.fetchval(_PAID_UNTIL, tx.tenant_id, current.id)
    return paid_until is not None and paid_until > current.now


async def end_rest_with(tx: Tx, current: Standing, *, at: datetime) -> Standing:
    """Let the rest that holds now end with the subscription, and count its days.

    Where the terms say that rests move a binding's end, the days until then move it, as
    resuming first would have done: return the subscription with that end.
    """
    rest = present_rest(current)
    if rest is None or (rest.until_at is not None and rest.until_at <= at):
        return current
    await end_rest(tx, rest, until_at=at)
    bound_until = await count_days(tx, current, rest, until_at=at)
    return replace(current, subscription=replace(current.subscription, bound_until=bound_until))


async def count_days(
    tx: Tx, current: Standing, rest: Rest, *, until_at: datetime
) -> datetime | None:
    """Move the binding's end by what another end makes of a rest's days; return it."""
    limits = current.terms.resting
    if limits is None:
        return current.subscription.bound_until
    zone = current.subscription.timezone
    more = _days(rest.from_at, until_at, zone) - _days(rest.from_at, rest.until_at, zone)
    return await extend_binding(tx, current, limits, days=more)


def _days(start: datetime, end: datetime | None, zone: str) -> int:
    """Count the days of a rest that moved a binding: one without an end moved nothing yet."""
    return 0 if end is None else days_in(Period(start, end), zone)
