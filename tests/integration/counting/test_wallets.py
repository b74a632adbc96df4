"""Prepaid: a wallet pays usage at once and invoices when they are made, never below zero."""

from __future__ import annotations

import asyncio
from datetime import datetime
from decimal import Decimal
from functools import partial
from uuid import UUID

import pytest

from core.billing_cycles.wallet_grace import suspend_short
from core.billing_cycles.wallet_top_up import NotPrepaid, TopUp, TopUpRefused, wallet_top_up
from core.subscriptions.cancel import cancel
from core.usage.record import record_usage
from core.usage.records import UsageReport, Verdict
from core.usage.void import usage_void
from plugins.email.pricing import EmailEvent
from tests.building import Shop, utc
from tests.closings import all_parked
from tests.integration.counting.crowds import until_taken


async def top_up(shop: Shop, subscription_id: UUID, amount: str, *, on: datetime) -> None:
    """Put money into a wallet."""
    async with shop.at(on) as tx:
        await wallet_top_up(tx, TopUp(subscription_id, Decimal(amount)), pricing=shop.pricing)


async def balance(shop: Shop) -> str:
    """What the shop's only wallet has."""
    ((found,),) = await shop.rows("SELECT balance FROM wallet WHERE tenant_id = $1")
    return f"{found:.2f}"


async def order(shop: Shop, account: UUID, key: str, quantity: int, *, on: datetime) -> Verdict:
    """Report e-mails under an id."""
    report = UsageReport(account, "router", key, on, "email", EmailEvent(quantity))
    async with shop.at(on) as tx:
        (verdict,) = await record_usage(tx, host=shop.host, events=[report], gate=shop.gate)
    return verdict


async def prepaid(
    shop: Shop, *items: tuple[str, str], plan: str = "simple"
) -> tuple[UUID, UUID]:
    """A customer with a prepaid subscription."""
    client = await shop.customer()
    subscription = await shop.subscribed(client, *items, terms="prepaid", plan=plan)
    return client, subscription.id


async def test_usage_is_taken_out_of_the_wallet_at_once(shop: Shop) -> None:
    """10 e-mails at 0.50 are 6.00 with tax; 20.00 - 6.00 = 14.00; the same id costs once."""
    client, subscription = await prepaid(shop, ("email", "1"))
    await top_up(shop, subscription, "20.00", on=utc(1, 2))

    first = await order(shop, client, "a", 10, on=utc(1, 3))
    again = await order(shop, client, "a", 10, on=utc(1, 3))

    assert (first.outcome, again.outcome, await balance(shop)) == (
        "accepted",
        "duplicate",
        "14.00",
    )
    entries = await shop.rows(
        "SELECT kind, amount, balance, reference FROM wallet_entry WHERE tenant_id = $1"
        " ORDER BY id"
    )
    assert [
        (kind, f"{amount:.2f}", f"{after:.2f}", told) for kind, amount, after, told in entries
    ] == [
        ("top_up", "20.00", "20.00", ""),
        ("usage", "-6.00", "14.00", "router a"),
    ]


async def test_what_the_wallet_cannot_pay_is_refused_and_not_stored(shop: Shop) -> None:
    """5.00 pays 8 e-mails (4.80) and not 9 (5.40); after 8 there is 0.20."""
    client, subscription = await prepaid(shop, ("email", "1"))
    await top_up(shop, subscription, "5.00", on=utc(1, 2))

    refused = await order(shop, client, "a", 9, on=utc(1, 3))
    assert (refused.outcome, refused.reason) == ("rejected", "WALLET_SHORT")
    assert "0.40 at least" in refused.message
    assert (
        await balance(shop),
        await shop.rows("SELECT 1 FROM usage_event WHERE tenant_id = $1"),
    ) == ("5.00", [])

    assert (await order(shop, client, "a", 8, on=utc(1, 3))).outcome == "accepted"
    assert await balance(shop) == "0.20"


