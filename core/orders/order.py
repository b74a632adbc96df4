"""Order a usage service: given at once, or scheduled for later."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from core.accounts import history
from core.db import Tx
from core.kernel.clock import in_utc
from core.kernel.ids import new_id
from core.orders import repository
from core.orders.posting import Recorder, post_orders
from core.orders.records import (
    ORDERS_KIND,
    NotOrderable,
    Order,
    OrderInThePast,
    OrderRefused,
    PlaceOrder,
)
from core.plugin_api import RateFacts
from core.plugin_host import EventInvalid, PluginHost, Rejection, from_json
from core.subscriptions.owner import owner_of
from core.subscriptions.refusals import SubscriptionNotFound
from core.tenant_due import insist_due
from core.usage.checking import measured, verdict_of
from core.usage.codec import codecs_of
from core.usage.records import rejected
from core.usage_catalogues.offered import offering_for
from core.usage_catalogues.offering import NoOffer, Offer

_CHANNEL: Final = "SELECT meters_channel FROM product WHERE tenant_id = $1 AND id = $2"


async def place_order(tx: Tx, command: PlaceOrder, *, recorder: Recorder) -> Order:
    """Order a service; what is for now is recorded as usage in this transaction.

    What is for later is checked as of its time, and again when that has come.

    Raises:
        SubscriptionNotFound, OrderInThePast, NotOrderable, EventInvalid
        OrderRefused: the service cannot be ordered; its verdict says why.
    """
    owner = await owner_of(tx, command.subscription_id)
    if owner is None:
        told = "there is no such subscription; check its id"
        raise SubscriptionNotFound(told, path=("subscription",))
    now = owner.now(tx)
    ordered_for = _time(command, now)
    offering = await offering_for(
        tx, [owner.account_id], services=[command.service], unit_id=command.unit_id
    )
    found = offering.find(
        owner.account_id,
        command.service,
        facts=_facts(command),
        at=ordered_for,
        subscription=command.subscription_id,
    )
    if isinstance(found, NoOffer):
        raise OrderRefused(rejected(found.reason, found.message, path=(_shown(found.field),)))
    order = Order(
        id=new_id(),
        account_id=owner.account_id,
        subscription_id=command.subscription_id,
        termed_item_id=found.termed_item_id,
        product_id=found.product_id,
        catalogue_version_id=found.catalogue.version_id,
        udr_type=command.udr_type,
        directive=command.directive,
        state="scheduled",
        ordered_for=ordered_for,
        event_identity=None,
        reason=None,
        ordered_by=tx.actor,
        is_test=owner.test_clock is not None,
        created_at=now,
        settled_at=None,
        event=await _event(tx, command, found, host=recorder.host),
    )
    await repository.add_order(tx, order)
    if ordered_for > now:
        await _refuse_unmeasurable(order, recorder)
        if not order.is_test:
            await insist_due(tx, ORDERS_KIND, at=ordered_for)
        await _trace(tx, order)
        return order
    return await _given(tx, order, recorder=recorder, at=now)


async def _refuse_unmeasurable(order: Order, recorder: Recorder) -> None:
    """Refuse an order for later that its channel would not count when its time has come."""
    ((channel, written),) = order.event.items()
    codec = codecs_of(recorder.host)[channel]
    event = from_json(codec.channel, written)
    (answer,) = await measured(codec, [event], pool=recorder.pool)
    if isinstance(answer, Rejection):
        verdict = verdict_of(answer, channel=channel)
        raise OrderRefused(replace(verdict, path=verdict.path[-1:]))


async def _given(tx: Tx, order: Order, *, recorder: Recorder, at: datetime) -> Order:
    (verdict,) = await post_orders(tx, [order], recorder=recorder, at=at)
    if verdict.outcome == "rejected":
        raise OrderRefused(replace(verdict, path=verdict.path[-1:]))
    posted = (await repository.orders_by_ids(tx, [order.id]))[order.id]
    await _trace(tx, posted)
    return posted


def _time(command: PlaceOrder, now: datetime) -> datetime:
    if command.ordered_for is None:
        return now
    ordered_for = in_utc(command.ordered_for)
    if ordered_for < now:
        raise OrderInThePast(
            f"it is {now.isoformat()} already; order for now or later", path=("orderedFor",)
        )
    return ordered_for


def _facts(command: PlaceOrder) -> RateFacts:
    return RateFacts(
        udr_type=command.udr_type,
        method=command.method,
        device=command.device,
        source_system=command.source_system,
        source_category=command.source_category,
        destination_category=command.destination_category,
        amount=command.amount,
        termed_service=command.termed_service,
        directive=command.directive,
    )


async def _event(
    tx: Tx, command: PlaceOrder, offer: Offer, *, host: PluginHost
) -> dict[str, dict[str, str]]:
    """Write the event that the order will be; its channel has fields of these names."""
    channel = await tx.fetchval(_CHANNEL, tx.tenant_id, offer.product_id)
    hosted = host.channels.get(channel or "")
    if hosted is None or hosted.pricing != "per_event":
        raise NotOrderable(
            f"{command.service} is usage of {channel}, which takes no orders", path=("service",)
        )
    said = {
        "service": command.service,
        "udrType": command.udr_type,
        "termedService": command.termed_service,
        "method": command.method,
        "device": command.device,
        "sourceSystem": command.source_system,
        "sourceCategory": command.source_category,
        "destinationCategory": command.destination_category,
        "amount": "" if command.amount is None else f"{command.amount:f}",
        "directive": "" if command.directive == "bill" else command.directive.upper(),
    }
    written = {name: value for name, value in said.items() if value}
    try:
        from_json(hosted, written)
    except EventInvalid as invalid:
        raise NotOrderable(
            f"{channel} takes no such order: {invalid.message}", path=invalid.path
        ) from None
    return {hosted.name: written}


def _shown(field: str) -> str:
    """Return the order's field for one of its event."""
    return "orderedFor" if field == "occurredAt" else field


async def _trace(tx: Tx, order: Order) -> None:
    ((_channel, written),) = order.event.items()
    await history.append(
        tx,
        account_id=order.account_id,
        action="usage_order.placed",
        subject_type="usage_order",
        subject_id=order.id,
        details={
            "subscription": order.subscription_id,
            "service": written["service"],
            "orderedFor": order.ordered_for,
            "state": order.state,
        },
    )
