"""End what is not paid, as the terms' payment policy says at last."""

from __future__ import annotations

from uuid import UUID

from core.changes.end import end_now
from core.db import Tx
from core.kernel.errors import Refusal
from core.subscriptions.cancel import cancel


async def end_unpaid(tx: Tx, subscription_id: UUID) -> None:
    """End a subscription now; where it cannot, turn its renewal off.

    What has ended or ends already stays as it is. A refusal is not repeated: it would keep
    all other unpaid invoices waiting.
    """
    try:
        async with tx.savepoint():
            await end_now(tx, subscription_id=subscription_id)
    except Refusal:
        await _turn_renewal_off(tx, subscription_id)


async def _turn_renewal_off(tx: Tx, subscription_id: UUID) -> None:
    try:
        async with tx.savepoint():
            await cancel(tx, subscription_id=subscription_id)
    except Refusal:
        return