async def test_a_batch_is_decided_in_the_order_of_time(shop: Shop) -> None:
    """1.80 pays 3 of 5 single e-mails of 0.60: the earliest, whatever the order of arrival."""
    client, subscription = await prepaid(shop, ("email", "1"))
    await top_up(shop, subscription, "1.80", on=utc(1, 2))
    reports = [
        UsageReport(client, "router", f"e{hour}", utc(1, 3, hour), "email", EmailEvent(1))
        for hour in (5, 1, 4, 2, 3)
    ]

    async with shop.at(utc(1, 4)) as tx:
        verdicts = await record_usage(tx, host=shop.host, events=reports, gate=shop.gate)

    assert [one.reason or "accepted" for one in verdicts] == [
        "WALLET_SHORT", "accepted", "WALLET_SHORT", "accepted", "accepted",
    ]  # fmt: skip
    assert await balance(shop) == "0.00"


async def test_the_price_of_an_event_is_what_the_period_costs_more(shop: Shop) -> None:
    """Batches of 1000 at 1.90, 2.28 with tax: 400 take one, 500 more none, 200 more one."""
    client, subscription = await prepaid(shop, ("email", "1"), plan="batches")
    await top_up(shop, subscription, "10.00", on=utc(1, 2))

    after = []
    for key, quantity in (("a", 400), ("b", 500), ("c", 200)):
        await order(shop, client, key, quantity, on=utc(1, 3))
        after.append(await balance(shop))

    assert after == ["7.72", "7.72", "5.44"]


async def test_a_void_gives_the_money_back(shop: Shop) -> None:
    """6.00 come back."""
    client, subscription = await prepaid(shop, ("email", "1"))
    await top_up(shop, subscription, "20.00", on=utc(1, 2))
    await order(shop, client, "a", 10, on=utc(1, 3))

    async with shop.at(utc(1, 4)) as tx:
        await usage_void(tx, account=client, source="router", event_id="a", gate=shop.gate)

    assert await balance(shop) == "20.00"


async def test_a_crowd_of_orders_never_overdraws(shop: Shop) -> None:
    """12.00 pay exactly 20 of 64 e-mails of 0.60 that are ordered at the same time."""
    client, subscription = await prepaid(shop, ("email", "1"))
    await top_up(shop, subscription, "12.00", on=utc(1, 2))

    verdicts = await asyncio.gather(
        *(
            until_taken(partial(order, shop, client, f"o{n}", 1, on=utc(1, 3)))
            for n in range(64)
        )
    )

    outcomes = [one.reason or one.outcome for one in verdicts]
    assert (outcomes.count("accepted"), outcomes.count("WALLET_SHORT")) == (20, 44)
    assert await balance(shop) == "0.00"
    assert await shop.rows("SELECT count(*) FROM usage_event WHERE tenant_id = $1") == [(20,)]


async def test_a_prepaid_month_from_the_top_up_to_the_close(shop: Shop) -> None:
    """A seat of 25.00 (30.00 with tax) at its start, usage of 6.00 at once, the next month.

    70.00 - 30.00 - 6.00 = 34.00; on 1 February the invoice of 36.00 holds the seat of
    February and January's e-mails, of which 6.00 are paid: 34.00 - 30.00 = 4.00.
    """
    client, subscription = await prepaid(shop, ("seats", "1"), ("email", "1"))
    await top_up(shop, subscription, "70.00", on=utc(1))
    await shop.close(utc(1))
    assert await balance(shop) == "40.00"
    await order(shop, client, "a", 10, on=utc(1, 3))
    assert await balance(shop) == "34.00"

    await shop.close(utc(2))

    assert await balance(shop) == "4.00"
    assert [one["total"] for one in await shop.invoices()] == ["30.00", "36.00"]
    paid = await shop.rows("SELECT total - paid FROM invoice_settlement WHERE tenant_id = $1")
    assert [int(owed) for (owed,) in paid] == [0, 0]


