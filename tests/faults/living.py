"""A seller whose subscriptions live: layers, credit, collections, reminders and windows.

By the machine's own clock, for real worker processes: fees in advance of accounts that have
credit, whose gateway collects, or who are reminded; messages whose late ones change what was
billed. `python -m tests.faults.living URL TENANT VERB` does one change on the 11th of the last
month, as a process that a test may kill.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.billing_cycles.pricing import Pricing
from core.changes.change_plan import ChangePlan, change_plan_now
from core.changes.change_quantity import change_quantity_now
from core.db import Database, Tx
from core.kernel.clock import FixedClock
from core.payments.gateways import gateways_of
from core.payments.methods import AddMethod, add_method
from core.payments.recording import ReceivedPayment, record_payment
from core.plugin_host import PluginHost
from core.usage.record import record_usage
from core.usage.records import UsageReport
from plugins.whatsapp.event import (
    WhatsappCategory,
    WhatsappDirection,
    WhatsappEvent,
    WhatsappForm,
)
from tests.building import Shop, open_shop
from tests.faults.loaded import months

PAYERS: Final = 3
CATALOGUE: Final = """
products:
  seats: {kind: licence, name: Seats, unit_label: seat}
  ads: {kind: usage_service, name: Ads, meters: {channel: whatsapp, unit: marketing}}
  notes: {kind: usage_service, name: Notes, meters: {channel: whatsapp, unit: utility}}
price_plans:
  small:
    {name: Small, currency: EUR, family: sizes, rates: {seats: {base: 30}}}
  large:
    {name: Large, currency: EUR, family: sizes, rates: {seats: {base: 60}}}
  messages:
    name: Messages
    currency: EUR
    rule_sets: {whatsapp: "2025-07-01"}
    rates: {ads: {base: 0.10}, notes: {base: 0.03}}
billing_terms:
  ahead:
    name: Ahead
    fixed_charges: advance
    plans: [small, large]
    default_plan: small
    fewer: credit
    upgrade: reset
    payment: {within: 5 days, reminders: [1 day, 3 days]}
  messages: {name: Messages, plans: [messages]}
