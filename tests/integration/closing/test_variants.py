"""Variants of rates at a closing: asked anew each time, and kept for late usage."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from core.accounts.update_account import UpdateAccount, update_account
from core.billing_cycles.heal import heal
from core.db import Database
from tests.building import Shop, open_shop, utc
from tests.closings import all_parked

CATALOGUE = """
products:
  seats: {kind: licence, name: Seats}
  support: {kind: termed_service, name: Support}
  email: {kind: usage_service, name: E-mails, meters: {channel: email, unit: email}}
segments:
  vips: {name: VIPs, of: account, when: account.class == "VIP"}
price_plans:
  simple:
    name: Simple
    currency: EUR
    rates:
      seats:
        base: 25
        variants:
          - {name: Ten, when: item.quantity >= 10, base: 20}
          - {name: First month, when: item.month == 1, base: 10}
      support:
        base: 31
        variants:
          - {name: Large, when: account.attributes.size == "L", base: 62}
      email:
        base: 2
        package: {size: 1000}
        variants:
          - {name: VIPs, when: "'vips' in account.segments", base: 1, package: {size: 1000}}
billing_terms:
  monthly: {name: Monthly, plans: [simple], default_plan: simple}
"""


@pytest.fixture
async def shop(db: Database) -> Shop:
    """A seller whose rates have variants."""
    return await open_shop(db, catalogue=CATALOGUE)


async def customer(shop: Shop, *, size: str | None = "S") -> UUID:
    """An account with a size, by which support is priced."""
    account = await shop.customer()
    if size is not None:
        await changed(shop, account, attributes={"size": size})
    return account


async def changed(shop: Shop, account: UUID, *, month: int = 1, **changes: Any) -> None:
    """Change an account on the 5th."""
    async with shop.at(utc(month, 5)) as tx:
        await update_account(tx, UpdateAccount(account_id=account, **changes))


async def lines(shop: Shop, account: UUID) -> list[list[tuple[Any, ...]]]:
    """The lines of each invoice."""
    return [one["lines"] for one in await shop.invoices(account)]


async def test_a_variant_may_ask_about_each_item(shop: Shop) -> None:
    """2 seats are 10.00 each in their first month, then 25.00; 10 seats are 20.00 each."""
    account, crowd = await customer(shop), await customer(shop)
    await shop.subscribed(account, ("seats", "2"))
    await shop.subscribed(crowd, ("seats", "10"))
    await shop.close(utc(2))
    await shop.close(utc(3))
    assert await lines(shop, account) == [
        [("fee", "Seats", "20.00")],
        [("fee", "Seats", "50.00")],
    ]
    assert await lines(shop, crowd) == [
        [("fee", "Seats", "200.00")],
        [("fee", "Seats", "200.00")],
    ]


async def test_late_usage_has_the_variant_of_its_period(shop: Shop) -> None:
    """January is billed to a VIP: a late thousand of it is 1.00, one of February 2.00."""
    account = await customer(shop)
    await changed(shop, account, classification="VIP")
    await shop.subscribed(account, ("email", "1"))
    await shop.emails(account, 1000, on=utc(1, 10))
    await shop.close(utc(2))
    await changed(shop, account, month=2, classification=None)
    await shop.emails(account, 1000, on=utc(1, 11), now=utc(2, 6))
    await shop.emails(account, 1000, on=utc(2, 7))
    await shop.close(utc(3))
    assert await lines(shop, account) == [
        [("usage", "E-mails", "1.00")],
        [("usage", "E-mails", "2.00"), ("usage", "E-mails, 2026-01-01 to 2026-01-31", "1.00")],
    ]


async def test_a_variant_that_cannot_be_decided_parks_its_subscription_alone(
    shop: Shop,
) -> None:
    """Nobody said how large it is; told that it is large, support is 62.00."""
    account, other = await customer(shop, size=None), await customer(shop)
    made = await shop.subscribed(account, ("support", "1"))
    await shop.subscribed(other, ("support", "1"))
    assert await shop.close(utc(2)) == 1
    assert await lines(shop, other) == [[("fee", "Support", "31.00")]]
    async with shop.at() as tx:
        (parked,) = await all_parked(tx)
    assert (parked.subscription_id, parked.code) == (made.id, "CONDITION_FAILED")
    assert await lines(shop, account) == []
    await changed(shop, account, month=2, attributes={"size": "L"})
    async with shop.at(utc(2, 6)) as tx:
        await heal(tx, made.id, pricing=shop.pricing)
    assert await lines(shop, account) == [[("fee", "Support", "62.00")]]