async def test_a_short_wallet_parks_and_a_top_up_bills_at_once(shop: Shop) -> None:
    """10.00 of 30.00: parked, 20.00 lacking; 19.99 are too little, one cent more is enough."""
    _client, subscription = await prepaid(shop, ("seats", "1"))
    await top_up(shop, subscription, "10.00", on=utc(1))
    assert await shop.close(utc(1)) == 0
    async with shop.at() as tx:
        (parked,) = await all_parked(tx)
    assert parked.code == "WALLET_SHORT"
    assert parked.reason.startswith("the wallet lacks 20.00 EUR: it has 10.00, and 30.00 of")
    assert await shop.rows("SELECT short_since FROM wallet WHERE tenant_id = $1") == [(utc(1),)]

    await top_up(shop, subscription, "19.99", on=utc(1, 2))
    assert (await shop.invoices(), await balance(shop)) == ([], "29.99")
    await top_up(shop, subscription, "0.01", on=utc(1, 3))

    (invoice,) = await shop.invoices()
    assert (invoice["total"], await balance(shop)) == ("30.00", "0.00")
    assert await shop.rows("SELECT short_since FROM wallet WHERE tenant_id = $1") == [(None,)]
    async with shop.at() as tx:
        assert await all_parked(tx) == []


async def test_after_the_grace_it_rests_until_the_top_up_that_covers_it(shop: Shop) -> None:
    """Short on 1 January, 3 days of grace: out from the 4th to the 14th.

    10 of 31 days are not owed: 25.00 * 21 / 31 = 16.94, with tax 20.33.
    """
    _client, subscription = await prepaid(shop, ("seats", "1"))
    await top_up(shop, subscription, "10.00", on=utc(1))
    await shop.close(utc(1))

    async with shop.at(utc(1, 3)) as tx:
        assert await suspend_short(tx) == 0
    async with shop.at(utc(1, 4)) as tx:
        assert await suspend_short(tx) == 1
    async with shop.at(utc(1, 5)) as tx:
        assert await suspend_short(tx) == 0
    await top_up(shop, subscription, "5.00", on=utc(1, 10))
    resting = "SELECT from_at, until_at FROM subscription_rest WHERE tenant_id = $1"
    assert await shop.rows(resting) == [(utc(1, 4), None)]
    assert await shop.invoices() == []
    await top_up(shop, subscription, "6.00", on=utc(1, 14))

    assert await shop.rows(resting) == [(utc(1, 4), utc(1, 14))]
    (invoice,) = await shop.invoices()
    assert (invoice["total"], await balance(shop)) == ("20.33", "0.67")


async def test_who_leaves_while_the_wallet_is_short_owes_the_days_served(shop: Shop) -> None:
    """Out from 4 January, cancelled on the 6th at noon: it ends with that day. The three days
    before the rest are 25.00 * 3 / 31 = 2.42, with tax 2.90; the next top-up pays them.
    """
    _client, subscription = await prepaid(shop, ("seats", "1"))
    await top_up(shop, subscription, "1.00", on=utc(1))
    await shop.close(utc(1))
    async with shop.at(utc(1, 4)) as tx:
        assert await suspend_short(tx) == 1

    async with shop.at(utc(1, 6, 12)) as tx:
        ending = await cancel(tx, subscription_id=subscription)
    assert ending.ends_at == utc(1, 7)
    for day in (utc(1, 7), utc(2)):
        await shop.close(day)
    assert await shop.invoices() == []

    await top_up(shop, subscription, "5.00", on=utc(2, 2))

    (invoice,) = await shop.invoices()
    assert (invoice["total"], await balance(shop)) == ("2.90", "3.10")


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "NaN"])
async def test_a_top_up_is_an_amount_of_money_above_nothing(shop: Shop, amount: str) -> None:
    """Refused, and the wallet is as it was."""
    _client, subscription = await prepaid(shop, ("email", "1"))
    await top_up(shop, subscription, "1.00", on=utc(1))

    with pytest.raises(TopUpRefused):
        await top_up(shop, subscription, amount, on=utc(1))

    assert await balance(shop) == "1.00"


async def test_a_subscription_on_normal_terms_has_no_wallet(shop: Shop) -> None:
    """Topping it up is refused, and none is made."""
    client = await shop.customer()
    subscription = await shop.subscribed(client, ("email", "1"))

    with pytest.raises(NotPrepaid):
        await top_up(shop, subscription.id, "1.00", on=utc(1))

    assert await shop.rows("SELECT 1 FROM wallet WHERE tenant_id = $1") == []
