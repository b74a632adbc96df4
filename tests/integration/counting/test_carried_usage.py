"""Usage below its threshold is carried on until it is reached, and billed once."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest

from core.billing_cycles.close_chunk import close_next_chunk
from core.billing_cycles.current_usage import current_usage
from core.billing_cycles.interim import bill_next_interim
from core.billing_cycles.preview import invoice_preview
from core.billing_cycles.pricing import Pricing
from core.kernel.clock import FixedClock
from core.subscriptions.amend_terms import amend_terms
from core.subscriptions.cancel import cancel
from core.usage.reconciliation import reconciliation
from core.usage.void import usage_void
from tests.building import Shop, utc

CARRIED = """
SELECT starts_at FROM billing_period
WHERE tenant_id = $1 AND usage_carried_at IS NOT NULL ORDER BY starts_at
"""


async def interims(shop: Shop, *, now: datetime) -> int:
    """Invoice what was asked for; return how many requests there were."""
    for made in range(100):
        async with shop.at(now) as tx:
            if await bill_next_interim(tx, pricing=shop.pricing) is None:
                return made
    raise AssertionError("requests without end")


async def lines(shop: Shop) -> list[list[tuple[str, str, str]]]:
    """The lines of every invoice."""
    return [one["lines"] for one in await shop.invoices()]


async def test_what_stays_below_is_not_billed_at_the_periods_end(shop: Shop) -> None:
    """Four e-mails of at most ten: January's fee alone, and the four wait."""
    client = await shop.customer()
    await shop.subscribed(client, ("seats", "1"), ("email", "1"), terms="carrying")
    await shop.report(client, [(1, utc(1, day)) for day in range(2, 6)], now=utc(1, 6))

    await shop.close(utc(2))

    assert await lines(shop) == [[("fee", "Seats", "25.00")]]
    assert await shop.rows(CARRIED) == [(utc(1),)]
    async with shop.at() as tx:
        (day,) = await reconciliation(tx, from_at=utc(1), until_at=utc(2))
    assert (day.received, day.billed, day.open) == (4, 0, 4)


async def test_carried_usage_counts_with_the_next_periods(shop: Shop) -> None:
    """Four of January and six of February are ten: 4 x 0.50 and 6 x 0.50, a line each."""
    client = await shop.customer()
    await shop.subscribed(client, ("email", "1"), terms="carrying")
    await shop.report(client, [(1, utc(1, day)) for day in range(2, 6)], now=utc(1, 6))
    await shop.close(utc(2))
    await shop.report(client, [(1, utc(2, day)) for day in range(2, 7)], now=utc(2, 7))
    assert await interims(shop, now=utc(2, 7)) == 0  # nine

    await shop.report(client, [(1, utc(2, 8))], now=utc(2, 8))
    assert await interims(shop, now=utc(2, 8)) == 1

    assert await lines(shop) == [
        [
            ("usage", "E-mails, 2026-01-01 to 2026-01-31", "2.00"),
            ("usage", "E-mails", "3.00"),
        ]
    ]
    assert await shop.rows(CARRIED) == []
    await shop.close(utc(3))
    assert len(await lines(shop)) == 1


async def test_each_period_keeps_its_own_tiers(shop: Shop) -> None:
    """300 in each of three months, three records each; the tenth record, of 100, is in April.

    A batch of 1000 is 1.90. One period of 1000 would be one batch; each month starts its own.
    """
    client = await shop.customer()
    await shop.subscribed(client, ("email", "1"), terms="carrying", plan="batches")
    for month in (1, 2, 3):
        events = [(100, utc(month, day)) for day in (2, 3, 4)]
        await shop.report(client, events, now=utc(month, 5))
        await shop.close(utc(month + 1))
    assert await lines(shop) == []

    await shop.report(client, [(100, utc(4, 2))], now=utc(4, 3))
    await interims(shop, now=utc(4, 3))

    assert await lines(shop) == [
        [
            ("usage", "E-mails, 2026-01-01 to 2026-01-31", "1.90"),
            ("usage", "E-mails, 2026-02-01 to 2026-02-28", "1.90"),
            ("usage", "E-mails, 2026-03-01 to 2026-03-31", "1.90"),
            ("usage", "E-mails", "1.90"),
        ]
    ]


