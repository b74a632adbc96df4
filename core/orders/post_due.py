"""Post the orders whose time has come: a tenant's, or an account's on its test clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from core.db import Tx
from core.fault_points import reached
from core.orders import repository
from core.orders.posting import Recorder, post_orders
from core.orders.records import ORDERS_KIND
from core.tenant_due import LONGEST_REST, hold_due, move_due
from core.usage.records import Verdict

MOST_ORDERS: Final = 500
"""Orders of one batch and transaction."""


async def post_due(tx: Tx, *, recorder: Recorder) -> int:
    """Post due orders of this tenant, the earliest first; return how many were settled.

    At most `MOST_ORDERS` at once; fewer: nothing else is due, and the tenant's bound is moved
    on. An order that can no longer be given is refused, with its reason.
    """
    await hold_due(tx, ORDERS_KIND)
    orders = await repository.claim_due(tx, limit=MOST_ORDERS)
    await post_orders(tx, orders, recorder=recorder, at=tx.now)
    if orders:
        reached("orders_posted")
    if len(orders) < MOST_ORDERS:
        latest = tx.now + LONGEST_REST
        following = await repository.next_due(tx)
        to = latest if following is None else max(tx.now, min(following, latest))
        await move_due(tx, ORDERS_KIND, to=to)
    return len(orders)


async def post_due_of_account(
    tx: Tx, account_id: UUID, *, recorder: Recorder, at: datetime
) -> Counter[str]:
    """Post an account's orders that are due by its own clock; return the outcomes."""
    outcomes: Counter[str] = Counter()
    while True:
        orders = await repository.claim_due_of_account(
            tx, account_id, until=at, limit=MOST_ORDERS
        )
        verdicts: Sequence[Verdict] = await post_orders(tx, orders, recorder=recorder, at=at)
        outcomes.update(verdict.outcome for verdict in verdicts)
        if len(orders) < MOST_ORDERS:
            return outcomes
