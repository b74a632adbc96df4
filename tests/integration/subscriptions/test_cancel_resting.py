"""Cancelling a subscription that rests: when it ends, and what it still owes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from core.db import Database
from core.embedded import DatabaseUrls
from core.subscriptions.bind import Bind, bind
from core.subscriptions.cancel import cancel
from core.subscriptions.lifecycle import SubscriptionEnded, WrongState
from core.subscriptions.reactivate import reactivate
from core.subscriptions.records import Subscription
from core.subscriptions.repository import subscription as read
from core.subscriptions.resume import resume
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe
from core.subscriptions.suspend import Suspend, suspend
from tests.building import FIRST, Shop, open_shop, utc
from tests.invariants import broken
from tests.tv import CATALOGUE

NOON = timedelta(hours=12)


@pytest.fixture
async def db(module_database: DatabaseUrls) -> AsyncIterator[Database]:
    """The connections of a worker to this module's database."""
    opened = Database(module_database.app, role="worker", pool_size=4)
    yield opened
    await opened.close()


@pytest.fixture
async def tv(db: Database) -> AsyncIterator[Shop]:
    """A pay-TV seller, whose books are sound after every test."""
    shop = await open_shop(db, catalogue=CATALOGUE)
    yield shop
    async with shop.at() as tx:
        assert await broken(tx) == []


async def resting(shop: Shop, terms: str, *, since: datetime) -> Subscription:
    """Subscribe a new account to Gold at 25.00 a month on 1 January, and let it rest."""
    account = await shop.customer()
    command = Subscribe(
        account=account, billing_terms=terms, items=[NewItem("gold")], price_plan="simple"
    )
    async with shop.at(FIRST) as tx:
        made = await subscribe(tx, command)
    await shop.close(FIRST)
    async with shop.at(since) as tx:
        await suspend(tx, Suspend(made.id, from_at=since))
    return made


async def cancelled(shop: Shop, subscription: Subscription, *, now: datetime) -> Subscription:
    """Cancel it."""
    async with shop.at(now) as tx:
        return await cancel(tx, subscription_id=subscription.id)


async def rest_ends(shop: Shop) -> list[datetime | None]:
    """When the rests of all subscriptions end."""
    rows = await shop.rows(
        "SELECT until_at FROM subscription_rest WHERE tenant_id = $1 ORDER BY from_at"
    )
    return [row[0] for row in rows]


async def lines(shop: Shop) -> list[list[tuple[str, str, str]]]:
    """The lines of all invoices."""
    return [one["lines"] for one in await shop.invoices()]


async def test_it_ends_when_what_is_paid_is_over(tv: Shop) -> None:
    """January is paid on the 1st; suspended on the 10th, cancelled on the 20th: 1 February.
    The rest ends with it, and nothing more is owed.
    """
    subscription = await resting(tv, "advance", since=utc(1, 10))

    ending = await cancelled(tv, subscription, now=utc(1, 20))

    assert (ending.state, ending.ends_at) == ("ending", utc(2))
    assert await rest_ends(tv) == [utc(2)]
    for month in (2, 3):
        await tv.close(utc(month))
    assert await lines(tv) == [[("fee", "Gold", "25.00")]]


async def test_with_nothing_paid_ahead_it_ends_with_the_day(tv: Shop) -> None:
    """Rested since 10 January, and cancelled on 20 March at noon: it ends at midnight in
    Paris, and neither February nor March is owed.
    """
    subscription = await resting(tv, "advance", since=utc(1, 10))
    for month in (2, 3):
        await tv.close(utc(month))

    ending = await cancelled(tv, subscription, now=utc(3, 20) + NOON)

    assert (ending.state, ending.ends_at) == ("ending", utc(3, 21))
    for day in (utc(3, 21), utc(4), utc(5)):
        await tv.close(day)
    assert await lines(tv) == [[("fee", "Gold", "25.00")]]
    async with tv.at() as tx:
        stored = await read(tx, subscription.id)
    assert stored is not None
    assert stored.state == "ended"
    with pytest.raises(SubscriptionEnded):
        await cancelled(tv, subscription, now=utc(5))