async def test_the_last_invoice_takes_everything_that_was_carried(shop: Shop) -> None:
    """Cancelled in February: it ends with it, and so does the waiting: 2.00 and 0.50."""
    client = await shop.customer()
    made = await shop.subscribed(client, ("email", "1"), terms="carrying")
    await shop.report(client, [(1, utc(1, day)) for day in range(2, 6)], now=utc(1, 6))
    await shop.close(utc(2))
    await shop.report(client, [(1, utc(2, 2))], now=utc(2, 3))
    async with shop.at(utc(2, 10)) as tx:
        await cancel(tx, subscription_id=made.id)

    await shop.close(utc(3))

    assert await lines(shop) == [
        [
            ("usage", "E-mails, 2026-01-01 to 2026-01-31", "2.00"),
            ("usage", "E-mails", "0.50"),
        ]
    ]
    assert await shop.rows(CARRIED) == []


async def test_terms_that_do_not_carry_end_the_waiting(shop: Shop) -> None:
    """Other terms from 10 February: what is cut off there bills January's too."""
    client = await shop.customer()
    made = await shop.subscribed(client, ("email", "1"), terms="carrying")
    await shop.report(client, [(1, utc(1, 5))], now=utc(1, 6))
    await shop.close(utc(2))
    async with shop.at(utc(2, 10)) as tx:
        await amend_terms(tx, subscription_id=made.id, billing_terms="monthly", from_at=None)

    await shop.close(utc(2, 10))

    assert await lines(shop) == [[("usage", "E-mails, 2026-01-01 to 2026-01-31", "0.50")]]
    assert await shop.rows(CARRIED) == []


async def test_late_usage_is_carried_and_reaches_the_threshold_at_the_close(
    shop: Shop,
) -> None:
    """Four of January, five of February, and one of January that came in February.

    It counts when February closes, which asks for the invoice itself: 5 x 0.50, 5 x 0.50.
    """
    client = await shop.customer()
    await shop.subscribed(client, ("email", "1"), terms="carrying")
    await shop.report(client, [(1, utc(1, day)) for day in range(2, 6)], now=utc(1, 6))
    await shop.close(utc(2))
    await shop.report(client, [(1, utc(2, day)) for day in range(2, 7)], now=utc(2, 7))
    await shop.report(client, [(1, utc(1, 20))], now=utc(2, 8))
    assert await interims(shop, now=utc(2, 8)) == 0

    await shop.close(utc(3))
    assert await interims(shop, now=utc(3)) == 1

    assert await lines(shop) == [
        [
            ("usage", "E-mails, 2026-01-01 to 2026-01-31", "2.50"),
            ("usage", "E-mails, 2026-02-01 to 2026-02-28", "2.50"),
        ]
    ]


async def test_usage_late_for_a_period_that_was_taken_is_carried_anew(shop: Shop) -> None:
    """Ten in January are billed at once; one that comes late waits with February's."""
    client = await shop.customer()
    made = await shop.subscribed(client, ("email", "1"), terms="carrying")
    await shop.report(client, [(1, utc(1, day)) for day in range(2, 12)], now=utc(1, 12))
    await interims(shop, now=utc(1, 12))
    await shop.close(utc(2))
    assert await shop.rows(CARRIED) == []
    await shop.report(client, [(2, utc(1, 25))], now=utc(2, 2))
    await shop.close(utc(3))

    assert await lines(shop) == [[("usage", "E-mails", "5.00")]]
    assert await shop.rows(CARRIED) == [(utc(1),)]
    async with shop.at(utc(3, 5)) as tx:
        await cancel(tx, subscription_id=made.id)
    await shop.close(utc(4))
    assert (await lines(shop))[1:] == [[("usage", "E-mails, 2026-01-01 to 2026-01-31", "1.00")]]


async def test_a_void_of_what_is_carried_is_never_billed(shop: Shop) -> None:
    """Two of January, one of them voided in February, the end in March: 0.50."""
    client = await shop.customer()
    made = await shop.subscribed(client, ("email", "1"), terms="carrying")
    await shop.report(client, [(1, utc(1, 5)), (1, utc(1, 6))], now=utc(1, 7))
    await shop.close(utc(2))
    async with shop.at(utc(2, 3)) as tx:
        await usage_void(tx, account=client, source="router", event_id="e1", gate=shop.gate)
    await shop.close(utc(3))
    async with shop.at(utc(3, 5)) as tx:
        await cancel(tx, subscription_id=made.id)
    await shop.close(utc(4))

    assert await lines(shop) == [[("usage", "E-mails, 2026-01-01 to 2026-01-31", "0.50")]]


