"""Change an item's quantity: more at once, fewer from the next period on or at once.

What is charged is not this module's: units charged and not held stay charged until they are
given back, and units held beyond those charged are owed (`core.changes`).
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from core.catalogue.records import Product
from core.catalogue.repository import head_by_id
from core.catalogue.schema.terms import Fewer
from core.db import Tx
from core.subscriptions import repository
from core.subscriptions.commitments import fewer_from, keep_commitment
from core.subscriptions.lifecycle import WrongState
from core.subscriptions.offers import check_quantity
from core.subscriptions.records import Item
from core.subscriptions.refusals import NothingToChange
from core.subscriptions.standing import Standing, require_subscription_of_item, standing
from core.subscriptions.trace import leave_trace


async def change_quantity(
    tx: Tx, *, item_id: UUID, quantity: Decimal, fewer: Fewer = "period_end"
) -> Item:
    """Give an item another quantity, and return the revision that holds it.

    More acts now and is prorated; fewer acts when the next fees period starts, one later where
    notice comes too late, or now where `fewer` says so. Fewer than the term commits to are
    charged as many, until its end (`core.subscriptions.commitments`). The last choice wins:
    it replaces one that has not begun, and choosing the present quantity again withdraws it.

    Raises:
        ItemNotFound, SubscriptionEnded, WrongState, InvalidQuantity, NothingToChange
    """
    subscription_id = await require_subscription_of_item(tx, item_id)
    current = await standing(tx, subscription_id, verb="change_quantity")
    present = current.present_item(item_id)
    product = await head_by_id(tx, Product, present.product_id)
    check_quantity(quantity, product, path=("quantity",))
    changed = await revise(tx, current, present, quantity=quantity, fewer=fewer)
    await leave_trace(
        tx,
        action="subscription.item_changed",
        subscription_id=current.id,
        account_id=current.account.id,
        details={
            "item": item_id,
            "product": product.code,
            "before": f"{present.quantity:f}",
            "quantity": f"{quantity:f}",
            "from": max(changed.from_at, current.at_once),
        },
    )
    return changed


async def revise(
    tx: Tx, current: Standing, present: Item, *, quantity: Decimal, fewer: Fewer
) -> Item:
    """Write the revision that holds another quantity, in place of any chosen for later."""
    later = current.later_revisions(present.item_id)
    until_at = later[-1].until_at if later else present.until_at
    if quantity == present.quantity and not later:
        raise NothingToChange(
            f"the quantity is {quantity:f} already; give another one", path=("quantity",)
        )
    waits = quantity < present.quantity and fewer == "period_end"
    at = await fewer_from(tx, current, present) if waits else current.at_once
    if until_at is not None and at >= until_at:
        raise WrongState(f"the item ends on {until_at:%Y-%m-%d}, before fewer could act")
    for revision in later:
        await repository.remove_item(tx, revision)
    if quantity == present.quantity:
        await repository.end_item(tx, present, until_at=until_at)
        return await keep_commitment(tx, current, replace(present, until_at=until_at))
    changed = replace(present, quantity=quantity, until_at=until_at)
    if present.from_at >= at:
        # It has never held, but it may be charged: the row stays.
        await repository.set_item(tx, changed)
        return await keep_commitment(tx, current, changed)
    changed = replace(changed, from_at=at, revision=present.revision + 1)
    await repository.end_item(tx, present, until_at=at)
    await repository.add_item(tx, changed)
    return await keep_commitment(tx, current, changed)
