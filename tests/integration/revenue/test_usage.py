"""Usage by day, week and month: by the seller's own clock, corrections taken off."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from core.db import Database
from core.revenue.months import steps
from core.revenue.usage import UsageAsked, usage_series
from core.usage.void import usage_void
from tests.building import Shop, open_shop, utc

from .conftest import CATALOGUE


async def _used(
    shop: Shop, first: date, last: date, per: Any = "day", zone: str = "UTC", **asked: Any
) -> list[str]:
    days = steps(first, last, per=per)
    async with shop.at() as tx:
        found = await usage_series(tx, days, per=per, zone=zone, asked=UsageAsked(**asked))
    if not found:
        return []
    (one,) = found
    assert (one.channel, one.unit) == ("email", "email")
    return [f"{quantity:.0f}" for quantity in one.quantities]


async def test_each_day_has_what_happened_on_it(db: Database) -> None:
    """3 and 4 on the first, nothing on the second, 5 on the third."""
    shop = await open_shop(db, catalogue=CATALOGUE)
    account = await shop.customer()
    await shop.subscribed(account, ("email", "1"))
    for day, quantity in ((1, 3), (1, 4), (3, 5)):
        await shop.emails(account, quantity, on=utc(1, day, 10))
    assert await _used(shop, date(2026, 1, 1), date(2026, 1, 3)) == ["7", "0", "5"]
    # 1 January 2026 is a Thursday: its week begins on Monday, 29 December.
    week = ["12", "0"]
    assert await _used(shop, date(2026, 1, 1), date(2026, 1, 5), per="week") == week
    assert await _used(shop, date(2026, 1, 9), date(2026, 2, 9), per="month") == week
    assert await _used(shop, date(2026, 2, 1), date(2026, 2, 3)) == []


async def test_a_day_is_the_sellers_own(db: Database) -> None:
    """23:30 UTC on 31 December is 00:30 on 1 January in Paris."""
    shop = await open_shop(db, catalogue=CATALOGUE, zone="Europe/Paris")
    account = await shop.customer(opened=utc(12, year=2025))
    await shop.subscribed(account, ("email", "1"), now=utc(12, year=2025))
    night = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)
    await shop.emails(account, 9, on=night)
    new_year = (date(2025, 12, 31), date(2026, 1, 1))
    assert await _used(shop, *new_year, zone="Europe/Paris") == ["0", "9"]
    assert await _used(shop, *new_year, zone="UTC") == ["9", "0"]


async def test_what_was_taken_back_is_not_used(db: Database) -> None:
    """7 less the 3 that were voided."""
    shop = await open_shop(db, catalogue=CATALOGUE)
    account = await shop.customer()
    await shop.subscribed(account, ("email", "1"))
    await shop.emails(account, 4, on=utc(1, 1, 10))
    await shop.emails(account, 3, on=utc(1, 1, 11))
    async with shop.at(utc(1, 2)) as tx:
        await usage_void(tx, account=account, source="router", event_id="e2", gate=shop.gate)
    assert await _used(shop, date(2026, 1, 1), date(2026, 1, 1)) == ["4"]


async def test_of_one_account_product_channel_or_unit(db: Database) -> None:
    """Two customers with 3 and 5; what nobody used has no series."""
    shop = await open_shop(db, catalogue=CATALOGUE)
    first, second = await shop.customer("First"), await shop.customer("Second")
    for account, quantity in ((first, 3), (second, 5)):
        await shop.subscribed(account, ("email", "1"))
        await shop.emails(account, quantity, on=utc(1, 1, 10))
    day = (date(2026, 1, 1), date(2026, 1, 1))
    assert await _used(shop, *day) == ["8"]
    assert await _used(shop, *day, account=second) == ["5"]
    assert await _used(shop, *day, channel="email", unit="email") == ["8"]
    assert await _used(shop, *day, channel="sms") == []


async def test_test_accounts_are_left_out_unless_asked(db: Database) -> None:
    """A customer on a test clock used 4."""
    shop = await open_shop(db, catalogue=CATALOGUE)
    account = await shop.customer(test_clock=utc(1, 1, 12))
    await shop.subscribed(account, ("email", "1"), now=utc(1))
    await shop.emails(account, 4, on=utc(1, 1, 12))
    day = (date(2026, 1, 1), date(2026, 1, 1))
    assert await _used(shop, *day) == []
    assert await _used(shop, *day, with_tests=True) == ["4"]
