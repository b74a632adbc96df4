"""What cannot be billed is left out with its reason, and stops nobody else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from core.billing_cycles.errors import NotParked
from core.billing_cycles.heal import heal
from core.billing_cycles.park import unpark
from core.billing_cycles.repository import run_progress
from tests.building import Shop, utc
from tests.closings import all_parked, all_runs


async def unprice(shop: Shop, subscription_id: UUID) -> None:
    """Give a subscription an item that its plan has no rate for, past every check."""
    async with shop.at(utc(1)) as tx:
        await tx.execute(
            "UPDATE subscription_item SET product_id = (SELECT id FROM product"
            " WHERE tenant_id = $1 AND code = 'unpriced')"
            " WHERE tenant_id = $1 AND subscription_id = $2",
            tx.tenant_id,
            subscription_id,
        )


async def price_again(shop: Shop, subscription_id: UUID) -> None:
    """Give it a seat instead."""
    async with shop.at(utc(1)) as tx:
        await tx.execute(
            "UPDATE subscription_item SET product_id = (SELECT id FROM product"
            " WHERE tenant_id = $1 AND code = 'seats')"
            " WHERE tenant_id = $1 AND subscription_id = $2",
            tx.tenant_id,
            subscription_id,
        )


async def parked(shop: Shop) -> list[Any]:
    """What is parked now."""
    async with shop.at() as tx:
        return await all_parked(tx)


async def test_a_missing_rate_parks_one_subscription_and_bills_its_neighbours(
    shop: Shop,
) -> None:
    """Of three customers with one seat each, the second has no rate: two invoices."""
    clients = [await shop.customer(name) for name in ("a", "b", "c")]
    subscriptions = [await shop.subscribed(client, ("seats", "1")) for client in clients]
    await unprice(shop, subscriptions[1].id)

    assert await shop.close(utc(2)) == 2

    assert [len(await shop.invoices(client)) for client in clients] == [1, 0, 1]
    (one,) = await parked(shop)
    assert (one.subscription_id, one.code) == (subscriptions[1].id, "RATE_MISSING")
    assert one.reason.startswith("unpriced: price plan simple version 1 has no rate")
    assert (one.attempts, one.parked_at, one.retry_at) == (1, utc(2), utc(2).replace(minute=5))
    async with shop.at() as tx:
        (run,) = await all_runs(tx)
        assert await run_progress(tx, run.id) == run
    assert (run.subscriptions, run.chunks, run.chunks_done) == (3, 1, 1)
    assert (run.invoices, run.parked, run.is_done) == (2, 1, True)


async def test_a_healed_subscription_is_invoiced_alone_by_the_next_sweep(shop: Shop) -> None:
    """Mended and unparked, it is billed once, for its month, with the next number."""
    client = await shop.customer()
    subscription = await shop.subscribed(client, ("seats", "1"))
    await unprice(shop, subscription.id)
    await shop.close(utc(2))
    assert await shop.invoices() == []
    await price_again(shop, subscription.id)

    async with shop.at(utc(2, 2)) as tx:
        await unpark(tx, subscription.id)
    swept = await shop.sweep(utc(2, 2))

    assert swept.healed == 1
    (invoice,) = await shop.invoices()
    assert invoice["lines"] == [("fee", "Seats", "25.00")]
    assert await parked(shop) == []
    assert await shop.close(utc(2, 3)) == 0


async def test_what_fails_again_waits_twice_as_long(shop: Shop) -> None:
    """Parked at midnight for 5 minutes; tried at 00:10 it is parked again, for 10."""
    client = await shop.customer()
    subscription = await shop.subscribed(client, ("seats", "1"))
    await unprice(shop, subscription.id)
    await shop.close(utc(2))

    await shop.sweep(utc(2).replace(minute=3))  # not yet
    assert [one.attempts for one in await parked(shop)] == [1]
    await shop.sweep(utc(2).replace(minute=10))

    (one,) = await parked(shop)
    assert (one.attempts, one.retry_at) == (2, utc(2).replace(minute=20))


async def test_of_an_account_with_one_invoice_only_the_offender_is_left_out(
    shop: Shop,
) -> None:
    """The sound subscription's 31.00 are invoiced; the other's 25.00 follow by themselves."""
    client = await shop.customer(invoice_per="account")
    await shop.subscribed(client, ("support", "1"))
    faulty = await shop.subscribed(client, ("seats", "1"))
    await unprice(shop, faulty.id)
    await shop.close(utc(2))
    await price_again(shop, faulty.id)
    async with shop.at(utc(2, 2)) as tx:
        closed = await heal(tx, faulty.id, pricing=shop.pricing)
    assert len(closed.invoices) == 1

    lines = [invoice["lines"] for invoice in await shop.invoices()]
    assert lines == [[("fee", "Support", "31.00")], [("fee", "Seats", "25.00")]]


async def test_what_is_not_parked_cannot_be_tried_again(shop: Shop) -> None:
    """Refused, and nothing is billed."""
    client = await shop.customer()
    subscription = await shop.subscribed(client, ("seats", "1"))
    async with shop.at(utc(1, 2)) as tx:
        with pytest.raises(NotParked):
            await unpark(tx, subscription.id)
        with pytest.raises(NotParked):
            await heal(tx, subscription.id, pricing=shop.pricing)
    assert await shop.invoices() == []


async def test_a_parked_month_is_not_billed_by_the_month_after_it(shop: Shop) -> None:
    """January stays parked while February is billed; healed, January is billed by itself."""
    client = await shop.customer()
    subscription = await shop.subscribed(client, ("seats", "1"), ("email", "1"))
    await shop.emails(client, 10, on=utc(1, 5))
    await unprice_seats(shop, subscription.id)
    await shop.close(utc(2))
    await price_seats(shop, subscription.id)
    await shop.emails(client, 1_000, on=utc(1, 6), now=utc(2, 6))  # late, of the parked month
    async with shop.at(utc(2, 7)) as tx:
        await tx.execute(
            "UPDATE parked_subscription SET retry_at = $2 WHERE tenant_id = $1",
            tx.tenant_id,
            utc(4),
        )
    await shop.close(utc(3))
    async with shop.at(utc(3, 2)) as tx:
        await heal(tx, subscription.id, pricing=shop.pricing)

    lines = [invoice["lines"] for invoice in await shop.invoices()]
    assert lines == [
        [("fee", "Seats", "25.00")],
        [("fee", "Seats", "25.00"), ("usage", "E-mails", "3.80")],  # 1,010: two batches
    ]


async def unprice_seats(shop: Shop, subscription_id: UUID) -> None:
    """Let the seats of a subscription have no rate."""
    await _swap(shop, subscription_id, "seats", "unpriced")


async def price_seats(shop: Shop, subscription_id: UUID) -> None:
    """Let them be seats again."""
    await _swap(shop, subscription_id, "unpriced", "seats")


async def _swap(shop: Shop, subscription_id: UUID, old: str, new: str) -> None:
    async with shop.at(utc(1)) as tx:
        await tx.execute(
            "UPDATE subscription_item SET product_id ="
            " (SELECT id FROM product WHERE tenant_id = $1 AND code = $4)"
            " WHERE tenant_id = $1 AND subscription_id = $2 AND product_id ="
            " (SELECT id FROM product WHERE tenant_id = $1 AND code = $3)",
            tx.tenant_id,
            subscription_id,
            old,
            new,
        )
