"""Add an item to a subscription, now."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from core.catalogue.records import Product
from core.db import Tx
from core.kernel.ids import new_id
from core.subscriptions import repository
from core.subscriptions.choices import Named, named, offer_of, products_of
from core.subscriptions.offers import (
    ONE,
    check_distinct,
    check_product,
    check_quantity,
    check_rated,
    held_until,
)
from core.subscriptions.records import Item
from core.subscriptions.standing import Standing, standing
from core.subscriptions.trace import leave_trace


async def add_item(
    tx: Tx, *, subscription_id: UUID, product: Named, quantity: Decimal = ONE
) -> Item:
    """Add a product from now on; its fees are prorated by the days that are left.

    What is sold once (hours of work, an expense, goods) is charged once, in full, by the
    period that holds this instant.

    Raises:
        SubscriptionNotFound, SubscriptionEnded, WrongState, CatalogueEntryUnknown,
        NoLongerOffered, InvalidQuantity, NotRated, ItemAlreadyThere
    """
    current = await standing(tx, subscription_id, verb="add_item")
    wanted = await named(tx, Product, product, path=("product",))
    check_product(wanted, path=("product",))
    check_quantity(quantity, wanted, path=("quantity",))
    await _check_against(tx, current, wanted)
    item = Item(
        item_id=new_id(),
        revision=1,
        subscription_id=current.id,
        product_id=wanted.id,
        quantity=quantity,
        from_at=current.at_once,
        until_at=held_until(
            wanted, from_at=current.at_once, ends_at=current.subscription.ends_at
        ),
    )
    await repository.add_item(tx, item)
    await leave_trace(
        tx,
        action="subscription.item_added",
        subscription_id=current.id,
        account_id=current.account.id,
        details={
            "item": item.item_id,
            "product": wanted.code,
            "quantity": f"{quantity:f}",
            "from": item.from_at,
        },
    )
    return item


async def _check_against(tx: Tx, current: Standing, wanted: Product) -> None:
    """Check a product against the items that last, and every plan that is to hold."""
    present = await products_of(tx, current.lasting_items(current.at_once))
    check_distinct([(wanted, ("product",))], present=present.values())
    for phase in current.phases:
        if phase.until_at is None or phase.until_at > current.at_once:
            offer = await offer_of(tx, phase)
            check_rated(wanted, offer, terms=current.terms, path=("product",))
