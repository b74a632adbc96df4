"""Automatic discounts that count in a window of an account, over several bills at once."""

from __future__ import annotations

from decimal import Decimal

from core.subscriptions.add_item import add_item
from tests.building import Shop, utc
from tests.integration.money.conftest import charged


async def test_a_bill_that_needs_no_discount_leaves_it_to_the_next(shop: Shop) -> None:
    """Half off one repair a year: the second subscription has one, the first has none.

    Two hours at 16.00 are 32.00, and 16.00 off.
    """
    client = await shop.customer()
    await shop.subscribed(client, ("seats", "1"))
    second = await shop.subscribed(client, ("seats", "1"))
    async with shop.at(utc(1, 15)) as tx:
        await add_item(tx, subscription_id=second.id, product="repair", quantity=Decimal(2))
    await shop.close(utc(2))

    assert await charged(shop, client, "discount") == Decimal("-16.00")


async def test_one_use_of_a_window_reduces_one_of_two_bills(shop: Shop) -> None:
    """Both subscriptions have a repair of 16.00: one bill has 8.00 off."""
    client = await shop.customer()
    for _number in range(2):
        subscription = await shop.subscribed(client, ("seats", "1"))
        async with shop.at(utc(1, 15)) as tx:
            await add_item(tx, subscription_id=subscription.id, product="repair")
    await shop.close(utc(2))

    assert await charged(shop, client, "discount") == Decimal("-8.00")


async def test_on_an_invoice_of_the_account_too(shop: Shop) -> None:
    """One invoice for both: 8.00 off the one, and 16.00 altogether never."""
    client = await shop.customer(invoice_per="account")
    await shop.subscribed(client, ("seats", "1"))
    for _number in range(2):
        subscription = await shop.subscribed(client, ("seats", "1"))
        async with shop.at(utc(1, 15)) as tx:
            await add_item(tx, subscription_id=subscription.id, product="repair")
    await shop.close(utc(2))

    assert await charged(shop, client, "discount") == Decimal("-8.00")
