"""End an item, and give back at once what that leaves unused."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from core.catalogue.schema.terms import Fewer
from core.changes.charging import Outcome, refuse_while_billed, settle
from core.credit_notes.records import CreditNote
from core.credit_notes.unused import Unused, give_back
from core.db import Tx
from core.subscriptions.end_item import end_item, packs_of
from core.subscriptions.standing import require_subscription_of_item, standing

REASON: Final = "Ended"


class ItemEnded(NamedTuple):
    """When an item ends, and what was given back."""

    ends_at: datetime
    outcome: Outcome


async def end_item_now(tx: Tx, *, item_id: UUID, when: Fewer | None = None) -> ItemEnded:
    """End an item and the packs that belong to it; commit right afterwards.

    By `when`, or by the terms (`fewer`): with the present period; at once, and what is paid
    stays paid; or at once with a credit note for the days that are left.

    Raises:
        ItemNotFound, SubscriptionEnded, WrongState, NothingToChange
        BillingInProgress
    """
    subscription_id = await require_subscription_of_item(tx, item_id)
    current = await standing(tx, subscription_id, verb="end_item")
    policy = when or current.terms.fewer
    packs = packs_of(current, item_id, at=current.at_once)
    at = await end_item(
        tx, item_id=item_id, when="period_end" if policy == "period_end" else "at_once"
    )
    notes: list[CreditNote] = []
    if policy == "credit":
        await refuse_while_billed(tx, current.id)
        unused = [Unused(each, at) for each in (item_id, *packs)]
        notes = await give_back(
            tx, subscription_id=current.id, unused=unused, reason=REASON, at=current.now
        )
    return ItemEnded(
        at, await settle(tx, subscription_id=current.id, notes=notes, at=current.now)
    )
