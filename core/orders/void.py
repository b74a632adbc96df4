"""Take an event back, and have its service switched off where an order brought it."""

from __future__ import annotations

from uuid import UUID

from core.db import Tx
from core.orders import repository
from core.orders.records import SOURCE
from core.plugin_host import PluginHost
from core.provisioning.requesting import end_order
from core.usage.gate import Gate
from core.usage.records import Named
from core.usage.void import usage_void


async def void_event(
    tx: Tx,
    *,
    account: Named,
    source: str,
    event_id: str,
    gate: Gate,
    host: PluginHost | None = None,
) -> None:
    """Void an event; the provider of an ordered service is asked to end it.

    Raises:
        EventNotFound: there is none.
        AlreadyVoid: it is void already, or was corrected at this moment.
    """
    await usage_void(
        tx, account=account, source=source, event_id=event_id, gate=gate, host=host
    )
    if source != SOURCE:
        return
    try:
        order_id = UUID(event_id)
    except ValueError:
        return  # somebody else's own source of that name
    order = (await repository.orders_by_ids(tx, [order_id])).get(order_id)
    if order is not None:
        await end_order(tx, subscription_id=order.subscription_id, order_id=order.id)
