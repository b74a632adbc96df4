"""Cancel an order that has not become an event yet."""

from __future__ import annotations

from uuid import UUID

from core.accounts import history
from core.accounts.clock import now_of_account
from core.db import Tx
from core.orders import repository
from core.orders.records import Order, OrderNotFound, OrderNotScheduled


async def cancel_order(tx: Tx, order_id: UUID) -> Order:
    """Cancel a scheduled order. Of this and its posting, one wins.

    Raises:
        OrderNotFound: there is no such order.
        OrderNotScheduled: it is posted, cancelled or refused; void the event of a posted one.
    """
    before = (await repository.orders_by_ids(tx, [order_id])).get(order_id)
    if before is None:
        raise OrderNotFound("there is no such order; check its id", path=("order",))
    now = await now_of_account(tx, before.account_id)
    if not await repository.cancel(tx, order_id, at=now):
        present = (await repository.orders_by_ids(tx, [order_id]))[order_id]
        do = "; void its event instead" if present.state == "posted" else ""
        raise OrderNotScheduled(f"the order is {present.state}{do}", path=("order",))
    await history.append(
        tx,
        account_id=before.account_id,
        action="usage_order.cancelled",
        subject_type="usage_order",
        subject_id=order_id,
        details={"subscription": before.subscription_id},
    )
    return (await repository.orders_by_ids(tx, [order_id]))[order_id]
