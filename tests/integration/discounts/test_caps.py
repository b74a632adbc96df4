"""Caps on discounts are exact, also when many want the last use at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from core.discounts.cancel import cancel_discount
from core.discounts.records import DiscountGrant
from core.discounts.refusals import DiscountUsedUp
from tests.integration.discounts.conftest import NOW, Seller

AT_ONCE = 16


async def given_at_once(shop: Seller, definition: str, **more: Any) -> Counter[str]:
    """Give a discount sixteen times at once; count what was given and why not."""

    async def one(number: int) -> str:
        target = shop.subscription if number % 2 else shop.other
        try:
            await shop.give(definition, subscription=target, **more)
        except DiscountUsedUp:
            return "used up"
        return "given"

    return Counter(await asyncio.gather(*(one(number) for number in range(AT_ONCE))))


async def test_of_sixteen_at_once_three_are_given(shop: Seller) -> None:
    """Three a year over both subscriptions of the account; 13 are refused."""
    assert await given_at_once(shop, "thrice") == {"given": 3, "used up": 13}
    async with shop.at() as tx:
        (window,) = await tx.fetch(
            "SELECT uses, allowed, starts_at, ends_at FROM discount_window"
        )
        assert await tx.fetchval("SELECT count(*) FROM discount_grant") == 3
    # The year begins with the first use's day in Paris.
    start, end = datetime(2026, 3, 9, 23, tzinfo=UTC), datetime(2027, 3, 9, 23, tzinfo=UTC)
    assert tuple(window) == (3, 3, start, end)


async def test_of_sixteen_at_once_a_target_takes_two(shop: Seller) -> None:
    """`times: 2` once and for all: one grant of two bills fills it, on each target."""
    assert await given_at_once(shop, "twice-in-all") == {"given": 2, "used up": 14}


async def test_of_sixteen_at_once_the_money_of_a_month_is_not_exceeded(shop: Seller) -> None:
    """6 at most three times: 18 of 20."""
    assert await given_at_once(shop, "money", amount="6") == {"given": 3, "used up": 13}
    async with shop.at() as tx:
        found = await tx.fetchrow("SELECT granted, allowed FROM discount_money")
    assert found is not None
    assert tuple(found) == (Decimal(18), Decimal(20))


async def test_a_refused_one_leaves_nothing(shop: Seller) -> None:
    """The fourth writes no grant, no history and no notification."""
    for _number in range(3):
        await shop.give("thrice")
    before = await shop.picture()
    with pytest.raises(DiscountUsedUp, match="3 times within one year"):
        await shop.give("thrice")
    assert await shop.picture() == before


async def test_a_window_ends_and_the_next_begins_with_its_first_use(shop: Seller) -> None:
    """From 10 March 2026; used up on 9 March 2027, free on the 10th at midnight in Paris."""
    for _number in range(3):
        await shop.give("thrice")
    last = datetime(2027, 3, 9, 22, 59, 59, tzinfo=UTC)
    with pytest.raises(DiscountUsedUp):
        await shop.give("thrice", now=last)
    await shop.give("thrice", now=datetime(2027, 3, 9, 23, tzinfo=UTC))
    async with shop.at() as tx:
        rows = await tx.fetch("SELECT uses FROM discount_window ORDER BY starts_at")
    assert [row["uses"] for row in rows] == [3, 1]


async def test_cancelling_gives_back_what_was_not_used(shop: Seller) -> None:
    """Three pending ones fill the year; one is refused, and another can be given."""
    grants = [await shop.give("asked") for _number in range(3)]
    with pytest.raises(DiscountUsedUp):
        await shop.give("asked")
    async with shop.at() as tx:
        await cancel_discount(tx, grants[0].id)
    await shop.give("asked")
    with pytest.raises(DiscountUsedUp):
        await shop.give("asked")


async def test_cancelling_keeps_what_was_used(shop: Seller) -> None:
    """A grant that reduced a bill stays counted in its window."""
    grants = [await shop.give("thrice") for _number in range(3)]
    await used(shop, grants[0])
    async with shop.at() as tx:
        await cancel_discount(tx, grants[0].id)
    with pytest.raises(DiscountUsedUp):
        await shop.give("thrice")


async def test_sixteen_cancellations_give_back_once(shop: Seller) -> None:
    """One cancels, the others are told that it is cancelled."""
    grant = await shop.give("thrice")

    async def one() -> str:
        try:
            async with shop.at() as tx:
                await cancel_discount(tx, grant.id)
        except Exception as error:  # noqa: BLE001 - its name is what is counted
            return type(error).__name__
        return "cancelled"

    answers = Counter(await asyncio.gather(*(one() for _number in range(AT_ONCE))))
    assert answers == {"cancelled": 1, "DiscountCancelled": 15}
    async with shop.at() as tx:
        assert await tx.fetchval("SELECT uses FROM discount_window") == 0


async def test_money_that_goes_on_counts_in_the_next_month_too(shop: Seller) -> None:
    """15 a month without end leave 5 of 20 in April."""
    await shop.give("money", amount="15")
    april = NOW.replace(month=4, day=20)
    with pytest.raises(DiscountUsedUp):
        await shop.give("money", amount="6", now=april)
    await shop.give("money", amount="5", now=april)


async def used(shop: Seller, grant: DiscountGrant) -> None:
    """Note a use, as a billing does."""
    async with shop.at() as tx:
        await tx.execute("UPDATE discount_grant SET uses = 1 WHERE id = $1", grant.id)
