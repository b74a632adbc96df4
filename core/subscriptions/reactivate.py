"""Turn renewal on again, until the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from core.db import Tx
from core.periods.repository import restore_periods
from core.subscriptions import repository
from core.subscriptions.binding import PENALTY, take_back_penalty
from core.subscriptions.cancel import CANCELLED, ENDED_BEFORE
from core.subscriptions.records import Item, Subscription
from core.subscriptions.standing import Standing, standing, terms_of
from core.subscriptions.trace import leave_trace


async def reactivate(tx: Tx, *, subscription_id: UUID) -> Subscription:
    """Let a subscription that is ending go on, with the items that it ended.

    The penalty of the cancellation is taken back where it is not billed yet; one that is
    stays, and is not charged again. An item that had been ended by itself stays so; changes
    that were chosen for later before the cancellation are chosen anew.

    Raises:
        SubscriptionNotFound, SubscriptionEnded, WrongState
    """
    current = await standing(tx, subscription_id, verb="reactivate")
    ends_at = current.subscription.ends_at
    assert ends_at is not None  # what is ending has an end
    await repository.set_state(tx, current.id, state=current.next_state, ends_at=None)
    last = current.phases[-1]
    await repository.end_phase(tx, last, until_at=None)
    cancelled = await repository.last_history(tx, current.subscription, action=CANCELLED)
    assert cancelled is not None  # written by the cancellation that ends it
    penalty = None if cancelled.get(PENALTY) is None else UUID(cancelled[PENALTY])
    await take_back_penalty(tx, current, penalty)
    for item in _to_go_on(current, cancelled):
        await repository.end_item(tx, item, until_at=None)
    schedule = current.schedule_under(last, await terms_of(tx, last))
    await restore_periods(tx, current.id, at=ends_at, schedule=schedule)
    await leave_trace(
        tx,
        action="subscription.reactivated",
        subscription_id=current.id,
        account_id=current.account.id,
        details={"wouldHaveEndedAt": ends_at},
    )
    return replace(current.subscription, state=current.next_state, ends_at=None)


def _to_go_on(current: Standing, cancelled: Mapping[str, Any]) -> list[Item]:
    """Return the revisions that end with the subscription and for no other reason."""
    ended_before = {UUID(item_id) for item_id in cancelled[ENDED_BEFORE]}
    return [
        item
        for item in current.items
        if item.until_at == current.subscription.ends_at and item.item_id not in ended_before
    ]
