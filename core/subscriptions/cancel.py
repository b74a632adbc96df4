"""Turn renewal off: the subscription runs to the end of what is paid, as a rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.database_errors import Unavailable
from core.db import Tx
from core.freeze_lock import try_freeze
from core.periods.repository import end_periods
from core.subscriptions import repository
from core.subscriptions.binding import PENALTY, add_penalty
from core.subscriptions.choices import products_of
from core.subscriptions.contract import Notice, notice_now
from core.subscriptions.ending_rest import cancellation_end, end_rest_with
from core.subscriptions.lifecycle import after
from core.subscriptions.records import Subscription
from core.subscriptions.standing import Standing, standing
from core.subscriptions.trace import leave_trace

USAGE_AHEAD: Final = timedelta(minutes=5)
"""How far ahead of the clock usage may be dated."""

CANCELLED: Final = "subscription.cancelled"
"""The action in the history; its details let `reactivate` restore what went on."""

LATE: Final = "isLate"
"""The detail that tells whether notice came too late for the present term."""

ENDED_BEFORE: Final = "endedBefore"
"""The detail that names the items which were to end then anyhow."""


async def cancel(tx: Tx, *, subscription_id: UUID) -> Subscription:
    """Turn renewal off and return the subscription with its end.

    Items and phases end with the present fees period, or with the time that the terms agree
    for: one term later, where notice is given too late, which the history says. Changes
    chosen for later are dropped, and no period lies behind the end. One that rests unbilled,
    with nothing paid ahead and no notice to be given, ends with the present day; its rest
    ends with it. Where the start is still ahead, the subscription is withdrawn: it ends at
    its start and nothing of it is billed. Ending before a minimum term is over adds its
    penalty, which the next bill charges once.

    Raises:
        SubscriptionNotFound, SubscriptionEnded, WrongState, UsageBeyondEnd
        Unavailable: usage is being stored in the last minutes; try again.
    """
    current = await standing(tx, subscription_id, verb="cancel")
    after(current.subscription.state, "cancel")  # a rest hides whether renewal is on
    notice = await _notice(tx, current)
    at = await cancellation_end(tx, current) if notice is None else notice.ends_at
    await _keep_usage_out(tx, current, at=at)
    ended_before = _ending_anyhow(current, at)
    await end_periods(tx, current.id, at=at, schedule=current.schedule)
    await _end_items(tx, current, at=at)
    await _end_phases(tx, current, at=at)
    current = await end_rest_with(tx, current, at=at)
    penalty = await add_penalty(tx, current, ends_at=at)
    state = current.next_state if current.is_begun else "ended"
    await repository.set_state(tx, current.id, state=state, ends_at=at)
    await leave_trace(
        tx,
        action=CANCELLED,
        subscription_id=current.id,
        account_id=current.account.id,
        details={
            "endsAt": at,
            "noticeUntil": None if notice is None else notice.until,
            LATE: notice is not None and notice.is_late,
            ENDED_BEFORE: ended_before,
            PENALTY: None if penalty is None else penalty.item_id,
        },
    )
    return replace(current.subscription, state=state, ends_at=at)


async def _notice(tx: Tx, current: Standing) -> Notice | None:
    """Return when the terms let it end; None where they agree for no time of their own.

    What is bought in advance is paid: it does not end before that is over.
    """
    terms = current.terms
    if not current.is_begun or (terms.term is None and terms.notice is None):
        return None
    present = current.present_items()
    products = await products_of(tx, present)
    notice = notice_now(current, [(one, products[one.product_id]) for one in present])
    return notice._replace(ends_at=max(notice.ends_at, current.next_period))


async def _keep_usage_out(tx: Tx, current: Standing, *, at: datetime) -> None:
    """Let no usage be stored meanwhile for a period that goes.

    Only in the last minutes can there be any: it may be dated a little ahead. Whoever
    stores it holds the freeze lock shared, as this transaction does; so take it alone.
    """
    if at - current.now <= USAGE_AHEAD and not await try_freeze(tx):
        raise Unavailable("usage is being stored at this moment; try again")


def _ending_anyhow(current: Standing, at: datetime) -> list[UUID]:
    """Return the items that were to end at this very instant, and are not followed on."""
    followed = {item.item_id for item in current.items if item.from_at >= at}
    return [
        item.item_id
        for item in current.items
        if item.until_at == at and item.item_id not in followed
    ]


async def _end_items(tx: Tx, current: Standing, *, at: datetime) -> None:
    for item in current.lasting_items(at):
        if item.from_at >= at:
            await repository.remove_item(tx, item)
        else:
            await repository.end_item(tx, item, until_at=at)


async def _end_phases(tx: Tx, current: Standing, *, at: datetime) -> None:
    later = [phase for phase in current.phases if phase.from_at >= at]
    await repository.remove_phases(tx, later)
    last = current.phase_before(at)
    if last is not None:
        await repository.end_phase(tx, last, until_at=at)
