"""Ending what is not paid: renewal is turned off, and it runs to the end of its period."""

from __future__ import annotations

from uuid import UUID

from core.db import Tx
from core.subscriptions.cancel import cancel
from core.subscriptions.lifecycle import SubscriptionEnded, WrongState


async def end_unpaid(tx: Tx, subscription_id: UUID) -> None:
    """Turn renewal off; a subscription that ends or has ended already stays as it is."""
    try:
        async with tx.savepoint():
            await cancel(tx, subscription_id=subscription_id)
    except (SubscriptionEnded, WrongState):
        return
