"""Unbilled usage is invoiced as soon as a threshold is reached, each event exactly once."""

from __future__ import annotations

import asyncio
from datetime import datetime
from decimal import Decimal

from core.billing_cycles.current_usage import current_usage
from core.billing_cycles.interim import bill_next_interim, rest_interims
from tests.building import Shop, utc
from tests.integration.counting.crowds import until_taken


async def interims(shop: Shop, now: datetime) -> int:
    """Do what the interim worker does, and return how many invoices it made."""
    made = 0
    for _request in range(1000):
        async with shop.at(now) as tx:
            closed = await bill_next_interim(tx, pricing=shop.pricing)
            if closed is None:
                await rest_interims(tx)
                return made
        made += len(closed.invoices)
    raise AssertionError("more than 1000 requests")


async def test_the_tenth_unbilled_event_is_billed_with_the_nine_before(shop: Shop) -> None:
    """10 e-mails at 0.50 are 5.00, 6.00 with tax of 20 %; the period's end bills the rest."""
    client = await shop.customer()
    await shop.subscribed(client, ("email", "1"), ("seats", "1"), terms="ten")

    for number in range(9):
        await shop.emails(client, 1, on=utc(1, 2 + number))
    assert await interims(shop, utc(1, 11)) == 0
    await shop.emails(client, 1, on=utc(1, 12))
    assert await interims(shop, utc(1, 12)) == 1
    await shop.emails(client, 4, on=utc(1, 20))
    await shop.close(utc(2))

    interim, month = await shop.invoices()
    assert (interim["date"], interim["total"], interim["tax"]) == ("2026-01-12", "6.00", "1.00")
    assert interim["lines"] == [("usage", "E-mails", "5.00")]
    assert month["date"] == "2026-02-01"
    assert sorted(amount for _kind, _told, amount in month["lines"]) == ["2.00", "25.00"]
    assert month["total"] == "32.40"  # (25.00 + 2.00) * 1.2


async def test_current_usage_tells_what_is_billed_from_what_is_open(shop: Shop) -> None:
    """14 e-mails at 0.50 are 7.00: ten of them, 5.00, are on an interim invoice, 4 are open."""
    client = await shop.customer()
    subscription = await shop.subscribed(client, ("email", "1"), terms="ten")
    await shop.report(client, [(1, utc(1, day)) for day in range(1, 11)], now=utc(1, 10))
    assert await interims(shop, utc(1, 10)) == 1
    await shop.report(client, [(1, utc(1, day)) for day in range(11, 15)], now=utc(1, 15))

    async with shop.at(utc(1, 15)) as tx:
        usage = await current_usage(tx, subscription.id, pricing=shop.pricing)

    assert usage is not None
    assert usage.amount == Decimal("7.00")
    assert (usage.billed, usage.unbilled) == (Decimal("5.00"), Decimal("2.00"))
    assert usage.unbilled_events == 4
    assert [line.quantity for line in usage.lines] == [14]


async def test_an_amount_that_is_reached_is_billed(shop: Shop) -> None:
    """50 e-mails are 25.00, with tax 30.00: reached. 49 are 29.40: not yet."""
    client = await shop.customer()
    await shop.subscribed(client, ("email", "1"), terms="thirty")

    await shop.emails(client, 49, on=utc(1, 5))
    assert await interims(shop, utc(1, 5)) == 0
    await shop.emails(client, 1, on=utc(1, 6))
    assert await interims(shop, utc(1, 6)) == 1

    (interim,) = await shop.invoices()
    assert interim["total"] == "30.00"


async def test_what_stays_below_the_threshold_is_billed_at_the_end(shop: Shop) -> None:
    """9 of 10: one invoice, of the period's end."""
    client = await shop.customer()
    await shop.subscribed(client, ("email", "1"), terms="ten")

    await shop.report(client, [(1, utc(1, day)) for day in range(1, 10)], now=utc(1, 10))
    assert await interims(shop, utc(1, 31)) == 0
    await shop.close(utc(2))

    (month,) = await shop.invoices()
    assert (month["date"], month["lines"]) == (
        "2026-02-01",
        [("usage", "E-mails", "4.50")],
    )


