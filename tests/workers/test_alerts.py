"""Workers tell what alerts have reached: by the queue's job, by themselves, and only once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal

from core.alerts.define import DefineAlert, define_alert
from tests.building import Shop, utc
from tests.workers.conftest import Working
from workers.alerts import raise_due_alerts
from workers.main import _by_itself

MINUTE = timedelta(minutes=1)


async def _watched(shop: Shop, *thresholds: str) -> None:
    command = DefineAlert("Alert", "usage_amount", [Decimal(one) for one in thresholds])
    async with shop.at(utc(1, 2)) as tx:
        await define_alert(tx, command)


async def _told(shop: Shop) -> list[str]:
    rows = await shop.rows("SELECT value FROM alert_event WHERE tenant_id = $1 ORDER BY id")
    messages = await shop.rows(
        "SELECT id FROM outbox WHERE tenant_id = $1 AND topic = 'alert.raised'"
    )
    assert len(messages) == len(rows)
    return [f"{value:.2f}" for (value,) in rows]


async def test_what_was_reached_is_told_within_a_minute(shop: Shop, working: Working) -> None:
    """2 batches at 1.90: 3.80 beyond 3.00, by the round a minute later; then nothing is due."""
    client = await shop.customer()
    await shop.subscribed(client, ("email", "1"))
    await _watched(shop, "3")
    async with working(utc(1, 2)) as context:
        assert await raise_due_alerts(context) == 1  # the new alert looks at all
    await shop.emails(client, 1500, on=utc(1, 3))
    async with working(utc(1, 3) + MINUTE) as context:
        assert await raise_due_alerts(context) == 1
        assert await raise_due_alerts(context) == 0
    assert await _told(shop) == ["3.80"]


async def test_a_worker_without_a_queue_tells_it_too(shop: Shop, working: Working) -> None:
    """The round that a worker does by itself."""
    client = await shop.customer()
    await shop.subscribed(client, ("email", "1"))
    await _watched(shop, "3")
    await shop.emails(client, 1500, on=utc(1, 3))
    async with working(utc(1, 3) + MINUTE) as context:
        await _by_itself(context)
    assert await _told(shop) == ["3.80"]


async def test_two_workers_at_once_tell_it_once(shop: Shop, working: Working) -> None:
    """Both find the same tenant due, ten customers with 3.80 each."""
    for number in range(10):
        client = await shop.customer(f"Client {number}")
        await shop.subscribed(client, ("email", "1"))
        await shop.emails(client, 1500, on=utc(1, 3))
    await _watched(shop, "3", "3.8")
    now = utc(1, 3) + MINUTE
    async with working(now) as first, working(now) as second:
        await asyncio.gather(raise_due_alerts(first), raise_due_alerts(second))
    assert await _told(shop) == ["3.80"] * 20
