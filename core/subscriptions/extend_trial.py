"""Let a trial go on for longer, also one that is over, and allow other amounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.db import Tx
from core.subscriptions import repository
from core.subscriptions.records import Subscription
from core.subscriptions.standing import Standing, standing
from core.subscriptions.trace import leave_trace
from core.subscriptions.trials import MOST_DAYS, TrialRefused, checked_days, checked_grants

LONGEST: Final = timedelta(days=MOST_DAYS)


async def extend_trial(
    tx: Tx,
    *,
    subscription_id: UUID,
    days: int | None = None,
    grants: Mapping[str, Decimal | None] | None = None,
) -> Subscription:
    """Add days to a trial, or allow other amounts in it, or both.

    The days are counted from its end, or from now where it is over; what was tried until
    its end is tried again. The amounts hold in place of all that were given before.

    Raises:
        SubscriptionNotFound, SubscriptionEnded, WrongState
        TrialRefused: neither is given, or it would end more than 366 days from now.
    """
    current = await standing(tx, subscription_id, verb="extend_trial")
    if days is None and grants is None:
        raise TrialRefused("give days, grants, or both")
    owner = current.subscription
    ended_at = owner.trial_until
    assert ended_at is not None  # it is on trial
    until = ended_at if days is None else max(ended_at, current.now) + checked_days(days)
    if until > current.now + LONGEST:
        raise TrialRefused(
            f"a trial ends at most {MOST_DAYS} days from now; give fewer", path=("days",)
        )
    given = await checked_grants(tx, grants)
    extended = replace(
        owner,
        ends_at=until,
        trial_until=until,
        trial_grants=owner.trial_grants if given is None else given,
    )
    await repository.set_trial(tx, extended)
    await _lengthen(tx, current, before=ended_at, until=until)
    await leave_trace(
        tx,
        action="subscription.trial_extended",
        subscription_id=current.id,
        account_id=current.account.id,
        details={"before": ended_at, "until": until, "grants": given},
    )
    return extended


async def _lengthen(tx: Tx, current: Standing, *, before: datetime, until: datetime) -> None:
    """Let the phase and all that was tried until the trial's end hold on.

    Also through the days in which it was over: its rows stay those of one trial.
    """
    await repository.end_phase(tx, current.phases[-1], until_at=until)
    for item in current.items:
        if item.until_at == before:
            await repository.end_item(tx, item, until_at=until)
