"""End an item of a subscription when the present fees period ends."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from core.catalogue.records import Product
from core.catalogue.repository import head_by_id
from core.db import Tx
from core.subscriptions import repository
from core.subscriptions.refusals import ItemNotFound, NothingToChange
from core.subscriptions.standing import standing
from core.subscriptions.trace import leave_trace


async def end_item(tx: Tx, *, item_id: UUID) -> datetime:
    """Let an item run to the end of the present period, and return that instant.

    A change of its quantity that has not begun is withdrawn. Where the subscription's
    start is still ahead, the item is taken out of it.

    Raises:
        ItemNotFound, SubscriptionEnded, WrongState, NothingToChange
    """
    subscription_id = await repository.subscription_of_item(tx, item_id)
    if subscription_id is None:
        raise ItemNotFound("there is no such item; check the id", path=("item",))
    current = await standing(tx, subscription_id, verb="end_item")
    present = current.present_item(item_id)
    later = current.later_revisions(item_id)
    at = current.next_period
    if not later and present.until_at is not None and present.until_at <= at:
        raise NothingToChange(f"the item ends on {present.until_at:%Y-%m-%d} already")
    for revision in later:
        await repository.remove_item(tx, revision)
    if current.is_begun:
        await repository.end_item(tx, present, until_at=at)
    else:
        await repository.remove_item(tx, present)
    product = await head_by_id(tx, Product, present.product_id)
    await leave_trace(
        tx,
        action="subscription.item_ended",
        subscription_id=current.id,
        account_id=current.account.id,
        details={"item": item_id, "product": product.code, "at": at},
    )
    return at
