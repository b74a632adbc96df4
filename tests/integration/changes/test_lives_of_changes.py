"""Whatever changes when: invoices less credit notes are what the days cost, each once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.billing_cycles.close_chunk import close_next_chunk
from core.changes.change_plan import ChangePlan, change_plan_now
from core.changes.change_quantity import change_quantity_now
from core.changes.charging import BillingInProgress
from core.database_errors import is_repeatable
from core.db import Database
from core.kernel.clock import FixedClock
from core.kernel.errors import Refusal
from tests.building import Shop, open_shop, utc
from tests.integration.changes.conftest import Held, held
from tests.integration.changes.lives import EXACT, Model, Step, steps_of

_BALANCE = """
SELECT coalesce(sum(CASE kind WHEN 'invoice' THEN total ELSE -total END), 0)
FROM invoice WHERE tenant_id = $1
"""
_TWICE = """
SELECT f.item_id FROM fee_slice f
JOIN fee_slice o ON o.tenant_id = $1 AND o.item_id = f.item_id AND o.layer = f.layer
    AND (o.from_at, o.revision) > (f.from_at, f.revision) AND o.from_at < f.until_at
WHERE f.tenant_id = $1
"""


@pytest.fixture
async def shop(db: Database) -> Shop:
    """A seller whose prices divide by the days of every month."""
    return await open_shop(db, catalogue=EXACT)


async def play(one: Held, step: Step) -> str:
    """Play a step; return what came of it."""
    try:
        if step.what == "plan":
            asked = ChangePlan(one.subscription.id, step.plan, when=step.how)  # type: ignore[arg-type]
            async with one.shop.at(step.at) as tx:
                await change_plan_now(tx, asked, pricing=one.shop.pricing)
        else:
            item = await one.item("seats", at=step.at)
            async with one.shop.at(step.at) as tx:
                await change_quantity_now(
                    tx, item_id=item.item_id, quantity=Decimal(step.quantity),
                    when=step.how,  # type: ignore[arg-type]
                    pricing=one.shop.pricing,
                )  # fmt: skip
    except Refusal as refusal:
        return refusal.code
    return "done"


async def balance(one: Held) -> Decimal:
    """Return what was invoiced less what was given back."""
    return (await one.shop.rows(_BALANCE))[0][0]  # type: ignore[no-any-return]


async def closed_until(one: Held, since: datetime, until: datetime) -> None:
    """Close every day's morning, as a worker would."""
    day = since.replace(hour=0, minute=0) + timedelta(days=1)
    while day <= until:
        await one.shop.close(day)
        day += timedelta(days=1)


@pytest.mark.parametrize("seed", range(1, 7))
async def test_what_is_invoiced_is_what_the_days_cost(shop: Shop, seed: int) -> None:
    """A life of 14 changes in 120 days; the figures are the model's, to the cent."""
    one = await held(shop, ("seats", "3"), terms="ahead", now=utc(1))
    model = Model(utc(1).date(), utc(1).date())
    now, told = utc(1), []
    for step in steps_of(seed):
        await closed_until(one, now, step.at)
        outcome = await play(one, step)
        told.append((step, outcome))
        if outcome == "done":
            model.change(step)
        else:
            model.until(step.at.date())
            assert outcome in ("NOTHING_TO_CHANGE", "AMENDMENT_AHEAD"), outcome
        now = step.at
    await closed_until(one, now, utc(5, 10))
    model.until(utc(5, 10).date())
    model.to_period_end()
    assert await balance(one) == model.cost, told
    assert await shop.rows(_TWICE) == []


@pytest.mark.parametrize("seed", [1, 2])
async def test_closings_at_the_same_time_charge_the_same(shop: Shop, seed: int) -> None:
    """Several workers close while the changes are made; a change that meets one comes again."""
    one = await held(shop, ("seats", "3"), terms="ahead", now=utc(1))
    other = await held(
        await open_shop(shop.db, catalogue=EXACT), ("seats", "3"), terms="ahead", now=utc(1)
    )
    now = utc(1)
    for step in steps_of(seed):
        await closed_until(one, now, step.at)
        await closed_until(other, now, step.at - timedelta(days=1))
        outcome = await play(one, step)
        assert await _beside_closings(other, step) == outcome
        now = step.at
    for each in (one, other):
        await closed_until(each, now, utc(5, 10))
    assert await balance(other) == await balance(one)
    assert await other.shop.rows(_TWICE) == []


async def _beside_closings(one: Held, step: Step) -> str:
    """Make a change while three workers close; try again as a client would."""
    closings = [_closing(one, step.at) for _worker in range(3)]
    outcome, *_closed = await asyncio.gather(_insisting(one, step), *closings)
    await one.shop.close(step.at)
    return str(outcome)


async def _insisting(one: Held, step: Step) -> str:
    for _attempt in range(50):
        try:
            outcome = await play(one, step)
        except Exception as error:
            if not is_repeatable(error):
                raise
            continue
        if outcome not in (BillingInProgress.code, "UNAVAILABLE"):
            return outcome
        await asyncio.sleep(0.02)
    raise AssertionError("it is being billed all the time")


async def _closing(one: Held, now: datetime) -> None:
    await one.shop.sweep(now)
    while await close_next_chunk(
        one.shop.db, one.shop.tenant_id, pricing=one.shop.pricing, clock=FixedClock(now)
    ):
        pass


async def test_two_changes_at_once_are_made_one_after_the_other(shop: Shop) -> None:
    """5 and 7 seats at the same moment: whichever is last holds, and each day is paid once."""
    one = await held(shop, ("seats", "3"), terms="ahead", now=utc(1))
    at = utc(1, 11)
    wanted: list[Coroutine[Any, Any, str]] = [
        _insisting(one, Step(at, "quantity", "credit", quantity, "simple"))
        for quantity in (5, 7)
    ]
    assert await asyncio.gather(*wanted) == ["done", "done"]
    item = await one.item("seats", at=at)
    # 21 of the 31 days of January: 3 x 130.20, and what is more for 21 days at 4.20
    more = (item.quantity - 3) * 21 * Decimal("4.20")
    assert await balance(one) == 3 * Decimal("130.20") + more


async def test_two_resets_at_once_leave_one_period(shop: Shop) -> None:
    """Both plans asked for at the same moment: the days are paid once, by the last."""
    one = await held(shop, ("seats", "3"), terms="ahead", now=utc(1))
    at = utc(1, 11)
    wanted: list[Coroutine[Any, Any, str]] = [
        _insisting(one, Step(at, "plan", "reset", 0, plan)) for plan in ("double", "simple")
    ]
    await asyncio.gather(*wanted)
    await shop.close(utc(1, 12))
    (last,) = await shop.rows(
        "SELECT v.price_plan_id = (SELECT id FROM price_plan WHERE tenant_id = $1"
        " AND code = 'double') FROM subscription_phase p JOIN price_plan_version v"
        " ON v.tenant_id = $1 AND v.id = p.price_plan_version_id"
        " WHERE p.tenant_id = $1 AND p.until_at IS NULL"
    )
    month = Decimal("260.40") if last[0] else Decimal("130.20")
    # ten days of January at 3 x 4.20, and a month from the 11th on
    assert await balance(one) == 10 * 3 * Decimal("4.20") + 3 * month
