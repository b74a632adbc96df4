"""End a subscription now: its periods, items and phases end at this instant."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from core.database_errors import Unavailable
from core.db import Tx
from core.freeze_lock import try_freeze
from core.periods.repository import end_periods
from core.subscriptions import repository
from core.subscriptions.binding import PENALTY, add_penalty
from core.subscriptions.ending_rest import end_rest_with
from core.subscriptions.offers import MOMENT
from core.subscriptions.records import Item, Subscription
from core.subscriptions.standing import Standing
from core.subscriptions.trace import leave_trace

ENDED_EARLY = "subscription.ended_early"


async def end_subscription(tx: Tx, current: Standing) -> Subscription:
    """Let a locked subscription end now, and return it.

    What was used until now, and fees of the days until now that are not charged, are billed by
    the next closing: the periods at hand end now, and fall due as the terms say. Its packs,
    what was chosen for later and a rest that holds end too. Ending before a minimum term is
    over adds its penalty, which that closing charges once. Where the start is still ahead, it
    is withdrawn. A trial is over, and may still be ordered.

    Raises:
        UsageBeyondEnd: usage after this instant is stored already.
        Unavailable: usage is being stored; try again.
    """
    if current.state == "trial":
        return await _end_trial(tx, current)
    at = current.at_once if current.is_begun else current.subscription.starts_at
    if not await try_freeze(tx):
        raise Unavailable("usage is being stored at this moment; try again")
    await end_periods(tx, current.id, at=at, schedule=current.schedule)
    await _end_items(tx, current, at=at)
    await _end_phases(tx, current, at=at)
    current = await end_rest_with(tx, current, at=at)
    penalty = await add_penalty(tx, current, ends_at=at)
    ended = replace(current.subscription, state="ended", ends_at=at)
    await repository.set_state(tx, current.id, state="ended", ends_at=at)
    await leave_trace(
        tx,
        action=ENDED_EARLY,
        subscription_id=current.id,
        account_id=current.account.id,
        details={"endsAt": at, PENALTY: None if penalty is None else penalty.item_id},
    )
    return ended


async def _end_trial(tx: Tx, current: Standing) -> Subscription:
    owner = current.subscription
    assert owner.trial_from is not None  # it is on trial
    until = max(current.now, owner.trial_from + MOMENT)
    ended = replace(owner, ends_at=until, trial_until=until)
    await repository.set_trial(tx, ended)
    await repository.end_phase(tx, current.phases[-1], until_at=until)
    for item in current.lasting_items(until):
        await _end_item(tx, item, at=until)
    await leave_trace(
        tx,
        action="subscription.trial_ended",
        subscription_id=current.id,
        account_id=current.account.id,
        details={"before": owner.trial_until, "until": until},
    )
    return ended


async def _end_items(tx: Tx, current: Standing, *, at: datetime) -> None:
    for item in current.lasting_items(at):
        await _end_item(tx, item, at=at)


async def _end_item(tx: Tx, item: Item, *, at: datetime) -> None:
    if item.from_at < at:
        await repository.end_item(tx, item, until_at=at)
    elif item.from_at == at and await repository.billed_until(tx, item.item_id) is not None:
        # It held for no day; the row stays, because it was charged.
        await repository.end_item(tx, item, until_at=at + MOMENT)
    else:
        await repository.remove_item(tx, item)


async def _end_phases(tx: Tx, current: Standing, *, at: datetime) -> None:
    """Let the phase at hand end; one that holds for no day stays while periods name it."""
    first, *_more = current.phases
    later = [phase for phase in current.phases if phase.from_at >= at and phase is not first]
    await repository.remove_phases(tx, later)
    last = current.phase_before(at) or first
    await repository.end_phase(tx, last, until_at=max(at, last.from_at + MOMENT))
