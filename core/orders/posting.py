"""Let orders become events: a batch is recorded like any other usage, and settled with it.

Each order is posted, or refused with the reason of its event's verdict. The provider of what
was posted is asked in the same transaction, so that order, event and request are visible
together or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.db import Tx
from core.orders import repository
from core.orders.records import SOURCE, Order
from core.orders.repository import Settled
from core.plugin_host import EventInvalid, PluginHost, from_json
from core.pricing_pool.pool import PricingPool
from core.provisioning.requesting import NewRequest, ask_providers
from core.usage.gate import Gate
from core.usage.identity import event_identity
from core.usage.record import record_usage
from core.usage.records import UsageReport, Verdict, rejected
from core.usage_catalogues.compiled import CompiledCatalogue
from core.usage_catalogues.offered import effective_catalogues


@dataclass(frozen=True, slots=True)
class Recorder:
    """What usage is recorded with in this process."""

    host: PluginHost
    gate: Gate
    pool: PricingPool | None = None


async def post_orders(
    tx: Tx, orders: Sequence[Order], *, recorder: Recorder, at: datetime
) -> list[Verdict]:
    """Record the events of stored orders and settle each; return the verdicts in order.

    `at` is the present of their accounts; an order is for its own time, or before.
    """
    if not orders:
        return []
    catalogues = await repository.catalogue_ids(
        tx, {one.catalogue_version_id for one in orders}
    )
    read = [_report(one, catalogues[one.catalogue_version_id], recorder) for one in orders]
    reports = [one for one in read if isinstance(one, UsageReport)]
    recorded = iter(
        await record_usage(
            tx,
            host=recorder.host,
            events=reports,
            gate=recorder.gate,
            pool=recorder.pool,
        )
    )
    verdicts = [one if isinstance(one, Verdict) else next(recorded) for one in read]
    settled = [_settled(one, verdict) for one, verdict in zip(orders, verdicts, strict=True)]
    await repository.settle(tx, settled, at=at)
    posted = [one for one, how in zip(orders, settled, strict=True) if how.state == "posted"]
    await _ask_providers(tx, posted, catalogues)
    return verdicts


def _report(order: Order, catalogue_id: UUID, recorder: Recorder) -> UsageReport | Verdict:
    ((channel, written),) = order.event.items()
    hosted = recorder.host.channels.get(channel)
    if hosted is None:
        return rejected("INVALID_VALUE", f"the channel {channel} is installed no more")
    try:
        event = from_json(hosted, written)
    except EventInvalid as invalid:
        return rejected(
            "INVALID_VALUE", invalid.message, path=("event", channel, *invalid.path)
        )
    return UsageReport(
        order.account_id,
        SOURCE,
        str(order.id),
        order.ordered_for,
        channel,
        event,
        order.subscription_id,
        catalogue_id,
    )


def _settled(order: Order, verdict: Verdict) -> Settled:
    if verdict.outcome == "rejected":
        return Settled(order.id, "refused", None, f"{verdict.reason}: {verdict.message}")
    identity = event_identity(order.account_id, source=SOURCE, event_id=str(order.id))
    return Settled(order.id, "posted", identity, None)


async def _ask_providers(
    tx: Tx, posted: Sequence[Order], catalogues: Mapping[UUID, UUID]
) -> None:
    """Ask for what was posted, but for credits: they give money back and provide nothing."""
    provided = [order for order in posted if order.directive != "credit"]
    if not provided:
        return
    effective = await effective_catalogues(tx)
    await ask_providers(
        tx,
        [
            _request(order, effective[catalogues[order.catalogue_version_id]])
            for order in provided
        ],
    )


def _request(order: Order, catalogue: CompiledCatalogue) -> NewRequest:
    ((_channel, written),) = order.event.items()
    service = catalogue.services[written["service"]]
    return NewRequest(
        account_id=order.account_id,
        subscription_id=order.subscription_id,
        order_id=order.id,
        provider=catalogue.provider,
        product_id=order.product_id,
        provisioning_id=service.provisioning_id,
        action="activate",
        facts={
            name: str(value)
            for name, value in written.items()
            if name in {"method", "device", "amount", "destinationCategory"}
        },
    )
