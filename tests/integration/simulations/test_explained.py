"""Why a month comes to another amount than was invoiced: what was given back, or kept."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from core.changes.change_quantity import change_quantity_now
from core.credit_notes.credit_invoice import credit_invoice
from core.db import Database
from core.simulations.records import Simulation
from core.simulations.start import StartSimulation
from core.simulations.statistics import totals_of
from core.subscriptions.records import Subscription
from core.subscriptions.repository import items_of
from tests.building import Shop, open_shop, utc
from tests.integration.simulations.conftest import Simulate

CATALOGUE = """
products:
  seats: {kind: licence, name: Seats, unit_label: seat}
price_plans:
  simple: {name: Simple, currency: EUR, rates: {seats: {base: 30}}}
  dearer: {name: Dearer, currency: EUR, rates: {seats: {base: 33}}}
billing_terms:
  credited: &ahead
    {name: Fewer are credited, anchor: anniversary, fixed_charges: advance, fewer: credit,
    plans: [simple]}
  kept: {<<: *ahead, name: Fewer stay paid, fewer: at_once}
"""


@pytest.fixture
async def shop(db: Database) -> Shop:
    """A seller of seats at 30.00, paid in advance."""
    return await open_shop(db, catalogue=CATALOGUE)


async def _bought(shop: Shop, terms: str, seats: str, *, month: int, day: int) -> Subscription:
    start = utc(month, day)
    account = await shop.customer(opened=start, country="US")
    made = await shop.subscribed(account, ("seats", seats), terms=terms, now=start)
    await shop.close(start)
    return made


async def _changed(shop: Shop, made: Subscription, seats: int, *, month: int, day: int) -> None:
    async with shop.at(utc(month, day)) as tx:
        (item, *_) = (await items_of(tx, [made.id]))[made.id]
        await change_quantity_now(
            tx, item_id=item.item_id, quantity=Decimal(seats), when=None, pricing=shop.pricing
        )


async def _tried(shop: Shop, simulate: Simulate, month: int) -> Simulation:
    async with shop.at() as tx:
        other: UUID = await tx.fetchval(
            "SELECT id FROM price_plan WHERE tenant_id = $1 AND code = 'dearer'", tx.tenant_id
        )
    asked = StartSimulation(date(2026, month, 1), price_plan_id=other)
    return await simulate(asked, now=utc(12))


async def _told(shop: Shop, done: Simulation) -> dict[str, str]:
    """What the sums say, without what is nothing."""
    async with shop.at() as tx:
        (sums,) = await totals_of(tx, [done.id])
    names = ("invoiced", "credited", "corrected", "unused", "before", "unexplained", "after")
    return {name: f"{getattr(sums, name):.2f}" for name in names if getattr(sums, name)}


async def test_what_was_given_back_stands_beside_what_was_invoiced(
    shop: Shop, simulate: Simulate
) -> None:
    """10 seats from 6 July are 300.00; 4 fewer from the 10th give back 120 x 27/31 = 104.52.

    300.00 - 104.52 = 195.48; at 33.00 they are 330.00 less 132 x 27/31 = 114.97: 215.03.
    """
    made = await _bought(shop, "credited", "10", month=7, day=6)
    await _changed(shop, made, 6, month=7, day=10)

    assert await _told(shop, await _tried(shop, simulate, 7)) == {
        "invoiced": "300.00", "credited": "104.52", "before": "195.48", "after": "215.03",
    }  # fmt: skip


async def test_what_staff_gave_back_is_told_apart(shop: Shop, simulate: Simulate) -> None:
    """15.00 off an invoice of 300.00 for a bad week: nothing of the prices has changed."""
    made = await _bought(shop, "credited", "10", month=7, day=6)
    async with shop.at(utc(7, 20)) as tx:
        invoice = await tx.fetchval(
            "SELECT id FROM invoice WHERE tenant_id = $1 AND subscription_id = $2",
            tx.tenant_id, made.id,
        )  # fmt: skip
        await credit_invoice(
            tx, invoice_id=invoice, scope="amount", reason="A bad week", amount=Decimal(15)
        )

    assert await _told(shop, await _tried(shop, simulate, 7)) == {
        "invoiced": "300.00", "corrected": "15.00", "before": "300.00", "after": "330.00",
    }  # fmt: skip


async def test_seats_that_stay_paid_without_being_used_are_told(
    shop: Shop, simulate: Simulate
) -> None:
    """10 seats are paid to 6 August; from 10 July on 6 are: 120 x 27/31 = 104.52 are kept."""
    made = await _bought(shop, "kept", "10", month=7, day=6)
    await _changed(shop, made, 6, month=7, day=10)

    assert await _told(shop, await _tried(shop, simulate, 7)) == {
        "invoiced": "300.00", "unused": "104.52", "before": "195.48", "after": "215.03",
    }  # fmt: skip


async def test_months_without_changes_have_nothing_to_explain(
    shop: Shop, simulate: Simulate
) -> None:
    """2 seats from 6 July: 60.00, at 33.00 66.00."""
    await _bought(shop, "credited", "2", month=7, day=6)

    assert await _told(shop, await _tried(shop, simulate, 7)) == {
        "invoiced": "60.00", "before": "60.00", "after": "66.00",
    }  # fmt: skip
