"""Keep an item that is tried in a running subscription, or that was until its trial ended."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from core.catalogue.records import Product
from core.catalogue.repository import head_by_id
from core.db import Tx
from core.kernel.errors import Refusal
from core.subscriptions import repository
from core.subscriptions.choices import offer_of, products_of
from core.subscriptions.offers import (
    check_distinct,
    check_product,
    check_quantity,
    check_rated,
)
from core.subscriptions.records import Item
from core.subscriptions.standing import Standing, require_subscription_of_item, standing
from core.subscriptions.trace import leave_trace


class NotOnTrial(Refusal):
    """The item is on no trial: it is ordered already."""

    code: ClassVar[str] = "NOT_ON_TRIAL"


async def order_item(tx: Tx, *, item_id: UUID, quantity: Decimal | None = None) -> Item:
    """Let an item that is or was on trial go on from now, and return the new revision.

    It keeps its id, and with it who holds its licences; without a quantity it is the one
    that was tried.

    Raises:
        ItemNotFound, SubscriptionEnded, WrongState, NotOnTrial, NoLongerOffered,
        InvalidQuantity, NotRated, ItemAlreadyThere
    """
    subscription_id = await require_subscription_of_item(tx, item_id)
    current = await standing(tx, subscription_id, verb="order_item")
    tried = max(
        (one for one in current.items if one.item_id == item_id), key=lambda one: one.revision
    )
    if not tried.is_trial:
        raise NotOnTrial("the item is on no trial; change its quantity", path=("item",))
    product = await head_by_id(tx, Product, tried.product_id)
    wanted = tried.quantity if quantity is None else quantity
    check_product(product, path=("item",))
    check_quantity(wanted, product, path=("quantity",))
    await _check_beside(tx, current, tried, product)
    ordered = replace(
        tried,
        revision=tried.revision + 1,
        quantity=wanted,
        from_at=current.at_once,
        until_at=current.subscription.ends_at,
        is_trial=False,
    )
    await _end_trial(tx, current, tried)
    await repository.add_item(tx, ordered)
    await leave_trace(
        tx,
        action="subscription.item_ordered",
        subscription_id=current.id,
        account_id=current.account.id,
        details={
            "item": item_id,
            "product": product.code,
            "quantity": f"{wanted:f}",
            "from": ordered.from_at,
        },
    )
    return ordered


async def _check_beside(tx: Tx, current: Standing, tried: Item, product: Product) -> None:
    """Check it against the items that last, and against the plan."""
    beside = [
        one
        for one in current.lasting_items(current.at_once)
        if one.item_id != tried.item_id and one.module_item_id == tried.module_item_id
    ]
    present = (await products_of(tx, beside)).values()
    check_distinct([(product, ("item",))], present=present)
    offer = await offer_of(tx, current.phase)
    check_rated(product, offer, terms=current.terms, path=("item",))


async def _end_trial(tx: Tx, current: Standing, tried: Item) -> None:
    if tried.from_at >= current.at_once:
        await repository.remove_item(tx, tried)
    elif tried.until_at is None or tried.until_at > current.at_once:
        await repository.end_item(tx, tried, until_at=current.at_once)
