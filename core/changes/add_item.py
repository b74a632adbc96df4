"""Add an item, and charge at once what that makes due."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from core.billing_cycles.pricing import Pricing
from core.changes.change_quantity import ItemChanged
from core.changes.charging import charge_more, settle
from core.db import Tx
from core.licences.seats import set_seats
from core.subscriptions.add_item import add_item
from core.subscriptions.choices import Named
from core.subscriptions.offers import ONE
from core.subscriptions.standing import standing
from core.subscriptions.trials import TrialWish
from core.subscriptions.try_item import try_item


async def add_item_now(
    tx: Tx,
    *,
    subscription_id: UUID,
    product: Named,
    quantity: Decimal = ONE,
    module: Named | None = None,
    trial: TrialWish | None = None,
    pricing: Pricing,
) -> ItemChanged:
    """Add a product from now on; commit right afterwards, because numbers are given.

    Under terms that bill in advance and say so (`more`) the days that are left are charged at
    once; under others by the next closing. A `trial` owes nothing.

    Raises:
        Everything that `add_item` or `try_item` is refused for
        BillingInProgress, CannotBeBilled
    """
    if trial is None:
        item = await add_item(
            tx, subscription_id=subscription_id, product=product, quantity=quantity,
            module=module,
        )  # fmt: skip
    else:
        item = await try_item(
            tx, subscription_id=subscription_id, product=product, quantity=quantity,
            module=module, wish=trial,
        )  # fmt: skip
    await set_seats(tx, item.item_id, subscription_id, quantity)
    current = await standing(tx, subscription_id, verb="add_item")
    invoice_ids = await charge_more(tx, current, pricing=pricing) if trial is None else []
    outcome = await settle(
        tx, subscription_id=current.id, invoice_ids=invoice_ids, at=current.now
    )
    return ItemChanged(item, outcome)