async def test_days_before_the_rest_are_billed_when_it_ends(tv: Shop) -> None:
    """In arrears: 9 of January's 31 days of 25.00 are 7.26, due with the end on the 21st."""
    subscription = await resting(tv, "monthly", since=utc(1, 10))

    await cancelled(tv, subscription, now=utc(1, 20) + NOON)

    assert await tv.close(utc(1, 20) + NOON) == 0
    assert await tv.close(utc(1, 21)) == 1
    assert await tv.close(utc(2)) == 0
    assert await lines(tv) == [[("fee", "Gold", "7.26")]]


async def test_ending_early_costs_the_penalty(tv: Shop) -> None:
    """Bound for twelve months: 60.00 for leaving, once, with the bill of the last day."""
    subscription = await resting(tv, "bound", since=utc(1, 10))
    for month in (2, 3):
        await tv.close(utc(month))

    await cancelled(tv, subscription, now=utc(3, 20) + NOON)
    for day in (utc(3, 21), utc(4)):
        await tv.close(day)

    assert await lines(tv) == [
        [("fee", "Gold", "25.00")],
        [("one_off", "Leaving early", "60.00")],
    ]


@pytest.mark.parametrize(
    ("terms", "penalties", "bound_until"),
    [("advance", 0, utc(3)), ("extending", 1, utc(5, 10))],
)
async def test_the_days_of_the_rest_move_the_binding_first(
    tv: Shop, terms: str, penalties: int, bound_until: datetime
) -> None:
    """Bound until 1 March, resting since 10 January, ended on 21 March. Where rests extend a
    binding, the 22 + 28 + 20 = 70 days move it to 10 May, and leaving costs; where they do
    not, it has been over for weeks.
    """
    subscription = await resting(tv, terms, since=utc(1, 10))
    async with tv.at(utc(1, 5)) as tx:
        await bind(tx, Bind(subscription.id, until=utc(3), penalty="leaving"))
    for month in (2, 3):
        await tv.close(utc(month))

    await cancelled(tv, subscription, now=utc(3, 20) + NOON)
    await tv.close(utc(3, 21))

    penalty = [("one_off", "Leaving early", "60.00")]
    assert await lines(tv) == [[("fee", "Gold", "25.00")], *[penalty] * penalties]
    async with tv.at() as tx:
        stored = await read(tx, subscription.id)
    assert stored is not None
    assert stored.bound_until == bound_until


async def test_a_rest_that_is_over_earlier_ends_it_then(tv: Shop) -> None:
    """Resting until 18:00 and cancelled at noon: the hours behind the rest are not served."""
    subscription = await resting(tv, "advance", since=utc(2, 10))
    async with tv.at(utc(2, 11)) as tx:
        await resume(tx, subscription_id=subscription.id)
    await tv.close(utc(2))
    async with tv.at(utc(3)) as tx:
        until = utc(3, 20, 18)
        await suspend(tx, Suspend(subscription.id, from_at=utc(3), until_at=until))
    ending = await cancelled(tv, subscription, now=utc(3, 20) + NOON)
    assert ending.ends_at == until


async def test_it_can_be_taken_back_in_the_order_it_was_done(tv: Shop) -> None:
    """Neither again while it is ending, nor reactivated before it is resumed; then it goes
    on, and owes February from the 15th: 14 of 28 days of 25.00, and March.
    """
    subscription = await resting(tv, "advance", since=utc(1, 10))
    await tv.close(utc(2))
    await cancelled(tv, subscription, now=utc(2, 15))
    for refused in (cancel, reactivate):
        with pytest.raises(WrongState):
            async with tv.at(utc(2, 15, 1)) as tx:
                await refused(tx, subscription_id=subscription.id)

    for verb in (resume, reactivate):
        async with tv.at(utc(2, 15, 2)) as tx:
            await verb(tx, subscription_id=subscription.id)
    await tv.close(utc(3))

    assert await rest_ends(tv) == [utc(2, 15, 2)]
    assert await lines(tv) == [
        [("fee", "Gold", "25.00")],
        [("fee", "Gold", "12.50"), ("fee", "Gold", "25.00")],
    ]
