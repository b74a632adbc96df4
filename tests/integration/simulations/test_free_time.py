"""Free time that came back is as free in a month that is priced again as it was in truth."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import pytest

from core.changes.add_item import add_item_now
from core.changes.end import end_now
from core.db import Database
from core.discounts.grant import GrantDiscount, grant_discount
from core.simulations.start import StartSimulation
from core.simulations.statistics import totals_of
from core.subscriptions.records import Subscription
from tests.building import Shop, open_shop, utc
from tests.integration.simulations.conftest import Simulate

CATALOGUE = """
products:
  seats: {kind: licence, name: Seats, unit_label: seat}
  support: {kind: termed_service, name: Support}
price_plans:
  simple: {name: Simple, currency: EUR, rates: {seats: {base: 30}, support: {base: 60}}}
  dearer: {name: Dearer, currency: EUR, rates: {seats: {base: 33}, support: {base: 66}}}
billing_terms:
  monthly: &ahead
    {name: Monthly, anchor: anniversary, fixed_charges: advance, discounts: flexible,
    early_end: credit, plans: [simple]}
  a-year: {<<: *ahead, name: A year, frequency: year}
discounts:
  welcome: {name: Three months, method: ad_hoc, free: 3 months}
"""


@pytest.fixture
async def shop(db: Database) -> Shop:
    """A seller of seats at 30.00 whose first three months are free."""
    return await open_shop(db, catalogue=CATALOGUE)


async def _bought(shop: Shop, terms: str, *items: str) -> Subscription:
    account = await shop.customer(country="US")
    made = await shop.subscribed(account, *((one, "1") for one in items), terms=terms)
    async with shop.at(utc(1)) as tx:
        await grant_discount(tx, GrantDiscount("welcome", subscription=made.id), unit_id=None)
    await shop.close(utc(1))
    return made


async def _told(shop: Shop, simulate: Simulate, month: int) -> dict[str, str]:
    """What the sums of a month say, without what is nothing."""
    async with shop.at() as tx:
        other: UUID = await tx.fetchval(
            "SELECT id FROM price_plan WHERE tenant_id = $1 AND code = 'dearer'", tx.tenant_id
        )
    asked = StartSimulation(date(2026, month, 1), price_plan_id=other)
    done = await simulate(asked, now=utc(12))
    async with shop.at() as tx:
        (sums,) = await totals_of(tx, [done.id])
    names = ("invoiced", "credited", "unused", "before", "unexplained", "after")
    return {name: f"{getattr(sums, name):.2f}" for name in names if getattr(sums, name)}


async def _ended(shop: Shop, made: Subscription, *, at: datetime) -> None:
    async with shop.at(at) as tx:
        await end_now(tx, subscription_id=made.id)


async def test_a_year_with_free_months_that_ended_early_comes_to_what_it_cost(
    shop: Shop, simulate: Simulate
) -> None:
    """360.00 less 90.00 for the year; 183 of 365 days back on 2 July: 180.49 - 45.12.

    The first half had 182/365 of three free months, and 1.5 came back: 360 x 182/365 = 179.51
    less 44.88 are 134.63, which is what is left of 270.00. At 33.00: 197.46 - 49.36 = 148.10,
    where nothing was rounded twice.
    """
    made = await _bought(shop, "a-year", "seats")
    await _ended(shop, made, at=utc(7, 2))

    assert await _told(shop, simulate, 1) == {
        "invoiced": "270.00",
        "credited": "135.37",
        "before": "134.63",
        "after": "148.10",
    }


async def test_each_item_has_the_free_time_that_it_had_on_the_bill(
    shop: Shop, simulate: Simulate
) -> None:
    """Seats were free until March; support came on 10 February: 19 of 28 days, March, April.

    May has 9/28 of a month of support left, 19.29 of 60.00, and none of seats: 30 + 40.71.
    At 33.00 and 66.00: 99.00 - 21.21.
    """
    made = await _bought(shop, "monthly", "seats")
    await shop.close(utc(2))
    async with shop.at(utc(2, 10)) as tx:
        await add_item_now(tx, subscription_id=made.id, product="support", pricing=shop.pricing)
    for month in (3, 4, 5):
        await shop.close(utc(month))

    assert await _told(shop, simulate, 5) == {
        "invoiced": "70.71",
        "before": "70.71",
        "after": "77.79",
    }


async def test_free_time_that_came_back_is_spent_by_one_bill_of_a_month(
    shop: Shop, simulate: Simulate
) -> None:
    """The third free month ended on 11 March: 10 of 31 days were used, and 21 came back.

    Nothing was paid, so nothing was given back, and nothing comes out.
    """
    made = await _bought(shop, "monthly", "seats")
    await shop.close(utc(2))
    await shop.close(utc(3))
    await _ended(shop, made, at=utc(3, 11))

    assert await _told(shop, simulate, 3) == {}