async def test_interims_and_the_close_total_what_one_bill_would(shop: Shop) -> None:
    """2,500 e-mails in batches of 1000 at 1.90: 3 batches, 5.70, however they are billed.

    10 events of 100 (1 batch), 10 of 120 (2,200: 3 batches, 2 more), 3 of 100.
    """
    client = await shop.customer()
    await shop.subscribed(client, ("email", "1"), terms="ten", plan="batches")

    await shop.report(client, [(100, utc(1, 2, n)) for n in range(10)], now=utc(1, 3))
    assert await interims(shop, utc(1, 3)) == 1
    await shop.report(client, [(120, utc(1, 4, n)) for n in range(10)], now=utc(1, 5))
    assert await interims(shop, utc(1, 5)) == 1
    await shop.report(client, [(100, utc(1, 6, n)) for n in range(3)], now=utc(1, 7))
    assert await interims(shop, utc(1, 7)) == 0
    await shop.close(utc(2))

    amounts = [
        [amount for _kind, _told, amount in invoice["lines"]]
        for invoice in await shop.invoices()
    ]
    assert amounts == [["1.90"], ["3.80"], ["0.00"]]


async def test_late_usage_of_a_period_with_interims_is_billed_once(shop: Shop) -> None:
    """January has 10 and 4; 3 more come in February: 1.50 then, and nothing twice."""
    client = await shop.customer()
    await shop.subscribed(client, ("email", "1"), terms="ten")
    await shop.report(client, [(1, utc(1, 2, n)) for n in range(10)], now=utc(1, 3))
    assert await interims(shop, utc(1, 3)) == 1
    await shop.emails(client, 4, on=utc(1, 20))
    await shop.close(utc(2))
    await shop.emails(client, 3, on=utc(1, 21), now=utc(2, 3))
    await shop.close(utc(3))

    amounts = [
        [amount for _kind, _told, amount in invoice["lines"]]
        for invoice in await shop.invoices()
    ]
    assert amounts == [["5.00"], ["2.00"], ["1.50"]]


async def test_a_crowd_of_single_events_is_billed_exactly_once(shop: Shop) -> None:
    """64 at the same time, 10 unbilled at most: all billed but fewer than 10, none twice."""
    client = await shop.customer()
    await shop.subscribed(client, ("email", "1"), terms="ten")
    now = utc(1, 5)

    async def working() -> int:
        made = 0
        for _round in range(40):
            made += await interims(shop, now)
            await asyncio.sleep(0.05)
        return made

    worker = asyncio.create_task(working())
    await asyncio.gather(
        *(until_taken(lambda: shop.emails(client, 1, on=now)) for _ in range(64))
    )
    made = await worker + await interims(shop, now)

    billed = sum(
        int(quantity)
        for (quantity,) in await shop.rows(
            "SELECT quantity FROM invoice_line WHERE tenant_id = $1"
        )
    )
    assert 64 - 9 <= billed <= 64
    assert made == len(await shop.invoices()) <= 6  # each takes at least 10 of 64
    await shop.close(utc(2))
    ((quantity, amount),) = await shop.rows(
        "SELECT sum(quantity), sum(amount) FROM invoice_line WHERE tenant_id = $1"
    )
    assert (int(quantity), f"{amount:.2f}") == (64, "32.00")


async def test_a_request_for_a_period_that_was_frozen_is_left_to_its_close(shop: Shop) -> None:
    """Asked for on the 31st, looked at on the 1st after the freezing: one invoice, of 10."""
    client = await shop.customer()
    await shop.subscribed(client, ("email", "1"), terms="ten")
    await shop.report(client, [(1, utc(1, 31, n)) for n in range(10)], now=utc(1, 31, 23))
    await shop.sweep(utc(2))

    assert await interims(shop, utc(2)) == 0
    await shop.close(utc(2))

    (month,) = await shop.invoices()
    assert month["lines"] == [("usage", "E-mails", "5.00")]
    assert await shop.rows("SELECT 1 FROM interim_request WHERE tenant_id = $1") == []
