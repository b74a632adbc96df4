"""Money off by the month: each month of a subscription's time once, whatever is added."""

from __future__ import annotations

from core.discounts.grant import GrantDiscount, grant_discount
from core.subscriptions.add_item import add_item
from core.subscriptions.suspend import Suspend, suspend
from tests.building import Shop, utc


async def test_what_is_added_to_a_month_that_had_its_money_off_gets_no_more(
    shop: Shop,
) -> None:
    """Seats at 25.00 in advance, 20.00 off a month: 5.00 each for January and February.

    A start-up fee of 5.00 and support at 31.00 come on 15 January: 17 of 31 days are 17.00.
    They are on February's invoice, which has 20.00 off as well: 25 + 31 + 5 + 17 - 20 = 58,
    which is 69.60 with a fifth of tax; 5.00 are 6.00.
    """
    client = await shop.customer()
    subscription = await shop.subscribed(client, ("seats", "1"), terms="advance")
    async with shop.at(utc(1)) as tx:
        await grant_discount(
            tx, GrantDiscount("twenty", subscription=subscription.id), unit_id=None
        )
    await shop.close(utc(1, 1, 1))
    async with shop.at(utc(1, 15)) as tx:
        await add_item(tx, subscription_id=subscription.id, product="start-up")
        await add_item(tx, subscription_id=subscription.id, product="support")
    await shop.close(utc(2))

    january, february = await shop.invoices(client)
    assert january["total"] == "6.00"
    assert february["total"] == "69.60"


async def test_an_expense_alone_does_not_give_a_month_its_money_off_again(shop: Shop) -> None:
    """25.00 and 5.00 less 20.00, and not less 40.00: 10.00, with tax 12.00."""
    client = await shop.customer()
    subscription = await shop.subscribed(client, ("seats", "1"), terms="advance")
    async with shop.at(utc(1)) as tx:
        await grant_discount(
            tx, GrantDiscount("twenty", subscription=subscription.id), unit_id=None
        )
    await shop.close(utc(1, 1, 1))
    async with shop.at(utc(1, 15)) as tx:
        await add_item(tx, subscription_id=subscription.id, product="start-up")
    await shop.close(utc(2))

    _january, february = await shop.invoices(client)
    assert february["total"] == "12.00"


async def test_a_rest_in_the_middle_of_a_month_has_no_money_off(shop: Shop) -> None:
    """Seats and support, 56.00 for 31 days, at rest for 11 of them: 20/31 of each.

    16.13 + 20.00, and 20.00 x 20/31 = 12.90 off: 23.23, with tax 27.88 (4.646).
    """
    client = await shop.customer()
    subscription = await shop.subscribed(client, ("seats", "1"), ("support", "1"))
    async with shop.at(utc(1)) as tx:
        await grant_discount(
            tx, GrantDiscount("fees-only", subscription=subscription.id), unit_id=None
        )
        await suspend(tx, Suspend(subscription.id, utc(1, 10), utc(1, 21)))
    await shop.close(utc(2))

    (january,) = await shop.invoices(client)
    assert january["total"] == "27.88"
