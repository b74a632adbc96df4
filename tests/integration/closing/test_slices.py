"""A large tenant is frozen slice by slice: usage waits for none of them long, and all of
them are one closing.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

from core.billing_cycles.close_chunk import close_next_chunk
from core.billing_cycles.freeze import CloseRun, freeze_due
from core.billing_cycles.repository import RunProgress
from core.billing_cycles.sweep import freeze_tenant
from core.freeze_lock import share_freeze
from core.kernel.clock import FixedClock
from tests.building import Shop, utc
from tests.closings import all_runs

FEBRUARY = FixedClock(utc(2))

_OPEN_ACCOUNTS = """
SELECT count(DISTINCT account_id) FROM billing_period
WHERE tenant_id = $1 AND state = 'open' AND due_at <= $2
"""
_STATES_OF_ACCOUNTS = """
SELECT account_id, array_agg(DISTINCT state) FROM billing_period
WHERE tenant_id = $1 AND due_at <= $2 GROUP BY account_id
"""


async def customers(shop: Shop, count: int) -> list[UUID]:
    """Open accounts with a seat each: a period of fees and one of usage are due in February."""
    found = []
    for number in range(count):
        found.append(await shop.customer(f"c{number}"))
        await shop.subscribed(found[-1], ("seats", "1"))
    return found


async def one_slice(shop: Shop, *, periods: int) -> CloseRun | None:
    """Freeze one slice in a transaction of its own, and no more: the freezer dies."""
    async with shop.at(utc(2)) as tx:
        return await freeze_due(tx, chunk_size=1, slice_periods=periods)


async def only_run(shop: Shop) -> RunProgress:
    """The one run that there is."""
    async with shop.at() as tx:
        (run,) = await all_runs(tx)
    return run


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


async def test_five_customers_in_slices_of_two_are_one_run(shop: Shop) -> None:
    """10 periods are due, 4 to a slice: 2 + 2 + 1 customers, 5 chunks, one progress."""
    await customers(shop, 5)

    run = await freeze_tenant(
        shop.db, shop.tenant_id, chunk_size=1, slice_periods=4, clock=FEBRUARY
    )

    assert run is not None
    assert (run.periods, run.subscriptions, run.chunks, run.is_frozen) == (10, 5, 5, True)
    assert await closed_by(shop) == 5
    done = await only_run(shop)
    assert (done.id, done.chunks, done.chunks_done, done.is_done) == (run.id, 5, 5, True)
    assert (done.periods, done.subscriptions, done.invoices) == (10, 5, 5)


async def test_a_slice_that_just_fits_is_the_last_one(shop: Shop) -> None:
    """4 periods are due: a slice of 4 holds them all, and so does one of 3, as the second
    customer is not divided; a slice of 2 holds one customer.
    """
    for periods, frozen in ((4, 2), (3, 2), (2, 1)):
        await customers(shop, 2)
        run = await one_slice(shop, periods=periods)
        assert run is not None
        assert (run.subscriptions, run.is_frozen) == (frozen, frozen == 2), periods
        await shop.close(utc(2))


async def test_a_freezer_that_dies_between_two_slices_leaves_nothing_unbilled(
    shop: Shop,
) -> None:
    """What is frozen is closed at once, and the run is not done; the next sweep goes on
    with the same run, and freezes what fell due by its beginning.
    """
    await customers(shop, 5)
    begun = await one_slice(shop, periods=4)
    assert begun is not None
    assert (begun.subscriptions, begun.is_frozen) == (2, False)

    assert await closed_by(shop) == 2
    half = await only_run(shop)
    assert (half.chunks, half.chunks_done, half.is_done) == (2, 2, False)

    swept = await shop.sweep(utc(2) + timedelta(seconds=2))
    assert [(run.id, run.subscriptions, run.is_frozen) for run in swept.frozen] == [
        (begun.id, 5, True)
    ]
    assert await closed_by(shop) == 3
    assert (await only_run(shop)).is_done


async def test_a_sweeper_that_finds_a_run_unfinished_looks_again_at_once(shop: Shop) -> None:
    """What was left of it is gone before the next slice: the run is frozen as it stands."""
    clients = await customers(shop, 3)
    begun = await one_slice(shop, periods=4)
    assert begun is not None
    async with shop.at(utc(2)) as tx:
        await tx.execute(
            "DELETE FROM billing_period WHERE tenant_id = $1 AND account_id = $2",
            tx.tenant_id,
            max(clients),
        )

    assert await one_slice(shop, periods=4) is None

    assert await closed_by(shop) == 2
    assert (await only_run(shop)).is_done


async def test_an_account_is_never_divided_between_two_slices(shop: Shop) -> None:
    """A customer with 4 subscriptions has 8 periods due; slices of 3 periods, yet after each
    one every account is either frozen as a whole or not at all.
    """
    large = await shop.customer("large")
    for _subscription in range(4):
        await shop.subscribed(large, ("seats", "1"))
    await customers(shop, 3)

    slices = 0
    while (run := await one_slice(shop, periods=3)) is not None:
        slices += 1
        states = await shop.rows(_STATES_OF_ACCOUNTS, utc(2))
        assert [found for _account, found in states if len(found) != 1] == []
        if run.is_frozen:
            break

    assert slices == 3  # the large one alone, two of the small ones, and the last
    assert await closed_by(shop) == 7


async def test_what_falls_due_behind_the_run_waits_for_the_next_one(shop: Shop) -> None:
    """A customer whose account was passed already subscribes while the run is being frozen;
    what is due of it by then is billed by a run of its own, after this one.
    """
    clients = await customers(shop, 3)
    begun = await one_slice(shop, periods=4)
    assert begun is not None
    await shop.subscribed(min(clients), ("seats", "2"))

    run = await freeze_tenant(shop.db, shop.tenant_id, slice_periods=4, clock=FEBRUARY)
    assert run is not None
    assert (run.id, run.subscriptions, run.is_frozen) == (begun.id, 3, True)
    assert await shop.rows(_OPEN_ACCOUNTS, utc(2)) == [(1,)]

    assert await shop.close(utc(2)) == 4
    async with shop.at() as tx:
        assert [found.subscriptions for found in await all_runs(tx)] == [1, 3]


async def test_two_freezers_take_turns_at_the_same_run(shop: Shop) -> None:
    """Each freezes slices of the run that it finds; no customer is in two of them."""
    await customers(shop, 6)

    await asyncio.gather(
        *(
            freeze_tenant(shop.db, shop.tenant_id, slice_periods=4, clock=FEBRUARY)
            for _freezer in range(2)
        )
    )

    run = await only_run(shop)
    assert (run.subscriptions, run.chunks, run.frozen_at is not None) == (6, 3, True)
    assert await closed_by(shop) == 6


async def test_usage_gets_in_between_two_slices(shop: Shop) -> None:
    """After each slice the lock is free again: a batch that stores usage takes it at once."""
    await customers(shop, 4)
    for _slice in range(2):
        assert await one_slice(shop, periods=4) is not None
        async with shop.at(utc(2)) as ingest:
            await ingest.execute("SET LOCAL lock_timeout = '50ms'")
            await share_freeze(ingest)
    assert (await only_run(shop)).frozen_at is not None
