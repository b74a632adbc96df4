"""A conditional plan prices while its condition holds, asked anew at each billing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.accounts.update_account import UpdateAccount, update_account
from core.billing_cycles.heal import heal
from core.billing_cycles.preview import invoice_preview
from core.db import Database
from core.subscriptions.amend_terms import amend_terms
from core.subscriptions.change_plan import change_plan
from core.subscriptions.refusals import ConditionNotMet
from tests.building import Shop, open_shop, utc
from tests.closings import all_parked

CATALOGUE = """
products:
  seats: {kind: licence, name: Seats}
  support: {kind: termed_service, name: Support}
  email: {kind: usage_service, name: E-mails, meters: {channel: email, unit: email}}
segments:
  many: {name: Many products, of: subscription, when: "size(subscription.products) > 1"}
price_plans:
  simple:
    name: Simple
    currency: EUR
    family: levels
    rates: {seats: {base: 25}, support: {base: 31}, email: {base: 2, package: {size: 1000}}}
  vip:
    name: VIP
    currency: EUR
    family: levels
    base: simple
    select_when: account.class == "VIP"
    apply_when: account.class == "VIP"
    rates: {seats: {base: 0}, email: {base: 1, package: {size: 1000}}}
  large:
    name: Large
    currency: EUR
    base: simple
    apply_when: account.attributes.size == "L"
    rates: {seats: {base: 0}}
  bundle:
    name: Bundle
    currency: EUR
    family: levels
    base: simple
    apply_when: "'many' in subscription.segments"
    rates: {seats: {base: 20}}
billing_terms:
  monthly: {name: Monthly, plans: [simple], default_plan: simple}
"""


@pytest.fixture
async def shop(db: Database) -> Shop:
    """A seller with two conditional plans over one base plan."""
    return await open_shop(db, catalogue=CATALOGUE)


async def classified(shop: Shop, account: UUID, name: str | None, *, month: int = 1) -> None:
    """Give an account a class, or take it away."""
    async with shop.at(utc(month, 5)) as tx:
        await update_account(tx, UpdateAccount(account_id=account, classification=name))


async def vip(shop: Shop, *items: tuple[str, str]) -> tuple[UUID, UUID]:
    """A VIP with a subscription on the conditional plan, begun on 6 January."""
    account = await shop.customer()
    await classified(shop, account, "VIP")
    made = await shop.subscribed(account, *items, plan="vip", now=utc(1, 6))
    return account, made.id


async def lines(shop: Shop, account: UUID) -> list[list[tuple[Any, ...]]]:
    """The lines of each invoice."""
    return [one["lines"] for one in await shop.invoices(account)]


async def test_the_preview_asks_the_condition_as_the_closing_does(shop: Shop) -> None:
    """3 seats are 0.00 for a VIP; without the class it is 26 of 31 days of 75.00: 62.90."""
    account, subscription_id = await vip(shop, ("seats", "3"))

    async def previewed() -> Decimal:
        async with shop.at(utc(1, 20)) as tx:
            preview = await invoice_preview(tx, subscription_id, pricing=shop.pricing)
        return sum((line.amount for line in preview.draft.lines), Decimal(0))

    assert await previewed() == 0
    await classified(shop, account, "plain")
    assert await previewed() == Decimal("62.90")
    await shop.close(utc(2))
    assert await lines(shop, account) == [[("fee", "Seats", "62.90")]]


async def test_late_usage_is_priced_by_the_plan_that_held_at_its_billing(shop: Shop) -> None:
    """January was billed by the VIP plan: its late thousand is 1.00, February's are 2.00."""
    account, _subscription_id = await vip(shop, ("email", "1"))
    await shop.emails(account, 1000, on=utc(1, 10))
    await shop.close(utc(2))
    await classified(shop, account, "plain", month=2)
    await shop.emails(account, 1000, on=utc(1, 11), now=utc(2, 6))
    await shop.emails(account, 1000, on=utc(2, 7))
    await shop.close(utc(3))
    assert await lines(shop, account) == [
        [("usage", "E-mails", "1.00")],
        [
            ("usage", "E-mails", "2.00"),
            ("usage", "E-mails, 2026-01-06 to 2026-01-31", "1.00"),
        ],
    ]


