"""Add an item to a subscription, now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.catalogue.records import Product
from core.db import Tx
from core.kernel.ids import new_id
from core.subscriptions import repository
from core.subscriptions.choices import Named, named, offer_of, products_of
from core.subscriptions.lifecycle import WrongState
from core.subscriptions.offers import (
    ONE,
    check_distinct,
    check_product,
    check_quantity,
    check_rated,
    held_until,
    is_sold_once,
)
from core.subscriptions.packs import module_of, modules_among
from core.subscriptions.records import Item
from core.subscriptions.standing import Standing, standing
from core.subscriptions.trace import leave_trace

_PAID: Final = """
SELECT item_id FROM fee_slice
WHERE tenant_id = $1 AND item_id = ANY ($2::uuid[]) AND kind = 'fee' AND until_at > $3
ORDER BY until_at DESC LIMIT 1
"""


async def add_item(
    tx: Tx,
    *,
    subscription_id: UUID,
    product: Named,
    quantity: Decimal = ONE,
    module: Named | None = None,
) -> Item:
    """Add a product from now on; its fees are prorated by the days that are left.

    What is sold once (hours of work, an expense, goods) is charged once, in full, by the
    period that holds this instant. A pack belongs to the item of its `module`. An item of
    the product that was ended, and is paid beyond now, goes on: its paid units cost nothing.

    Raises:
        SubscriptionNotFound, SubscriptionEnded, WrongState, CatalogueEntryUnknown,
        NoLongerOffered, InvalidQuantity, NotRated, ItemAlreadyThere, NeedsModule
    """
    current = await standing(tx, subscription_id, verb="add_item")
    wanted = await named(tx, Product, product, path=("product",))
    check_product(wanted, path=("product",))
    check_quantity(quantity, wanted, path=("quantity",))
    if current.state == "trial" and is_sold_once(wanted):
        raise WrongState(f"{wanted.code} is charged once; order the subscription first")
    lasting = current.lasting_items(current.at_once)
    products = await products_of(tx, lasting)
    modules = modules_among(lasting, products)
    module_id = await module_of(tx, wanted, named=module, modules=modules)
    await _check_against(tx, current, wanted, module_id=module_id, products=products)
    item = _new_item(current, wanted, quantity=quantity, module_id=module_id)
    if not is_sold_once(wanted):
        item = await _continued(tx, current, item)
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


async def _check_against(
    tx: Tx,
    current: Standing,
    wanted: Product,
    *,
    module_id: UUID | None,
    products: Mapping[UUID, Product],
) -> None:
    """Check a product against the items that last, and every plan that is to hold.

    Each module may have a pack of the same product.
    """
    beside = [
        products[item.product_id]
        for item in current.lasting_items(current.at_once)
        if item.module_item_id == module_id
    ]
    check_distinct([(wanted, ("product",))], present=beside)
    for phase in current.phases:
        if phase.until_at is None or phase.until_at > current.at_once:
            offer = await offer_of(tx, phase)
            check_rated(wanted, offer, terms=current.terms, path=("product",))


def _new_item(
    current: Standing, wanted: Product, *, quantity: Decimal, module_id: UUID | None
) -> Item:
    return Item(
        item_id=new_id(),
        revision=1,
        subscription_id=current.id,
        product_id=wanted.id,
        quantity=quantity,
        from_at=current.at_once,
        until_at=held_until(
            wanted, from_at=current.at_once, ends_at=current.subscription.ends_at
        ),
        is_trial=current.state == "trial",
        module_item_id=module_id,
    )


async def _continued(tx: Tx, current: Standing, item: Item) -> Item:
    """Return the item as the next revision of one that was ended and is still paid."""
    ended = [
        one
        for one in current.items
        if (one.product_id, one.module_item_id) == (item.product_id, item.module_item_id)
        and not one.is_trial
    ]
    if not ended:
        return item
    ids = [one.item_id for one in ended]
    paid = await tx.fetchval(_PAID, tx.tenant_id, ids, item.from_at)
    if paid is None:
        return item
    last = max(one.revision for one in ended if one.item_id == paid)
    return replace(item, item_id=paid, revision=last + 1)