"""


async def load(database_url: str) -> UUID:
    """Fill a database; the month before last is billed, the last and this one are due.

    Of each kind of customer there are three, each with three seats in advance at first:

    - `changed`: two seats more on the 11th of the month before last and one less on the 21st,
      all paid but for what the last month costs; the credit of the seat waits for it.
    - `carded`: a card collects everything.
    - `late`: nothing is paid; reminders are due.
    - `sender`: messages of both months; one that opens a window comes after its month's
      closing and makes free what it billed.
    """
    before, last = months()
    db = Database(database_url, role="worker", pool_size=2)
    shop = await open_shop(db, catalogue=CATALOGUE)
    for number in range(PAYERS):
        for kind in ("changed", "carded", "late"):
            await _seated(shop, f"{kind}-{number}", before, has_card=kind == "carded")
        await _sender(shop, f"sender-{number}", before)
    await shop.close(before)
    for number in range(PAYERS):
        await _changed(shop, f"changed-{number}", before)
    await shop.close(last + timedelta(minutes=1))
    for number in range(PAYERS):
        await _opened_late(shop, f"sender-{number}", before, now=last + timedelta(days=2))
    await db.close()
    return shop.tenant_id


async def _seated(shop: Shop, name: str, began: datetime, *, has_card: bool) -> None:
    account = await shop.customer(name, opened=began)
    if has_card:
        card = AddMethod(
            account_id=account, gateway="test", kind="card", token="ok", label="Visa"
        )
        async with shop.at(began) as tx:
            await add_method(tx, card, gateways=gateways_of(shop.host), allows_simulated=True)
    await shop.subscribed(account, ("seats", "3"), terms="ahead", plan="small", now=began)


async def _changed(shop: Shop, name: str, began: datetime) -> None:
    for day, seats in ((10, 5), (20, 4)):
        at = began + timedelta(days=day)
        async with shop.at(at) as tx:
            account, _subscription, item = await _whose(tx, name)
            await change_quantity_now(
                tx, item_id=item, quantity=Decimal(seats), pricing=shop.pricing
            )
        if day == 10:
            async with shop.at(at) as tx:
                money = ReceivedPayment(account_id=account, amount=_OWED, reference=name)
                await record_payment(tx, money)


_OWED: Final = Decimal("500.00")
"""More than all that a customer owes before the changes; the rest is its credit."""


async def _sender(shop: Shop, name: str, began: datetime) -> None:
    account = await shop.customer(name, opened=began)
    await shop.subscribed(
        account, ("ads", "1"), ("notes", "1"), terms="messages", plan="messages", now=began
    )
    _before, last = months()
    for start in (began, last):
        at = start + timedelta(days=3)
        for place in range(4):
            event = _template(WhatsappCategory.UTILITY)
            await _report(shop, account, event, at + timedelta(hours=place), now=at)
        await _report(shop, account, _template(WhatsappCategory.MARKETING), at, now=at)


async def _opened_late(shop: Shop, name: str, began: datetime, *, now: datetime) -> None:
    """Tell after the closing that the customer had written an hour after the first message."""
    async with shop.at(now) as tx:
        account, _subscription, _item = await _whose(tx, name)
    opened = WhatsappEvent(WhatsappDirection.IN, "+33155", "+33612345678")
    await _report(shop, account, opened, began + timedelta(days=3, minutes=90), now=now)


def _template(category: WhatsappCategory) -> WhatsappEvent:
    return WhatsappEvent(
        WhatsappDirection.OUT, "+33155", "+33612345678", form=WhatsappForm.TEMPLATE,
        category=category,
    )  # fmt: skip


async def _report(
    shop: Shop, account: UUID, event: WhatsappEvent, at: datetime, *, now: datetime
) -> None:
    told = UsageReport(
        account,
        "meta",
        f"m{next(shop._ids)}",
        at,
        "whatsapp",
        event,
    )
    async with shop.at(max(now, at)) as tx:
        (verdict,) = await record_usage(tx, host=shop.host, events=[told], gate=shop.gate)
    assert verdict.outcome == "accepted", verdict


_WHOSE: Final = """
SELECT a.id, s.id, i.item_id FROM account a
JOIN subscription s ON s.tenant_id = $1 AND s.account_id = a.id
JOIN subscription_item i ON i.tenant_id = $1 AND i.subscription_id = s.id
WHERE a.tenant_id = $1 AND a.name = $2 ORDER BY i.item_id LIMIT 1
"""


async def _whose(tx: Tx, name: str) -> tuple[UUID, UUID, UUID]:
    row = await tx.fetchrow(_WHOSE, tx.tenant_id, name)
    assert row is not None, name
    return row[0], row[1], row[2]


async def change(database_url: str, tenant_id: UUID, verb: str) -> None:
    """Do one change of `changed-0`: `reset`, `more` or `fewer`."""
    db = Database(database_url, role="api", pool_size=1)
    pricing = Pricing(PluginHost())
    clock = FixedClock(months()[1] + timedelta(days=10))
    async with db.transaction(tenant_id, actor="staff:ada", clock=clock) as tx:
        _account, subscription, item = await _whose(tx, "changed-0")
        if verb == "reset":
            asked = ChangePlan(subscription, "large", None, {}, "reset")
            await change_plan_now(tx, asked, pricing=pricing)
        else:
            seats = Decimal(6 if verb == "more" else 1)
            await change_quantity_now(tx, item_id=item, quantity=seats, pricing=pricing)
    await db.close()


if __name__ == "__main__":
    asyncio.run(change(sys.argv[1], UUID(sys.argv[2]), sys.argv[3]))