async def test_a_condition_that_fails_parks_its_subscription_alone(shop: Shop) -> None:
    """Without its attribute it cannot be decided; with one it is billed as that says."""
    account = await shop.customer()
    made = await shop.subscribed(
        account, ("support", "1"), ("seats", "1"), plan="large", now=utc(1, 6)
    )
    other = await shop.customer("Other")
    await shop.subscribed(other, ("seats", "1"))
    assert await shop.close(utc(2)) == 1
    async with shop.at() as tx:
        (parked,) = await all_parked(tx)
    assert (parked.subscription_id, parked.code) == (made.id, "CONDITION_FAILED")
    async with shop.at(utc(2, 5)) as tx:
        await update_account(tx, UpdateAccount(account_id=account, attributes={"size": "L"}))
    async with shop.at(utc(2, 6)) as tx:
        await heal(tx, made.id, pricing=shop.pricing)
    # 31.00 by the base plan for 26 of 31 days; the seat is free.
    assert await lines(shop, account) == [
        [("fee", "Seats", "0.00"), ("fee", "Support", "26.00")]
    ]


async def test_without_a_class_the_base_plan_prices(shop: Shop) -> None:
    """A class that is taken away is the empty text: 26 of 31 days of 25.00 are 20.97."""
    account, _subscription_id = await vip(shop, ("seats", "1"))
    await classified(shop, account, None)
    await shop.close(utc(2))
    assert await lines(shop, account) == [[("fee", "Seats", "20.97")]]


async def test_a_condition_may_ask_for_a_segment(shop: Shop) -> None:
    """Two products make it one of many, so that a seat is 20.00; with one it is 25.00."""
    both, single = await shop.customer("Both"), await shop.customer("Single")
    await shop.subscribed(both, ("seats", "1"), ("support", "1"), plan="bundle")
    await shop.subscribed(single, ("seats", "1"), plan="bundle")
    await shop.close(utc(2))
    assert await lines(shop, both) == [[("fee", "Seats", "20.00"), ("fee", "Support", "31.00")]]
    assert await lines(shop, single) == [[("fee", "Seats", "25.00")]]


async def test_a_conditional_plan_of_the_family_is_chosen_for_the_next_period(
    shop: Shop,
) -> None:
    """Refused without the class; chosen with it, February is free."""
    account = await shop.customer()
    made = await shop.subscribed(account, ("seats", "1"))
    await classified(shop, account, "plain")
    async with shop.at(utc(1, 10)) as tx:
        with pytest.raises(ConditionNotMet):
            await change_plan(tx, subscription_id=made.id, price_plan="vip")
    await classified(shop, account, "VIP")
    async with shop.at(utc(1, 10)) as tx:
        await change_plan(tx, subscription_id=made.id, price_plan="vip")
    await shop.close(utc(2))
    await shop.close(utc(3))
    assert await lines(shop, account) == [
        [("fee", "Seats", "25.00")],
        [("fee", "Seats", "0.00")],
    ]


async def test_amended_to_a_conditional_plan_both_sides_are_billed_once(shop: Shop) -> None:
    """From 17 January: 16 days of 31.00 are 16.00 (seats at 0), e-mails at 2 and then at 1."""
    account = await shop.customer()
    made = await shop.subscribed(account, ("support", "1"), ("seats", "1"), ("email", "1"))
    await classified(shop, account, "VIP")
    await shop.report(account, [(1000, utc(1, 16, 23)), (1000, utc(1, 17))], now=utc(1, 17))
    async with shop.at(utc(1, 17)) as tx:
        await amend_terms(tx, subscription_id=made.id, price_plan="vip")
    await shop.close(utc(1, 18))
    await shop.close(utc(2))
    assert await lines(shop, account) == [
        [
            ("fee", "Seats", "12.90"),  # 25 x 16/31
            ("fee", "Support", "16.00"),
            ("usage", "E-mails", "2.00"),
        ],
        [
            ("fee", "Seats", "0.00"),
            ("fee", "Support", "15.00"),
            ("usage", "E-mails", "1.00"),
        ],
    ]
