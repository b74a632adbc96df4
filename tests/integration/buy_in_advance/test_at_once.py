"""A request billed at once; and one that a closing took, but did not live to commit."""

from __future__ import annotations

import asyncio

import pytest

from core.billing_cycles.bill_in_advance import BilledAtOnce, bill_in_advance
from core.billing_cycles.close import close_periods
from core.billing_cycles.close_chunk import close_next_chunk
from core.billing_cycles.reading import frozen_periods
from core.billing_cycles.sweep import freeze_tenant
from core.buy_in_advance.refusals import NothingToBillInAdvance
from core.kernel.clock import FixedClock
from core.subscriptions.records import Subscription
from tests.building import Shop, utc
from tests.integration.buy_in_advance.test_a_year import asked, fees_periods, gold, standing_of


async def at_once(shop: Shop, subscription: Subscription, *, day: int) -> BilledAtOnce:
    """Ask for a year and bill it on a day of January."""
    async with shop.at(utc(1, day)) as tx:
        return await bill_in_advance(
            tx, subscription_id=subscription.id, duration="12 months", pricing=shop.pricing
        )


async def test_in_arrears_the_year_behind_the_present_month_is_invoiced_at_once(
    shop: Shop,
) -> None:
    """On 15 January 300 from February on; January is billed on 1 February as before."""
    subscription = await gold(shop)

    billed = await at_once(shop, subscription, day=15)

    (invoice,) = await shop.invoices()
    assert (invoice["lines"], invoice["date"]) == ([("fee", "Gold", "300.00")], "2026-01-15")
    assert (billed.request.state, billed.request.settled_at) == ("billed", utc(1, 15))
    assert await shop.close(utc(2)) == 1
    assert (await shop.invoices())[1]["lines"] == [("fee", "Gold", "25.00")]
    periods = await fees_periods(shop, subscription.id)
    assert [row[:2] for row in periods[:2]] == [
        (utc(1), utc(2)),
        (utc(2), utc(2, year=2027)),
    ]


async def test_in_advance_a_month_that_is_not_billed_yet_becomes_the_year(shop: Shop) -> None:
    """Asked before the closing of 1 January: the year begins with January itself."""
    subscription = await gold(shop, terms="advance")

    await at_once(shop, subscription, day=1)

    assert (await fees_periods(shop, subscription.id))[0][:2] == (utc(1), utc(1, year=2027))
    assert await shop.close(utc(1)) == 0
    assert len(await shop.invoices()) == 1


async def test_what_a_closing_has_at_hand_is_not_billed_at_once(shop: Shop) -> None:
    """The month is frozen: the request would be taken by that closing. Nothing is made."""
    subscription = await gold(shop, terms="advance")
    await shop.sweep(utc(1))

    with pytest.raises(NothingToBillInAdvance):
        await at_once(shop, subscription, day=1)

    assert await shop.rows("SELECT id FROM advance_request WHERE tenant_id = $1") == []
    assert await shop.close(utc(1)) == 1
    assert (await shop.invoices())[0]["lines"] == [("fee", "Gold", "25.00")]


async def test_a_closing_that_dies_leaves_the_request_waiting_and_the_months_whole(
    shop: Shop,
) -> None:
    """Everything is one transaction: taken, billed and settled together, or not at all."""
    subscription = await gold(shop)
    request = await asked(shop, subscription, "12 months", now=utc(1, 15))
    run = await freeze_tenant(shop.db, shop.tenant_id, clock=FixedClock(utc(2)))
    assert run is not None
    before = await fees_periods(shop, subscription.id)

    with pytest.raises(RuntimeError, match="the worker is gone"):
        async with shop.at(utc(2)) as tx:
            account = subscription.account_id
            periods = await frozen_periods(
                tx, run.id, first_account_id=account, last_account_id=account
            )
            closed = await close_periods(tx, periods, run_id=run.id, pricing=shop.pricing)
            assert len(closed.invoices) == 1
            raise RuntimeError("the worker is gone")

    assert await fees_periods(shop, subscription.id) == before
    assert (await standing_of(shop, request)).state == "waiting"
    assert await shop.close(utc(2)) == 1
    (invoice,) = await shop.invoices()
    assert invoice["lines"] == [("fee", "Gold", "25.00"), ("fee", "Gold", "300.00")]


async def test_two_workers_bill_the_year_once(shop: Shop) -> None:
    """They race for the chunk; one of them has it, and the request is taken once."""
    subscription = await gold(shop)
    await asked(shop, subscription, "12 months", now=utc(1, 15))
    await shop.sweep(utc(2))

    done = await asyncio.gather(
        *(
            close_next_chunk(
                shop.db, shop.tenant_id, pricing=shop.pricing, clock=FixedClock(utc(2))
            )
            for _worker in range(2)
        )
    )

    assert sum(one.invoices for one in done if one is not None) == 1
    years = [row for row in await fees_periods(shop, subscription.id) if row[4]]
    assert len(years) == 1
