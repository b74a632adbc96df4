"""Change an item's quantity: more at once, fewer from the next period on."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from core.catalogue.records import Product
from core.catalogue.repository import head_by_id
from core.db import Tx
from core.subscriptions import repository
from core.subscriptions.lifecycle import WrongState
from core.subscriptions.offers import check_quantity
from core.subscriptions.records import Item
from core.subscriptions.refusals import BilledInAdvance, ItemNotFound, NothingToChange
from core.subscriptions.standing import Standing, standing
from core.subscriptions.trace import leave_trace


async def change_quantity(tx: Tx, *, item_id: UUID, quantity: Decimal) -> Item:
    """Give an item another quantity, and return the revision that holds it.

    More acts now and is prorated; fewer acts when the next fees period starts. The last
    choice wins: it replaces one that has not begun, and choosing the present quantity
    again withdraws that one.

    Raises:
        ItemNotFound, SubscriptionEnded, WrongState, InvalidQuantity, NothingToChange,
        BilledInAdvance
    """
    subscription_id = await repository.subscription_of_item(tx, item_id)
    if subscription_id is None:
        raise ItemNotFound("there is no such item; check the id", path=("item",))
    current = await standing(tx, subscription_id, verb="change_quantity")
    present = current.present_item(item_id)
    product = await head_by_id(tx, Product, present.product_id)
    check_quantity(quantity, product, path=("quantity",))
    changed = await _revised(tx, current, present, quantity=quantity)
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


async def _revised(tx: Tx, current: Standing, present: Item, *, quantity: Decimal) -> Item:
    later = current.later_revisions(present.item_id)
    until_at = later[-1].until_at if later else present.until_at
    if quantity == present.quantity and not later:
        raise NothingToChange(
            f"the quantity is {quantity:f} already; give another one", path=("quantity",)
        )
    at = current.next_period if quantity < present.quantity else current.at_once
    if until_at is not None and at >= until_at:
        raise WrongState(f"the item ends on {until_at:%Y-%m-%d}, before fewer could act")
    for revision in later:
        await repository.remove_item(tx, revision)
    if quantity == present.quantity:
        await repository.end_item(tx, present, until_at=until_at)
        return _with(present, quantity=quantity, from_at=present.from_at, until_at=until_at)
    await _cut(tx, present, at=at)
    changed = _with(
        present,
        quantity=quantity,
        from_at=at,
        until_at=until_at,
        revision=present.revision + 1,
    )
    await repository.add_item(tx, changed)
    return changed


async def _cut(tx: Tx, present: Item, *, at: datetime) -> None:
    """End a revision at an instant; one that begins just then has never held, and goes."""
    billed = await repository.billed_until(tx, present.item_id)
    if billed is not None and billed > at:
        raise BilledInAdvance(
            f"the item is invoiced until {billed:%Y-%m-%d}; change it from that day on"
        )
    if present.from_at >= at:
        await repository.remove_item(tx, present)
    else:
        await repository.end_item(tx, present, until_at=at)


def _with(
    item: Item,
    *,
    quantity: Decimal,
    from_at: datetime,
    until_at: datetime | None,
    revision: int | None = None,
) -> Item:
    return Item(
        item_id=item.item_id,
        revision=revision or item.revision,
        subscription_id=item.subscription_id,
        product_id=item.product_id,
        quantity=quantity,
        from_at=from_at,
        until_at=until_at,
    )
