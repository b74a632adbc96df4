"""Whatever is bought in advance, a subscription's periods have no gap and do not overlap."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from core.accounts.create_account import CreateAccount, create_account
from core.billing_cycles.bill_in_advance import bill_in_advance
from core.buy_in_advance.refusals import (
    NothingToBillInAdvance,
    NotLongerThanFrequency,
    RequestWaits,
)
from core.buy_in_advance.request import request_in_advance
from core.db import Database
from core.kernel.zones import start_of_day
from core.subscriptions.records import Subscription
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe
from tests.building import Shop, open_shop
from tests.tv import CATALOGUE

ZONES = ("UTC", "Europe/Paris", "America/Sao_Paulo", "Pacific/Apia", "Africa/Cairo")
TERMS = ("monthly", "advance", "anniversary", "later")


async def free(shop: Shop, chance: random.Random, *, zone: str) -> Subscription:
    """Subscribe on one of the last days of a month around a leap year, at some hour."""
    year, month = chance.choice([2023, 2024, 2027, 2028]), chance.choice([1, 2, 3, 8, 12])
    day = min(chance.choice([1, 28, 29, 30, 31]), 28 if month == 2 else 31)
    began = start_of_day(date(year, month, day), zone) + timedelta(hours=chance.choice([0, 13]))
    async with shop.at(began) as tx:
        account = await create_account(tx, CreateAccount(name="Anybody", timezone=zone))
        command = Subscribe(
            account=account.id,
            billing_terms=chance.choice(TERMS),
            items=[NewItem("gold"), NewItem("email")],
            price_plan="simple",
            type="FREE",
        )
        return await subscribe(tx, command)


async def bounds(shop: Shop, subscription: UUID, stream: str) -> list[tuple[object, object]]:
    """Return the starts and ends of a stream's periods in their order."""
    found = await shop.rows(
        "SELECT starts_at, ends_at FROM billing_period WHERE tenant_id = $1"
        " AND subscription_id = $2 AND stream = $3 ORDER BY starts_at",
        subscription,
        stream,
    )
    return [(row[0], row[1]) for row in found]


async def charged(shop: Shop, subscription: UUID) -> list[tuple[object, object]]:
    """Return the slices of fees that were charged, in their order."""
    found = await shop.rows(
        "SELECT from_at, until_at FROM fee_slice WHERE tenant_id = $1 AND subscription_id = $2"
        " ORDER BY from_at",
        subscription,
    )
    return [(row[0], row[1]) for row in found]


def joined(parts: list[tuple[object, object]]) -> bool:
    """Tell whether each part begins where the one before it ends."""
    return all(one[1] == two[0] for one, two in pairwise(parts))


@pytest.mark.parametrize("seed", range(16))
async def test_periods_and_charges_tile_the_time(db: Database, seed: int) -> None:
    """Months, weeks of days, by the calendar or from any day, in zones and leap years.

    Requests are made and billed (some at once) while closings go on for two years; fees are
    charged for every instant from the start on, each once.
    """
    chance = random.Random(seed)
    zone = chance.choice(ZONES)
    shop = await open_shop(db, catalogue=CATALOGUE, zone=zone)
    subscription = await free(shop, chance, zone=zone)
    now = subscription.starts_at
    for _step in range(12):
        months, days = chance.randint(2, 9), chance.randint(10, 90)
        length = chance.choice([f"{months} months", f"{days} days"])
        if chance.random() < 0.4:
            await ask(shop, subscription, length, chance=chance, at=now)
        now += timedelta(days=chance.choice([1, 20, 31, 62]))
        for _closing in range(12):
            if not await shop.close(now):
                break

    for stream in ("fees", "usage"):
        periods = await bounds(shop, subscription.id, stream)
        assert periods[0][0] == subscription.starts_at
        assert joined(periods), (stream, periods)
    slices = await charged(shop, subscription.id)
    assert joined(slices), slices
    if slices:
        assert slices[0][0] == subscription.starts_at


async def ask(
    shop: Shop, subscription: Subscription, length: str, *, chance: random.Random, at: datetime
) -> None:
    """Make a request, at times billed at once; some are too short, or one waits already."""
    try:
        async with shop.at(at) as tx:
            if chance.random() < 0.3:
                await bill_in_advance(
                    tx, subscription_id=subscription.id, duration=length, pricing=shop.pricing
                )
            else:
                await request_in_advance(tx, subscription_id=subscription.id, duration=length)
    except (NotLongerThanFrequency, NothingToBillInAdvance, RequestWaits):
        return
