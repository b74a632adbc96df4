"""An account on a test clock: its alerts are looked at as the clock is moved."""

from __future__ import annotations

from core.alerts.own_time import AlertsDue
from core.billing_cycles.advance_clock import advance_clock
from tests.building import utc

from .conftest import Watching


async def test_a_moved_clock_tells_each_period_at_its_time(watching: Watching) -> None:
    """20.00 in January and 30.00 in February, told when the clock passes them.

    A worker does not look at the account by itself.
    """
    shop = watching.shop
    account = await shop.customer(test_clock=utc(1))
    await shop.subscribed(account, ("email", "1"))
    await watching.define("20", at=utc(1, 2))
    work = [AlertsDue(shop.pricing)]
    for begin, quantity in ((utc(1, 10), 40), (utc(2, 10), 60)):
        async with shop.at() as tx:
            await advance_clock(tx, account, to=begin, pricing=shop.pricing, work=work)
        await shop.emails(account, quantity, on=begin)
        before = await watching.told()
        await watching.look(utc(3))
        assert await watching.told() == before
    async with shop.at() as tx:
        await advance_clock(tx, account, to=utc(3, 5), pricing=shop.pricing, work=work)
    assert await watching.told() == [("20", "20.00", "01-01"), ("20", "30.00", "02-01")]
    rows = await shop.rows("SELECT raised_at FROM alert_event WHERE tenant_id = $1 ORDER BY id")
    assert [row[0] for row in rows] == [utc(1, 10), utc(2, 10)]
    assert len(await watching.messages()) == 2
