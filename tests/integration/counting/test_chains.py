"""However usage is billed on the way, its period totals the same; nothing is billed twice."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest

from core.billing_cycles.asking import ask_interim
from core.billing_cycles.interim import bill_next_interim
from tests.building import Shop, utc


class _Died(Exception):
    """A worker is gone just before its commit."""


async def ask(shop: Shop, account: UUID, subscription: UUID) -> None:
    """Ask for an interim invoice whatever the thresholds say."""
    async with shop.at(utc(1, 20)) as tx:
        await ask_interim(
            tx, subscription, account_id=account, reason="events", test_clock=None
        )


async def billed_so_far(shop: Shop, subscription: UUID) -> tuple[int, Decimal]:
    """The quantity and the amount of usage that are on invoices of a subscription."""
    ((quantity, amount),) = await shop.rows(
        "SELECT coalesce(sum(quantity), 0), coalesce(sum(amount), 0) FROM invoice_line"
        " WHERE tenant_id = $1 AND kind = 'usage' AND subscription_id = $2",
        subscription,
    )
    return int(quantity), amount


@pytest.mark.parametrize("seed", range(6))
async def test_a_period_with_interims_totals_what_one_bill_does(shop: Shop, seed: int) -> None:
    """Random events and random interim invoices, against a twin that is billed once.

    Batches of 1000 at 1.90: rounding and started batches would show any difference.
    """
    random = Random(seed)
    often, once = await shop.customer("often"), await shop.customer("once")
    parted = await shop.subscribed(often, ("email", "1"), plan="batches")
    whole = await shop.subscribed(once, ("email", "1"), plan="batches")
    total = 0
    for step in range(12):
        quantity = random.randint(1, 900)
        total += quantity
        await shop.emails(often, quantity, on=utc(1, 2 + step))
        await shop.emails(once, quantity, on=utc(1, 2 + step))
        if random.random() < 0.4:
            await ask(shop, often, parted.id)
            async with shop.at(utc(1, 20)) as tx:
                await bill_next_interim(tx, pricing=shop.pricing)
    await shop.close(utc(2))

    assert await billed_so_far(shop, parted.id) == await billed_so_far(shop, whole.id)
    assert (await billed_so_far(shop, whole.id))[0] == total


async def test_an_interim_that_dies_before_its_commit_leaves_everything(shop: Shop) -> None:
    """Rolled back at its end: no invoice, no number, the request waits; then billed once."""
    client = await shop.customer()
    subscription = await shop.subscribed(client, ("email", "1"))
    await shop.emails(client, 10, on=utc(1, 5))
    await ask(shop, client, subscription.id)

    with pytest.raises(_Died):
        async with shop.at(utc(1, 20)) as tx:
            closed = await bill_next_interim(tx, pricing=shop.pricing)
            assert closed is not None
            assert len(closed.invoices) == 1
            raise _Died

    assert await shop.invoices() == []
    assert await shop.rows("SELECT count(*) FROM interim_request WHERE tenant_id = $1") == [
        (1,)
    ]
    async with shop.at(utc(1, 20)) as tx:
        await bill_next_interim(tx, pricing=shop.pricing)
    (invoice,) = await shop.invoices()
    assert (invoice["number"], invoice["lines"]) == ("INV-1", [("usage", "E-mails", "5.00")])


async def test_the_close_of_a_period_and_its_interim_bill_each_event_once(
    shop: Shop,
) -> None:
    """Run at the same time, again and again: 10 e-mails of 0.50 are 5.00 each time."""
    subscriptions = []
    for number in range(8):
        client = await shop.customer(f"c{number}")
        subscription = await shop.subscribed(client, ("email", "1"))
        await shop.emails(client, 10, on=utc(1, 5))
        await ask(shop, client, subscription.id)
        subscriptions.append(subscription.id)

    async def interims() -> None:
        for _request in range(9):
            async with shop.at(utc(2)) as tx:
                if await bill_next_interim(tx, pricing=shop.pricing) is None:
                    return
            await asyncio.sleep(0)

    await asyncio.gather(interims(), shop.close(utc(2)), interims())
    await shop.close(utc(2, 1, 1))

    for subscription_id in subscriptions:
        assert await billed_so_far(shop, subscription_id) == (10, Decimal("5.00"))


async def test_what_cannot_be_priced_keeps_its_request_and_is_tried_again(shop: Shop) -> None:
    """A product without a rate: the request has the reason and waits a minute."""
    client = await shop.customer()
    subscription = await shop.subscribed(client, ("email", "1"))
    await shop.emails(client, 10, on=utc(1, 5))
    await ask(shop, client, subscription.id)
    async with shop.at() as tx:
        await tx.execute(
            "UPDATE product SET tax_class = 'none' WHERE tenant_id = $1", tx.tenant_id
        )

    async with shop.at(utc(1, 20)) as tx:
        closed = await bill_next_interim(tx, pricing=shop.pricing)
        assert closed is not None
        assert closed.invoices == []
    ((attempts, error, retry_at),) = await shop.rows(
        "SELECT attempts, error, retry_at FROM interim_request WHERE tenant_id = $1"
    )
    assert (attempts, retry_at) == (1, utc(1, 20).replace(minute=1))
    assert error.startswith("TAX_RATE_MISSING: ")

    async with shop.at() as tx:
        await tx.execute(
            "UPDATE product SET tax_class = 'standard' WHERE tenant_id = $1", tx.tenant_id
        )
    async with shop.at(utc(1, 21)) as tx:
        await bill_next_interim(tx, pricing=shop.pricing)
    assert [one["lines"] for one in await shop.invoices()] == [[("usage", "E-mails", "5.00")]]
