"""An account on a test clock lives in its own time, and everything due on the way is closed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.accounts.update_account import AccountNotFound
from core.billing_cycles.advance_clock import advance_clock
from core.billing_cycles.errors import ClockBackwards, ClockTooFar, NoTestClock
from core.kernel.ids import new_id
from tests.building import Shop, utc


async def test_moving_the_clock_closes_each_month_on_its_day(shop: Shop) -> None:
    """From 1 January to 15 April: three invoices, dated 1 February, 1 March, 1 April."""
    client = await shop.customer(test_clock=utc(1))
    await shop.subscribed(client, ("seats", "1"))

    async with shop.at() as tx:
        moved = await advance_clock(tx, client, to=utc(4, 15), pricing=shop.pricing)

    assert (moved.now, len(moved.invoice_ids), moved.parked) == (utc(4, 15), 3, 0)
    invoices = await shop.invoices()
    assert [(one["number"], one["date"], one["total"]) for one in invoices] == [
        ("TEST-1", "2026-02-01", "30.00"),
        ("TEST-2", "2026-03-01", "30.00"),
        ("TEST-3", "2026-04-01", "30.00"),
    ]


async def test_a_sweep_leaves_accounts_on_test_clocks_alone(shop: Shop) -> None:
    """Real time has long passed the end of their month."""
    client = await shop.customer(test_clock=utc(1))
    await shop.subscribed(client, ("seats", "1"))

    assert await shop.close(utc(6)) == 0


@pytest.mark.parametrize(
    ("refusal", "days"), [(ClockBackwards, -1), (ClockTooFar, 366 * 6)], ids=["back", "far"]
)
async def test_a_clock_that_cannot_be_moved_so_stays(
    shop: Shop, refusal: type[Exception], days: int
) -> None:
    """Backwards, and six years of months at once; the clock stands, nothing is billed."""
    client = await shop.customer(test_clock=utc(1))
    await shop.subscribed(client, ("seats", "1"))

    with pytest.raises(refusal):
        async with shop.at() as tx:
            await advance_clock(
                tx, client, to=utc(1) + timedelta(days=days), pricing=shop.pricing
            )

    assert await shop.invoices() == []
    assert await shop.rows("SELECT test_clock FROM account WHERE tenant_id = $1") == [(utc(1),)]


async def test_only_an_account_with_a_test_clock_can_be_moved(shop: Shop) -> None:
    """One in real time is refused, and so is one that does not exist."""
    client = await shop.customer()
    async with shop.at() as tx:
        with pytest.raises(NoTestClock):
            await advance_clock(tx, client, to=utc(2), pricing=shop.pricing)
        with pytest.raises(AccountNotFound):
            await advance_clock(tx, new_id(), to=utc(2), pricing=shop.pricing)
