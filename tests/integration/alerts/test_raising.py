"""Alerts: what is measured, once a threshold and period, whatever happens meanwhile."""

from __future__ import annotations

from decimal import Decimal

from core.billing_cycles.current_usage import current_usage
from core.entitlements.consume import Consume, consume
from tests.building import utc

from .conftest import Watching


async def test_a_threshold_is_told_once_a_period(watching: Watching) -> None:
    """E-mails at 0.50: 40 are 20.00, and 100 are 50.00.

    Thresholds 20 and 50: the first at once, the second later, none twice; February begins
    anew.
    """
    shop = watching.shop
    account = await shop.customer()
    made = await shop.subscribed(account, ("email", "1"))
    await watching.define("20", "50", subscription=made.id, at=utc(1, 2))
    await shop.emails(account, 39, on=utc(1, 3))
    await watching.look(utc(1, 3, 1))
    assert await watching.told() == []  # 19.50
    await shop.emails(account, 1, on=utc(1, 4))
    await watching.look(utc(1, 4, 1))
    assert await watching.told() == [("20", "20.00", "01-01")]
    await shop.emails(account, 60, on=utc(1, 5))
    await watching.look(utc(1, 5, 1))
    await watching.look(utc(1, 5, 2))
    expected = [("20", "20.00", "01-01"), ("50", "50.00", "01-01")]
    assert await watching.told() == expected
    await shop.close(utc(2))
    await shop.emails(account, 44, on=utc(2, 3))
    await watching.look(utc(2, 3, 1))
    assert await watching.told() == [*expected, ("20", "22.00", "02-01")]
    assert len(await watching.messages()) == 3


async def test_only_what_was_used_since_the_last_look_is_measured(watching: Watching) -> None:
    """Three subscriptions, an alert on all: a look measures the one that was used."""
    shop = watching.shop
    accounts = [await shop.customer(f"Client {n}") for n in range(3)]
    for account in accounts:
        await shop.subscribed(account, ("email", "1"))
    await watching.define("10", at=utc(1, 2))
    assert await watching.look(utc(1, 2, 1)) == 3  # a new alert looks at all once
    assert await watching.look(utc(1, 2, 2)) == 0
    await shop.emails(accounts[1], 20, on=utc(1, 3))
    assert await watching.look(utc(1, 3, 1)) == 1
    assert await watching.told() == [("10", "10.00", "01-01")]


async def test_what_was_used_before_the_alert_counts(watching: Watching) -> None:
    """100 e-mails are 50.00 before anybody watches."""
    shop = watching.shop
    account = await shop.customer()
    made = await shop.subscribed(account, ("email", "1"))
    await shop.emails(account, 100, on=utc(1, 3))
    await watching.define("50", subscription=made.id, at=utc(1, 4))
    await watching.look(utc(1, 4, 1))
    assert await watching.told() == [("50", "50.00", "01-01")]


async def test_a_period_that_was_frozen_in_between_is_measured(watching: Watching) -> None:
    """Usage on the last evening, closing at midnight, the look afterwards: told of January."""
    shop = watching.shop
    account = await shop.customer()
    await shop.subscribed(account, ("email", "1"))
    await watching.define("50", at=utc(1, 2))
    await watching.look(utc(1, 2, 1))
    await shop.emails(account, 100, on=utc(1, 31, 23))
    await shop.close(utc(2))
    await watching.look(utc(2, 1, 1))
    assert await watching.told() == [("50", "50.00", "01-01")]


async def test_late_usage_counts_for_the_period_it_happened_in(watching: Watching) -> None:
    """60 in January, closed; 40 more of January in February: 100 are 50.00 of January."""
    shop = watching.shop
    account = await shop.customer()
    await shop.subscribed(account, ("email", "1"))
    await watching.define("50", at=utc(1, 2))
    await shop.emails(account, 60, on=utc(1, 10))
    await watching.look(utc(1, 10, 1))
    await shop.close(utc(2))
    await shop.emails(account, 40, on=utc(1, 20), now=utc(2, 3))
    await watching.look(utc(2, 3, 1))
    assert await watching.told() == [("50", "50.00", "01-01")]


async def test_the_amount_is_net_also_under_a_plan_with_tax(watching: Watching) -> None:
    """100 e-mails at 0.60 with 20 % in it: 60.00 gross are 50.00 net."""
    shop = watching.shop
    account = await shop.customer()
    made = await shop.subscribed(account, ("email", "1"), plan="gross")
    await watching.define("50", "60", subscription=made.id, at=utc(1, 2))
    await shop.emails(account, 100, on=utc(1, 3))
    await watching.look(utc(1, 3, 1))
    assert await watching.told() == [("50", "50.00", "01-01")]


async def test_what_is_measured_is_what_the_current_usage_says(watching: Watching) -> None:
    """One pricing: 77 e-mails are 38.50 on both sides."""
    shop = watching.shop
    account = await shop.customer()
    made = await shop.subscribed(account, ("email", "1"))
    await watching.define("1", subscription=made.id, at=utc(1, 2))
    await shop.emails(account, 77, on=utc(1, 3))
    await watching.look(utc(1, 3, 1))
    async with shop.at(utc(1, 3, 2)) as tx:
        usage = await current_usage(tx, made.id, pricing=shop.pricing)
    assert usage is not None
    assert usage.amount == Decimal("38.50")
    assert await watching.told() == [("1", "38.50", "01-01")]


