"""Several closers at once, and usage that keeps coming, make each invoice once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from core.audit import SEAL_KIND
from core.billing.draft import InvoiceDraft
from core.billing.snapshot import Snapshot
from core.billing_cycles.close_chunk import close_next_chunk
from core.billing_cycles.due import rest, wake
from core.billing_cycles.errors import FreezeBusy
from core.billing_cycles.freeze import freeze_due
from core.billing_cycles.park import unpark
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.sweep import freeze_tenant
from core.freeze_lock import share_freeze
from core.kernel.clock import FixedClock
from core.kernel.ids import new_id
from core.periods.repository import CLOSE_DUE
from core.tenant_due import move_due
from tests.building import Shop, utc

FEBRUARY = FixedClock(utc(2))

_UNPRICED = """
UPDATE subscription_item SET product_id =
    (SELECT id FROM product WHERE tenant_id = $1 AND code = 'unpriced')
WHERE tenant_id = $1 AND subscription_id = $2
"""
_HIDDEN_SLICE = """
INSERT INTO fee_slice (tenant_id, item_id, revision, kind, from_at, until_at, subscription_id,
    period_id, price_plan_version_id, quantity, amount, invoice_id)
SELECT $1, i.item_id, i.revision, 'fee', $4, $5, $3, $3, f.price_plan_version_id, 1, 0,
    f.invoice_id
FROM subscription_item i, fee_slice f
WHERE i.tenant_id = $1 AND i.subscription_id = $2 AND f.tenant_id = $1
"""


async def closed_by(shop: Shop) -> int:
    """Close chunks until none is left to claim; return how many invoices."""
    made = 0
    while (
        closed := await close_next_chunk(
            shop.db, shop.tenant_id, pricing=shop.pricing, clock=FEBRUARY
        )
    ) is not None:
        made += closed.invoices
    return made


async def test_four_closers_share_the_chunks_and_no_invoice_is_made_twice(shop: Shop) -> None:
    """12 customers in chunks of 1: 12 invoices in all, numbered 1 to 12 without a gap."""
    for number in range(12):
        client = await shop.customer(f"c{number}")
        await shop.subscribed(client, ("seats", "1"))
    swept = await shop.sweep(utc(2), chunk_size=1)
    assert [run.chunks for run in swept.frozen] == [12]

    made = await asyncio.gather(*(closed_by(shop) for _closer in range(4)))

    assert sum(made) == 12
    assert len(await shop.invoices()) == 12


class Halting(Pricing):
    """Prices when it is let; until then its closer stands still in the middle of a chunk."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()

    async def price(self, snapshots: Sequence[Snapshot]) -> list[InvoiceDraft | Exception]:
        """Say that the chunk was read, and wait."""
        self.reached.set()
        await self.go_on.wait()
        return await super().price(snapshots)


async def test_a_closer_that_stands_still_keeps_nobody_from_closing(shop: Shop) -> None:
    """3 chunks; one closer halts in the first before it prices. The other two are closed
    meanwhile, within the three seconds that a lock is waited for; then the first.
    """
    for number in range(3):
        await shop.subscribed(await shop.customer(f"c{number}"), ("seats", "1"))
    await shop.sweep(utc(2), chunk_size=1)
    async with shop.at() as tx:  # all that was written is sealed: the next entry wakes sealers
        await move_due(tx, SEAL_KIND, to=utc(2, 2))
    halting = Halting()
    halted = asyncio.create_task(
        close_next_chunk(shop.db, shop.tenant_id, pricing=halting, clock=FEBRUARY)
    )
    await halting.reached.wait()

    assert await closed_by(shop) == 2
    halting.go_on.set()
    last = await halted

    assert last is not None
    assert last.invoices == 1
    assert len(await shop.invoices()) == 3


async def test_of_two_sweepers_one_freezes(shop: Shop) -> None:
    """Each period belongs to one run; the second sweeper finds nothing due."""
    for _number in range(3):
        await shop.subscribed(await shop.customer(), ("seats", "1"))

    runs = await asyncio.gather(
        *(freeze_tenant(shop.db, shop.tenant_id, clock=FEBRUARY) for _sweeper in range(2))
    )

    assert sorted(run.subscriptions for run in runs if run is not None) == [3]
    assert await closed_by(shop) == 3


async def due_at(shop: Shop) -> datetime:
    """When the sweeper looks at the shop again, at the latest."""
    ((found,),) = await shop.rows(
        "SELECT due_at FROM tenant_due WHERE tenant_id = $1 AND kind = 'close'"
    )
    return found


