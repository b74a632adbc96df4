"""Turn renewal on again, until the end."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from core.db import Tx
from core.periods.repository import restore_periods
from core.subscriptions import repository
from core.subscriptions.cancel import CANCELLED, ENDED_BEFORE
from core.subscriptions.records import Item, Subscription
from core.subscriptions.standing import Standing, standing
from core.subscriptions.trace import leave_trace


async def reactivate(tx: Tx, *, subscription_id: UUID) -> Subscription:
    """Let a subscription that is ending go on, with the items that it ended.

    An item that had been ended by itself stays so; changes that were chosen for later
    before the cancellation are chosen anew.

    Raises:
        SubscriptionNotFound, SubscriptionEnded, WrongState
    """
    current = await standing(tx, subscription_id, verb="reactivate")
    ends_at = current.subscription.ends_at
    assert ends_at is not None  # what is ending has an end
    await repository.set_state(tx, current.id, state=current.next_state, ends_at=None)
    await repository.end_phase(tx, current.phase, until_at=None)
    for item in await _to_go_on(tx, current):
        await repository.end_item(tx, item, until_at=None)
    await restore_periods(tx, current.id, at=ends_at, schedule=current.schedule)
    await leave_trace(
        tx,
        action="subscription.reactivated",
        subscription_id=current.id,
        account_id=current.account.id,
        details={"wouldHaveEndedAt": ends_at},
    )
    return replace(current.subscription, state=current.next_state, ends_at=None)


async def _to_go_on(tx: Tx, current: Standing) -> list[Item]:
    """Return the revisions that end with the subscription and for no other reason."""
    cancelled = await repository.last_history(tx, current.subscription, action=CANCELLED)
    assert cancelled is not None  # written by the cancellation that ends it
    ended_before = {UUID(item_id) for item_id in cancelled[ENDED_BEFORE]}
    return [
        item
        for item in current.items
        if item.until_at == current.subscription.ends_at and item.item_id not in ended_before
    ]
