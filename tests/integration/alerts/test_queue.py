"""What waits to be measured: nothing is lost, told twice, or kept waiting by another."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from core.alerts.looking import look_at_all, look_for_usage
from core.alerts.raising import measure_queue
from tests.building import utc

from .conftest import Watching

_PUT_ON = """
UPDATE subscription_phase SET price_plan_version_id = (SELECT v.id FROM price_plan_version v
    JOIN price_plan p ON p.tenant_id = $1 AND p.id = v.price_plan_id
    WHERE v.tenant_id = $1 AND p.code = $3)
WHERE tenant_id = $1 AND subscription_id = $2
"""


async def test_two_workers_at_once_tell_it_once(watching: Watching) -> None:
    """The same period queued eight times and measured by eight: one event, one message."""
    shop = watching.shop
    account = await shop.customer()
    made = await shop.subscribed(account, ("email", "1"))
    await watching.define("50", subscription=made.id, at=utc(1, 2))
    await shop.emails(account, 100, on=utc(1, 3))
    await shop.rows(
        "INSERT INTO alert_queue (tenant_id, id, period_id, retry_at)"
        " SELECT $1, gen_random_uuid(), p.id, '2026-01-01' FROM billing_period p,"
        " generate_series(1, 8) WHERE p.tenant_id = $1 AND p.stream = 'usage'"
        " AND p.starts_at = '2026-01-01'"
    )

    async def measure() -> None:
        async with shop.at(utc(1, 3, 1)) as tx:
            assert await measure_queue(tx, pricing=shop.pricing, limit=1) == 1

    await asyncio.gather(*(measure() for _ in range(8)))
    assert await watching.told() == [("50", "50.00", "01-01")]
    assert len(await watching.messages()) == 1


async def test_usage_that_is_committed_after_a_look_is_seen_by_the_next(
    watching: Watching,
) -> None:
    """A transaction began before the look and commits after it: it is not lost."""
    shop = watching.shop
    account = await shop.customer()
    await shop.subscribed(account, ("email", "1"))
    # In real time: what runs is told by the sessions of the database.
    async with shop.at() as tx:
        now = tx.now
    await watching.define("0.5", at=now)
    await watching.look(now)
    ((period, item_product),) = await shop.rows(
        "SELECT p.id, i.product_id FROM billing_period p JOIN subscription_item i"
        " ON i.tenant_id = $1 AND i.subscription_id = p.subscription_id"
        " WHERE p.tenant_id = $1 AND p.stream = 'usage' ORDER BY p.starts_at LIMIT 1"
    )
    async with shop.at() as slow:
        await slow.execute(
            "INSERT INTO usage_event (tenant_id, identity, revision, sign, account_id,"
            " subscription_id, product_id, usage_period_id, billing_period_id, occurred_at,"
            " received_at, quantity, channel, unit, source, event_id, content_hash, payload)"
            " SELECT $1, $2, 0, 1, $3, p.subscription_id, $4, p.id, p.id, p.starts_at, $5, 3,"
            " 'email', 'email', 's', 'e', '', '{}' FROM billing_period p"
            " WHERE p.tenant_id = $1 AND p.id = $6",
            slow.tenant_id, uuid4(), account, item_product, slow.now, period,
        )  # fmt: skip
        for _look in range(2):
            assert await _looked_in_real_time(watching) == 0
    assert await _looked_in_real_time(watching) == 1
    assert len(await watching.told()) == 1  # 3 at 0.50 are 1.50


async def _looked_in_real_time(watching: Watching) -> int:
    async with watching.shop.at() as tx:
        await look_for_usage(tx)
    async with watching.shop.at() as tx:
        return await measure_queue(tx, pricing=watching.shop.pricing)


async def test_what_cannot_be_priced_waits_and_hinders_nobody(watching: Watching) -> None:
    """The first one's plan has no rate for e-mails any more; the second is told all the same.

    Once it has one again, an hour later, its 20.00 are told too.
    """
    shop = watching.shop
    bad, good = await shop.customer("Bad"), await shop.customer("Good")
    broken = await shop.subscribed(bad, ("email", "1"))
    await shop.subscribed(good, ("email", "1"))
    alert = await watching.define("10", at=utc(1, 2))
    for account in (bad, good):
        await shop.emails(account, 40, on=utc(1, 3))
    await shop.rows(_PUT_ON, broken.id, "bare")
    await watching.look(utc(1, 3, 1))
    assert await watching.told() == [("10", "20.00", "01-01")]
    waiting = await shop.rows("SELECT attempts FROM alert_queue WHERE tenant_id = $1")
    assert set(waiting) == {(1,)}
    await shop.rows(_PUT_ON, broken.id, "simple")
    await watching.look(utc(1, 3, 2))
    assert await watching.told(alert) == [("10", "20.00", "01-01")] * 2
    assert await shop.rows("SELECT id FROM alert_queue WHERE tenant_id = $1") == []


@pytest.mark.parametrize("page", [1, 2, 100])
async def test_a_new_alert_looks_at_all_in_pages(watching: Watching, page: int) -> None:
    """Five subscriptions with 20.00 each, whatever the size of a page."""
    shop = watching.shop
    for number in range(5):
        account = await shop.customer(f"Client {number}")
        await shop.subscribed(account, ("email", "1"))
        await shop.emails(account, 40, on=utc(1, 3))
    await watching.define("20", at=utc(1, 4))
    more = True
    while more:
        async with shop.at(utc(1, 4, 1)) as tx:
            more = await look_at_all(tx, page=page)
    await watching.look(utc(1, 4, 2))
    assert await watching.told() == [("20", "20.00", "01-01")] * 5