@pytest.mark.parametrize("order", ["the sweeper first", "the person first"])
async def test_a_retry_asked_for_while_a_sweeper_goes_to_rest_is_not_forgotten(
    shop: Shop, order: str
) -> None:
    """Two minutes after parking the sweeper looks, finds nothing to do, and would rest for
    one more; meanwhile a person asks for a retry. Whoever commits first, it is due at once.
    """
    bad = await shop.subscribed(await shop.customer(), ("seats", "1"))
    async with shop.at() as tx:  # past every check: its plan has no rate for this product
        await tx.execute(_UNPRICED, tx.tenant_id, bad.id)
    await shop.close(utc(2))
    now = utc(2) + timedelta(minutes=2)
    async with shop.at(utc(2)) as tx:
        await move_due(tx, CLOSE_DUE, to=utc(2))

    async def look() -> None:
        async with shop.at(now) as tx:
            await rest(tx)

    async def ask() -> None:
        async with shop.at(now) as tx:
            await unpark(tx, bad.id)

    async with shop.at(now) as tx:
        if order == "the sweeper first":
            await rest(tx)
        else:
            await unpark(tx, bad.id)
        other = asyncio.create_task(ask() if order == "the sweeper first" else look())
        await asyncio.sleep(0.3)
    await other

    assert await due_at(shop) <= now


async def test_a_sweeper_that_goes_to_rest_while_another_freezes_finds_the_chunks(
    shop: Shop,
) -> None:
    """The freezer dies after its commit; its chunks wait, and the tenant is due at once."""
    await shop.subscribed(await shop.customer(), ("seats", "1"))

    async def look() -> None:
        async with shop.at(utc(2)) as tx:
            await rest(tx)

    async with shop.at(utc(2)) as freezing:
        assert await freeze_due(freezing) is not None
        await wake(freezing)
        looking = asyncio.create_task(look())
        await asyncio.sleep(0.3)
    await looking

    assert await due_at(shop) <= utc(2)
    swept = await shop.sweep(utc(2) + timedelta(seconds=2))
    assert len(swept.waiting) == 1
    assert await closed_by(shop) == 1


async def test_the_freezer_gives_way_to_usage_that_is_being_stored(shop: Shop) -> None:
    """While a batch holds the lock the freezer refuses after 200 ms, and freezes nothing."""
    await shop.subscribed(await shop.customer(), ("seats", "1"))
    async with shop.at(utc(2)) as ingest:
        await share_freeze(ingest)
        with pytest.raises(FreezeBusy):
            async with shop.at(utc(2)) as tx:
                await freeze_due(tx)

    states = await shop.rows("SELECT DISTINCT state FROM billing_period WHERE tenant_id = $1")
    assert states == [("open",)]


async def test_usage_that_races_with_the_freezing_is_billed_once_and_all_of_it(
    shop: Shop,
) -> None:
    """200 e-mail events of January arrive in 20 batches around midnight of 1 February.

    Some are January's, some come late and are February's difference; in March all 200,000
    e-mails are billed: 200 batches of 1000 x 1.90 = 380.00.
    """
    client = await shop.customer()
    await shop.subscribed(client, ("email", "1"))
    midnight = utc(2) + timedelta(seconds=1)

    async def batches() -> None:
        for _batch in range(20):
            events = [(1_000, utc(1, 31, 12))] * 10
            await shop.report(client, events, now=midnight)

    await asyncio.gather(batches(), shop.close(midnight))
    await shop.close(utc(3))

    amounts = await shop.rows(
        "SELECT sum(amount) FROM invoice_line WHERE tenant_id = $1 AND kind = 'usage'"
    )
    assert [f"{amount:.2f}" for (amount,) in amounts] == ["380.00"]


async def test_a_chunk_that_cannot_be_stored_is_divided_until_the_offender_is_alone(
    shop: Shop,
) -> None:
    """The third of four customers has a slice that the database knows and reading cannot see.

    Its exclusion constraint refuses the whole chunk. Halved twice, the offender is alone
    and parked; the other three are billed for February.
    """
    await shop.subscribed(await shop.customer("first"), ("support", "1"))
    await shop.close(utc(2))
    subscriptions = []
    for number in range(4):
        client = await shop.customer(f"c{number}", opened=utc(2))
        subscriptions.append(await shop.subscribed(client, ("seats", "1"), now=utc(2)))
    offender = subscriptions[2].id
    async with shop.at(utc(2)) as tx:
        await tx.execute(_HIDDEN_SLICE, tx.tenant_id, offender, new_id(), utc(2), utc(3))

    now = utc(3)
    for _round in range(8):
        await shop.close(now)
        now += timedelta(minutes=2)

    parked = await shop.rows(
        "SELECT subscription_id, code FROM parked_subscription WHERE tenant_id = $1"
    )
    assert parked == [(offender, "PRICING_FAILED")]
    billed = await shop.rows(
        "SELECT count(*) FROM invoice WHERE tenant_id = $1 AND due_at = $2", utc(3)
    )
    assert billed == [(4,)]  # the first customer and three of the four
    errors = await shop.rows(
        "SELECT count(*) FROM close_chunk WHERE tenant_id = $1 AND state = 'waiting'"
    )
    assert errors == [(0,)]
