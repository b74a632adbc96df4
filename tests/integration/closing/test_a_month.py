"""A month is closed exactly once, and says what it should."""

from __future__ import annotations

from decimal import Decimal

from core.subscriptions.add_item import add_item
from core.subscriptions.cancel import cancel
from tests.building import Shop, utc


async def test_level_3_with_a_minimum_of_1000_costs_1410_in_all(shop: Shop) -> None:
    """100,000 profiles x 0.0064 = 640.00, top-up 360.00, and 215,789 e-mails: 216 batches
    of 1000 x 1.90 = 410.40; net 1410.40, tax 20 % 282.08.
    """
    client = await shop.customer()
    await shop.subscribed(client, ("package", "1"), ("email", "1"), plan="level-3")
    await shop.profiles(client, 100_000, on=utc(1, 2))
    await shop.emails(client, 215_789, on=utc(1, 20))

    assert await shop.close(utc(2)) == 1

    (invoice,) = await shop.invoices()
    assert invoice == {
        "number": "INV-1",
        "total": "1692.48",
        "tax": "282.08",
        "date": "2026-02-01",
        "lines": [
            ("gauge", "Package", "640.00"),
            ("usage", "E-mails", "410.40"),
            ("commitment", "Minimum commitment", "360.00"),
        ],
    }


async def test_closing_the_same_month_again_makes_nothing_more(shop: Shop) -> None:
    """5 seats x 25 = 125.00; the second closing finds nothing due."""
    client = await shop.customer()
    await shop.subscribed(client, ("seats", "5"))

    first, second = await shop.close(utc(2)), await shop.close(utc(2, 3))

    assert (first, second) == (1, 0)
    (invoice,) = await shop.invoices()
    assert invoice["lines"] == [("fee", "Seats", "125.00")]


async def test_fees_in_advance_come_with_the_usage_of_the_month_before(shop: Shop) -> None:
    """On 1 January: January's 31.00. On 1 February: February's 31.00, and one started batch
    of January's e-mails, 1.90.
    """
    client = await shop.customer()
    await shop.subscribed(client, ("support", "1"), ("email", "1"), terms="advance")
    await shop.emails(client, 10, on=utc(1, 5))

    assert await shop.close(utc(1, 6)) == 1
    assert await shop.close(utc(2)) == 1

    january, february = await shop.invoices()
    assert january["lines"] == [("fee", "Support", "31.00")]
    assert february["lines"] == [("fee", "Support", "31.00"), ("usage", "E-mails", "1.90")]


async def test_an_item_added_after_its_month_was_billed_is_billed_with_the_next(
    shop: Shop,
) -> None:
    """2 seats from 17 January: 15 of 31 days x 50.00 = 24.19, with February's 50.00."""
    client = await shop.customer()
    subscription = await shop.subscribed(client, ("support", "1"), terms="advance")
    await shop.close(utc(1, 2))
    async with shop.at(utc(1, 17)) as tx:
        await add_item(
            tx, subscription_id=subscription.id, product="seats", quantity=Decimal(2)
        )

    await shop.close(utc(2))

    _january, february = await shop.invoices()
    assert february["lines"] == [
        ("fee", "Seats", "24.19"),
        ("fee", "Seats", "50.00"),
        ("fee", "Support", "31.00"),
    ]


async def test_a_yearly_contract_has_its_usage_invoiced_monthly(shop: Shop) -> None:
    """The year in advance, 12 x 25 = 300.00, then each month its started batches."""
    client = await shop.customer()
    await shop.subscribed(client, ("seats", "1"), ("email", "1"), terms="yearly")
    await shop.close(utc(1))
    await shop.emails(client, 1_001, on=utc(1, 20))
    await shop.emails(client, 1, on=utc(2, 20))

    await shop.close(utc(3))

    lines = [invoice["lines"] for invoice in await shop.invoices()]
    assert lines == [
        [("fee", "Seats", "300.00")],
        [("usage", "E-mails", "3.80")],
        [("usage", "E-mails", "1.90")],
    ]


async def test_three_overdue_months_become_three_invoices_in_order(shop: Shop) -> None:
    """One sweep in April bills January, February and March, each by itself."""
    client = await shop.customer()
    await shop.subscribed(client, ("seats", "1"))

    assert await shop.close(utc(4, 2)) == 2  # the open month and the next were stored
    assert await shop.close(utc(4, 2)) == 1

    due = await shop.rows(
        "SELECT i.due_at, n.n FROM invoice i JOIN invoice_number n"
        " ON n.tenant_id = $1 AND n.invoice_id = i.id WHERE i.tenant_id = $1 ORDER BY n.n"
    )
    assert due == [(utc(2), 1), (utc(3), 2), (utc(4), 3)]


async def test_an_account_may_take_one_invoice_for_all(shop: Shop) -> None:
    """Two subscriptions, 25.00 and 31.00, due at one time: one invoice of 56.00 net."""
    client = await shop.customer(invoice_per="account")
    await shop.subscribed(client, ("seats", "1"))
    await shop.subscribed(client, ("support", "1"))

    assert await shop.close(utc(2)) == 1

    (invoice,) = await shop.invoices()
    assert invoice["lines"] == [("fee", "Seats", "25.00"), ("fee", "Support", "31.00")]
    assert invoice["total"] == "67.20"  # 56.00 + 20 %


async def test_a_business_in_another_member_state_accounts_for_the_tax_itself(
    shop: Shop,
) -> None:
    """Belgium with a number: none. Without one: Belgium's 21 %, 5.25. Canada: none."""
    taxes = {}
    for name, country, number in (
        ("b", "BE", "BE0123456749"),
        ("c", "BE", None),
        ("d", "CA", None),
    ):
        client = await shop.customer(name, country=country, tax_number=number)
        await shop.subscribed(client, ("seats", "1"))
        taxes[name] = client

    await shop.close(utc(2))

    found = {name: (await shop.invoices(client))[0]["tax"] for name, client in taxes.items()}
    assert found == {"b": "0.00", "c": "5.25", "d": "0.00"}


async def test_a_subscription_that_reaches_its_end_is_ended_by_its_last_closing(
    shop: Shop,
) -> None:
    """Cancelled in January, it runs to 1 February; that closing stores `ended`."""
    client = await shop.customer()
    subscription = await shop.subscribed(client, ("seats", "1"))
    async with shop.at(utc(1, 10)) as tx:
        await cancel(tx, subscription_id=subscription.id)

    assert await shop.close(utc(2)) == 1
    assert await shop.close(utc(3)) == 0

    states = await shop.rows("SELECT state FROM subscription WHERE tenant_id = $1")
    assert states == [("ended",)]
    topics = await shop.rows(
        "SELECT topic FROM outbox WHERE tenant_id = $1 AND topic LIKE 'subscription.e%'"
    )
    assert topics == [("subscription.ended",)]