async def test_a_minimum_counts_what_is_carried(shop: Shop) -> None:
    """A minimum of 10.00: in January 2.00 wait and 8.00 are topped up, together 10.00.

    In February six more, 3.00, reach ten: both are billed at once, and 7.00 top February up.
    """
    client = await shop.customer()
    await shop.subscribed(client, ("email", "1"), terms="carrying", plan="minimum")
    await shop.report(client, [(1, utc(1, day)) for day in range(2, 6)], now=utc(1, 6))
    await shop.close(utc(2))
    await shop.report(client, [(1, utc(2, day)) for day in range(2, 8)], now=utc(2, 8))
    await interims(shop, now=utc(2, 8))
    await shop.close(utc(3))

    assert await lines(shop) == [
        [("commitment", "Minimum commitment", "8.00")],
        [
            ("usage", "E-mails, 2026-01-01 to 2026-01-31", "2.00"),
            ("usage", "E-mails", "3.00"),
        ],
        [("commitment", "Minimum commitment", "7.00")],
    ]


async def test_the_preview_says_what_the_closing_does(shop: Shop) -> None:
    """January's preview has the fee alone, and its usage is told as used: 2.00."""
    client = await shop.customer()
    made = await shop.subscribed(client, ("seats", "1"), ("email", "1"), terms="carrying")
    await shop.report(client, [(1, utc(1, day)) for day in range(2, 6)], now=utc(1, 6))
    async with shop.at(utc(1, 20)) as tx:
        preview = await invoice_preview(tx, made.id, pricing=shop.pricing)
        used = await current_usage(tx, made.id, pricing=shop.pricing)

    assert [(one.kind, one.amount) for one in preview.draft.lines] == [("fee", Decimal(25))]
    assert used is not None
    assert used.amount == Decimal("2.00")


async def test_a_threshold_that_is_reached_while_a_period_closes_is_not_forgotten(
    shop: Shop,
) -> None:
    """Ten in January, and it freezes before their invoice: the closing asks for it again."""
    client = await shop.customer()
    await shop.subscribed(client, ("email", "1"), terms="carrying")
    await shop.report(client, [(1, utc(1, day)) for day in range(2, 12)], now=utc(1, 12))
    await shop.sweep(utc(2))
    assert await interims(shop, now=utc(2)) == 1  # finds nothing open, and leaves it
    await shop.close(utc(2))
    assert await lines(shop) == []

    await interims(shop, now=utc(2))

    assert await lines(shop) == [[("usage", "E-mails, 2026-01-01 to 2026-01-31", "5.00")]]


@pytest.mark.parametrize("seed", range(4))
async def test_concurrent_events_closings_and_interims_bill_everything_once(
    shop: Shop, seed: int
) -> None:
    """Reporters, closings and interim invoices at once, over four months; 0.50 an e-mail."""
    random = Random(seed)
    clients = [await shop.customer(f"c{number}") for number in range(3)]
    made = [
        await shop.subscribed(client, ("email", "1"), terms="carrying") for client in clients
    ]
    total = dict.fromkeys(clients, 0)

    async def report(client: UUID, month: int) -> None:
        for _batch in range(3):
            back = random.choice((0, 0, 20, 40))
            at = max(utc(1, 2), utc(month, random.randint(2, 20)) - timedelta(days=back))
            quantity = random.randint(1, 9)
            await shop.report(client, [(quantity, at)], now=utc(month, 28))
            total[client] += quantity

    async def close(now: datetime) -> None:
        while await close_next_chunk(
            shop.db, shop.tenant_id, pricing=Pricing(), clock=FixedClock(now)
        ):
            pass

    for month in (2, 3, 4, 5):
        await asyncio.gather(*(report(client, month - 1) for client in clients))
        await shop.sweep(utc(month), chunk_size=1)
        await asyncio.gather(
            *(report(client, month) for client in clients),
            close(utc(month)),
            close(utc(month)),
            interims(shop, now=utc(month)),
            interims(shop, now=utc(month)),
        )
        await interims(shop, now=utc(month))
    for one in made:
        async with shop.at(utc(5, 28)) as tx:
            await cancel(tx, subscription_id=one.id)
    await shop.close(utc(6, 1, 1))
    await interims(shop, now=utc(6, 1, 1))

    for client in clients:
        billed = [
            Decimal(amount)
            for invoice in await shop.invoices(client)
            for _kind, _text, amount in invoice["lines"]
        ]
        assert sum(billed) == total[client] * Decimal("0.50")
    assert await shop.rows(CARRIED) == []
