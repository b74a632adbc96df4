"""Free time that comes back: what nobody uses any more, of the grant that gave it, once."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import pytest

from core.changes.change_quantity import change_quantity_now
from core.changes.end import end_now
from core.db import Database
from core.discounts.grant import GrantDiscount, grant_discount
from core.subscriptions.records import Subscription
from core.subscriptions.repository import items_of
from tests.building import CATALOGUE, Shop, open_shop, utc

FREE = (
    CATALOGUE
    + """
  anniversary:
    {name: Anniversary, anchor: anniversary, fixed_charges: advance, discounts: flexible,
    plans: [simple], fewer: credit, more: at_once, early_end: credit}
  a-year:
    {name: A year, frequency: year, anchor: anniversary, fixed_charges: advance,
    discounts: flexible, plans: [simple], early_end: credit}
discounts:
  month: {name: A month, method: ad_hoc, free: 1 month}
  quarter: {name: A quarter, method: ad_hoc, free: 3 months}
"""
)


@pytest.fixture
async def shop(db: Database) -> Shop:
    """A seller in advance whose subscriptions begin with months for nothing."""
    return await open_shop(db, catalogue=FREE)


async def given(
    shop: Shop, subscription: Subscription, definition: str, *, at: datetime
) -> UUID:
    """Give a discount; return the grant's id."""
    async with shop.at(at) as tx:
        command = GrantDiscount(definition, subscription=subscription.id)
        return (await grant_discount(tx, command, unit_id=None)).id


async def used(shop: Shop) -> dict[UUID, Decimal]:
    """Return the free months that each grant has spent, in all."""
    rows = await shop.rows(
        "SELECT grant_id, sum(used) FROM discount_free_time WHERE tenant_id = $1 GROUP BY 1"
    )
    return dict(rows)


async def test_two_grants_of_one_kind_get_back_their_own_time_each(shop: Shop) -> None:
    """A year from 1 January, six months of it free by two grants; ended on 2 July.

    183 of 365 days stay unused, and 183/365 of 3 months come back to each: used are
    3 x 182/365 = 1.495890410959 months.
    """
    account = await shop.customer(country="US")
    subscription = await shop.subscribed(account, ("seats", "1"), terms="a-year", now=utc(1))
    grants = [await given(shop, subscription, "quarter", at=utc(1)) for _number in range(2)]
    await shop.close(utc(1))
    assert await used(shop) == dict.fromkeys(grants, Decimal(3))

    async with shop.at(utc(7, 2)) as tx:
        await end_now(tx, subscription_id=subscription.id)

    assert await used(shop) == dict.fromkeys(grants, Decimal("1.495890410959"))


async def test_units_that_leave_one_after_the_other_give_the_time_back_when_all_left(
    shop: Shop,
) -> None:
    """Ten seats free in April; four leave on the 11th, and the other six on the 21st.

    The six use the free month until then: 10 of 30 days come back, a third of a month.
    """
    account = await shop.customer(country="US")
    subscription = await shop.subscribed(
        account, ("seats", "10"), terms="anniversary", now=utc(4)
    )
    grant = await given(shop, subscription, "month", at=utc(4))
    await shop.close(utc(4))
    async with shop.at() as tx:
        (item,) = (await items_of(tx, [subscription.id]))[subscription.id]

    async with shop.at(utc(4, 11)) as tx:
        await change_quantity_now(
            tx, item_id=item.item_id, quantity=Decimal(6), pricing=shop.pricing
        )
    assert await used(shop) == {grant: Decimal(1)}

    async with shop.at(utc(4, 21)) as tx:
        await end_now(tx, subscription_id=subscription.id)
    assert await used(shop) == {grant: Decimal("0.666666666667")}
