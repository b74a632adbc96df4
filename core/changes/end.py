"""End a subscription now, and give back at once what is paid and not used."""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

from core.changes.charging import Outcome, refuse_while_billed, settle
from core.credit_notes.records import CreditNote
from core.credit_notes.unused import Unused, give_back
from core.db import Tx
from core.subscriptions.end_now import end_subscription
from core.subscriptions.records import Subscription
from core.subscriptions.standing import Standing, standing

REASON: Final = "Ended early"


class Ended(NamedTuple):
    """The subscription that has ended, and what was given back."""

    subscription: Subscription
    outcome: Outcome


async def end_now(tx: Tx, *, subscription_id: UUID, credit: bool | None = None) -> Ended:
    """End a subscription now; commit right afterwards, because credit notes are numbered.

    Everything that is charged for days from today on is given back where `credit` says so, or
    the terms (`early_end`): the price that was charged, discounts taken off, by whole local
    days, today among them. What is sold once stays charged. A penalty, and what was used, are
    on the last invoice, which the next closing makes.

    Raises:
        SubscriptionNotFound, SubscriptionEnded, WrongState, UsageBeyondEnd
        BillingInProgress: a closing has the subscription at hand.
        Unavailable: usage is being stored; try again.
    """
    current = await standing(tx, subscription_id, verb="end")
    await refuse_while_billed(tx, current.id)
    ended = await end_subscription(tx, current)
    gives_back = current.terms.early_end == "credit" if credit is None else credit
    notes = await _given_back(tx, current) if gives_back else []
    outcome = await settle(tx, subscription_id=current.id, notes=notes, at=current.now)
    return Ended(ended, outcome)


async def _given_back(tx: Tx, current: Standing) -> list[CreditNote]:
    items = dict.fromkeys(item.item_id for item in current.items)
    unused = [Unused(item_id, current.at_once, None) for item_id in items]
    return await give_back(
        tx, subscription_id=current.id, unused=unused, reason=REASON, at=current.now
    )
