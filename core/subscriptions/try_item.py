"""Let a product be tried in a running subscription: it ends by itself, and owes nothing."""

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
)
from core.subscriptions.packs import module_of, modules_among
from core.subscriptions.records import Item
from core.subscriptions.standing import Standing, standing
from core.subscriptions.trace import leave_trace
from core.subscriptions.trials import TrialWish, ends_after, trial_length, use_trial


async def try_item(
    tx: Tx,
    *,
    subscription_id: UUID,
    product: Named,
    quantity: Decimal = ONE,
    module: Named | None = None,
    wish: TrialWish | None = None,
) -> Item:
    """Add a product on trial from now on, and return its item with its end.

    It ends with its subscription at the latest. Its amounts are those of the product's
    trial: staff give other ones with a subscription on trial only.

    Raises:
        SubscriptionNotFound, SubscriptionEnded, WrongState, CatalogueEntryUnknown,
        NoLongerOffered, InvalidQuantity, NotRated, ItemAlreadyThere, NeedsModule
        NotTryable, TrialUsed, TrialRefused
    """
    wish = wish or TrialWish()
    current = await standing(tx, subscription_id, verb="add_item")
    wanted = await named(tx, Product, product, path=("product",))
    check_product(wanted, path=("product",))
    check_quantity(quantity, wanted, path=("quantity",))
    length, tried = await trial_length(tx, [wanted], days=wish.days)
    module_id = await _module(tx, current, wanted, named_module=module)
    await use_trial(
        tx,
        tried,
        account_id=current.account.id,
        subscription_id=current.id,
        again=wish.again,
    )
    item = Item(
        item_id=new_id(),
        revision=1,
        subscription_id=current.id,
        product_id=wanted.id,
        quantity=quantity,
        from_at=current.at_once,
        until_at=ends_after(current.at_once, length, latest=current.subscription.ends_at),
        is_trial=True,
        module_item_id=module_id,
    )
    await repository.add_item(tx, item)
    await leave_trace(
        tx,
        action="subscription.item_trial_started",
        subscription_id=current.id,
        account_id=current.account.id,
        details={
            "item": item.item_id,
            "product": wanted.code,
            "quantity": f"{quantity:f}",
            "until": item.until_at,
        },
    )
    return item


async def _module(
    tx: Tx, current: Standing, wanted: Product, *, named_module: Named | None
) -> UUID | None:
    """Check a product against what lasts beside it, and return what it would belong to."""
    lasting = current.lasting_items(current.at_once)
    products = await products_of(tx, lasting)
    modules = modules_among(lasting, products)
    module_id = await module_of(tx, wanted, named=named_module, modules=modules)
    beside = [one for one in lasting if one.module_item_id == module_id]
    check_distinct(
        [(wanted, ("product",))], present=[products[one.product_id] for one in beside]
    )
    offer = await offer_of(tx, current.phase)
    check_rated(wanted, offer, terms=current.terms, path=("product",))
    return module_id
