"""Order what is or was on trial, and charge at once what is owed by then."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from core.billing_cycles.pricing import Pricing
from core.changes.change_quantity import ItemChanged
from core.changes.charging import Outcome, charge_more, charge_now, settle
from core.db import Tx
from core.licences.seats import set_seats
from core.payments.methods import set_default_method
from core.payments.refusals import PaymentMethodNotFound
from core.payments.repository import method_by_id
from core.subscriptions.order import Order, order
from core.subscriptions.order_item import order_item
from core.subscriptions.records import Subscription
from core.subscriptions.repository import items_of
from core.subscriptions.standing import standing


class Ordered(NamedTuple):
    """The subscription that has begun, and what was charged."""

    subscription: Subscription
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Paying:
    """How an order is paid: at once or with the next closing, and by which method.

    The method is the account's default from then on; without one it stays as it is.
    """

    bill_now: bool = True
    method_id: UUID | None = None


async def order_now(
    tx: Tx,
    command: Order,
    *,
    paying: Paying,
    pricing: Pricing,
    unit_id: UUID | None = None,
) -> Ordered:
    """Let a subscription that is or was on trial begin; commit right afterwards.

    Under terms that bill in advance its first period is charged at once, and collected where
    the account's method can be; under others, and from a wallet, by the next closing.

    Raises:
        Everything that `order` is refused for
        PaymentMethodNotFound: the account has no such method.
        SeatsInUse: members hold more seats than are ordered.
        BillingInProgress, CannotBeBilled
    """
    begun = await order(tx, command, unit_id=unit_id)
    await _pay_by(tx, begun.account_id, paying.method_id)
    for item in (await items_of(tx, [begun.id]))[begun.id]:
        if item.holds(begun.starts_at):
            await set_seats(tx, item.item_id, begun.id, item.quantity)
    current = await standing(tx, begun.id, verb="order_item")
    invoice_ids: list[UUID] = []
    if paying.bill_now and current.terms.kind != "prepaid":
        invoice_ids = await charge_now(tx, begun.id, pricing=pricing, at=current.now)
    outcome = await settle(
        tx, subscription_id=begun.id, invoice_ids=invoice_ids, at=current.now
    )
    return Ordered(begun, outcome)


async def order_item_now(
    tx: Tx, *, item_id: UUID, quantity: Decimal | None = None, pricing: Pricing
) -> ItemChanged:
    """Keep an item that is or was on trial, from now on; commit right afterwards.

    Under terms that bill in advance and say so (`more`) the days that are left are charged
    at once; under others by the next closing.

    Raises:
        Everything that `order_item` is refused for
        SeatsInUse, BillingInProgress, CannotBeBilled
    """
    item = await order_item(tx, item_id=item_id, quantity=quantity)
    await set_seats(tx, item.item_id, item.subscription_id, item.quantity)
    current = await standing(tx, item.subscription_id, verb="order_item")
    invoice_ids = await charge_more(tx, current, pricing=pricing)
    outcome = await settle(
        tx, subscription_id=current.id, invoice_ids=invoice_ids, at=current.now
    )
    return ItemChanged(item, outcome)


async def _pay_by(tx: Tx, account_id: UUID, method_id: UUID | None) -> None:
    if method_id is None:
        return
    method = await method_by_id(tx, method_id)
    if method is None or method.account_id != account_id:
        raise PaymentMethodNotFound(
            "the account has no such payment method; check its id", path=("paymentMethod",)
        )
    if not method.is_default:
        await set_default_method(tx, method.id)