async def test_a_quantity_and_percents_of_a_budget(watching: Watching) -> None:
    """A budget of 200 e-mails: 80 percent are 160."""
    shop = watching.shop
    account = await shop.customer()
    await shop.subscribed(account, ("email", "1"))
    product = await watching.product("email")
    alert = await watching.define(
        "80", "100", measure="quantity", product=product, account=account,
        budget=Decimal(200), at=utc(1, 2),
    )  # fmt: skip
    await shop.emails(account, 159, on=utc(1, 3))
    await watching.look(utc(1, 3, 1))
    assert await watching.told() == []
    await shop.emails(account, 1, on=utc(1, 4))
    await watching.look(utc(1, 4, 1))
    assert await watching.told(alert) == [("80", "160.00", "01-01")]


async def test_the_next_invoice_with_its_fees(watching: Watching) -> None:
    """Two seats at 25.00 and 20 e-mails at 0.50: 60.00 before tax."""
    shop = watching.shop
    account = await shop.customer()
    made = await shop.subscribed(account, ("seats", "2"), ("email", "1"))
    await watching.define(
        "50", "60", measure="next_invoice", subscription=made.id, at=utc(1, 2)
    )
    await watching.look(utc(1, 2, 1))
    assert await watching.told() == [("50", "50.00", "01-01")]
    await shop.emails(account, 20, on=utc(1, 3))
    await watching.look(utc(1, 3, 1))
    assert await watching.told() == [("50", "50.00", "01-01"), ("60", "60.00", "01-01")]


async def test_the_next_invoice_that_was_closed_in_between(watching: Watching) -> None:
    """20 e-mails on the last evening, closed at midnight, the look afterwards: 60.00.

    What came in between is told by the invoice: 70 is not reached. While the period is being
    closed there is no invoice yet, and it waits. February has told its 50.00 before.
    """
    shop = watching.shop
    account = await shop.customer()
    made = await shop.subscribed(account, ("seats", "2"), ("email", "1"))
    await watching.define(
        "60", "70", measure="next_invoice", subscription=made.id, at=utc(1, 2)
    )
    await watching.look(utc(1, 2, 1))
    await shop.emails(account, 20, on=utc(1, 31, 23))
    await shop.sweep(utc(2))
    await watching.look(utc(2, 1, 1))
    assert await watching.told() == []
    await shop.close(utc(2))
    await watching.look(utc(2, 1, 2))
    assert await watching.told() == [("60", "60.00", "01-01")]
    # An alert on what was billed before it was defined tells nothing of it.
    late = await watching.define(
        "55", measure="next_invoice", subscription=made.id, at=utc(2, 2)
    )
    await shop.emails(account, 2, on=utc(1, 30), now=utc(2, 3))
    await watching.look(utc(2, 3, 1))
    assert await watching.told(late) == []


async def test_an_allowance_in_percent(watching: Watching) -> None:
    """200 mails granted: 150 consumed are 75 percent, 200 are 100."""
    shop = watching.shop
    account = await shop.customer()
    await shop.subscribed(account, ("bundle", "1"))
    await watching.define("75", "100", measure="allowance", feature="mails", at=utc(1, 2))
    for at, amount in ((utc(1, 3), 149), (utc(1, 4), 1)):
        async with shop.at(at) as tx:
            await consume(tx, Consume(account, "mails", Decimal(amount), "app", f"{amount}"))
        await watching.look(at)
    assert await watching.told() == [("75", "75.00", "01-01")]


async def test_whose_usage_is_watched(watching: Watching) -> None:
    """A product held, a plan, an account, another currency: each alert sees its own."""
    shop = watching.shop
    first, second = await shop.customer("First"), await shop.customer("Second")
    await shop.subscribed(first, ("seats", "1"), ("email", "1"))
    await shop.subscribed(second, ("email", "1"), plan="dollars")
    ((plan,),) = await shop.rows(
        "SELECT id FROM price_plan WHERE tenant_id = $1 AND code = 'dollars'"
    )
    holding = await watching.define("10", holds_product=await watching.product("seats"),
                                    at=utc(1, 2))  # fmt: skip
    planned = await watching.define("10", price_plan=plan, at=utc(1, 2))
    own = await watching.define("10", account=second, currency="USD", at=utc(1, 2))
    euros = await watching.define("10", at=utc(1, 2))
    for account, quantity in ((first, 40), (second, 60)):
        await shop.emails(account, quantity, on=utc(1, 3))
    await watching.look(utc(1, 3, 1))
    assert await watching.told(holding) == [("10", "20.00", "01-01")]
    assert await watching.told(planned) == [("10", "30.00", "01-01")]
    assert await watching.told(own) == [("10", "30.00", "01-01")]
    assert await watching.told(euros) == [("10", "20.00", "01-01")]  # not the dollars
