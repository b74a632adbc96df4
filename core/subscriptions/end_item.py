"""End an item of a subscription: with the present fees period, or at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from core.catalogue.records import Product
from core.catalogue.repository import head_by_id
from core.db import Tx
from core.subscriptions import repository
from core.subscriptions.commitments import commitment_of, fewer_from
from core.subscriptions.offers import MOMENT
from core.subscriptions.refusals import NothingToChange
from core.subscriptions.standing import Standing, require_subscription_of_item, standing
from core.subscriptions.trace import leave_trace

EndsWhen = Literal["period_end", "at_once"]


async def end_item(tx: Tx, *, item_id: UUID, when: EndsWhen = "period_end") -> datetime:
    """Let an item run to the end of the present period, or end now; return that instant.

    To that of the next one, where the terms ask for notice and it comes too late. One that
    the term commits to runs to the term's end. Packs that belong to it end with it. A change
    of its quantity that has not begun is withdrawn. Where the subscription's start is still
    ahead, the item is taken out of it.

    Raises:
        ItemNotFound, SubscriptionEnded, WrongState, NothingToChange
    """
    subscription_id = await require_subscription_of_item(tx, item_id)
    current = await standing(tx, subscription_id, verb="end_item")
    present = current.present_item(item_id)
    at = current.at_once if when == "at_once" else await fewer_from(tx, current, present)
    commitment = await commitment_of(tx, current, present)
    if commitment is not None:
        at = max(at, commitment.until)
    later = current.later_revisions(item_id)
    if not later and present.until_at is not None and present.until_at <= at:
        raise NothingToChange(f"the item ends on {present.until_at:%Y-%m-%d} already")
    product = await head_by_id(tx, Product, present.product_id)
    packs = packs_of(current, item_id, at=at)
    for each in (item_id, *packs):
        await end_revisions(tx, current, each, at=at)
    await leave_trace(
        tx,
        action="subscription.item_ended",
        subscription_id=current.id,
        account_id=current.account.id,
        details={"item": item_id, "product": product.code, "at": at, "packs": packs},
    )
    return at


def packs_of(current: Standing, item_id: UUID, *, at: datetime) -> Sequence[UUID]:
    """Return the packs that belong to an item and would outlast an instant."""
    found = (one.item_id for one in current.lasting_items(at) if one.module_item_id == item_id)
    return list(dict.fromkeys(found))


async def end_revisions(tx: Tx, current: Standing, item_id: UUID, *, at: datetime) -> None:
    """Let an item end at an instant, and withdraw what of it was chosen for later."""
    for revision in (one for one in current.items if one.item_id == item_id):
        if revision.until_at is not None and revision.until_at <= at:
            continue
        if revision.from_at < at:
            await repository.end_item(tx, revision, until_at=at)
        elif await repository.is_charged(tx, revision):
            # It holds for no day; the row stays, because it was charged.
            await repository.end_item(tx, revision, until_at=revision.from_at + MOMENT)
        else:
            await repository.remove_item(tx, revision)
