"""Let a product be tried in a running subscription; nothing is charged."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from core.changes.change_quantity import QuantityChanged
from core.changes.charging import settle
from core.db import Tx
from core.licences.seats import set_seats
from core.subscriptions.choices import Named
from core.subscriptions.offers import ONE
from core.subscriptions.trials import TrialWish
from core.subscriptions.try_item import try_item


async def try_item_now(
    tx: Tx,
    *,
    subscription_id: UUID,
    product: Named,
    quantity: Decimal = ONE,
    module: Named | None = None,
    wish: TrialWish | None = None,
) -> QuantityChanged:
    """Add a product on trial from now on, with the seats of a licence.

    Raises:
        Everything that `try_item` is refused for
    """
    item = await try_item(
        tx,
        subscription_id=subscription_id,
        product=product,
        quantity=quantity,
        module=module,
        wish=wish,
    )
    await set_seats(tx, item.item_id, subscription_id, quantity)
    nothing = await settle(tx, subscription_id=subscription_id, at=item.from_at)
    return QuantityChanged(item, nothing)
