"""The rows that follow a closing, for many subscriptions at once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from core.accounts.records import Account
from core.catalogue.terms_versions import load_terms_versions
from core.db import Tx
from core.periods.repository import extend_periods, stream_ends
from core.periods.schedule import Schedule
from core.subscriptions.cancel import cancel
from core.subscriptions.records import Subscription
from core.subscriptions.repository import phases_of
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe

from .conftest import FEBRUARY, MARCH, NOW, At, paris, periods

APRIL = datetime(2026, 3, 31, 22, tzinfo=UTC)  # midnight in Paris, in summer time


async def schedule(tx: Tx, subscription: Subscription) -> Schedule:
    """The schedule of a subscription under its first phase's terms."""
    (phase, *_later) = (await phases_of(tx, [subscription.id]))[subscription.id]
    versions = await load_terms_versions(tx, [phase.billing_terms_version_id])
    return Schedule.of(
        versions[phase.billing_terms_version_id],
        anchor=subscription.anchor,
        zone=subscription.timezone,
    )


async def close_until(tx: Tx, instant: datetime) -> None:
    """Leave the periods that have ended as a closing leaves them."""
    await tx.execute(
        "UPDATE billing_period SET state = 'billed' WHERE tenant_id = $1 AND ends_at <= $2",
        tx.tenant_id,
        instant,
    )


async def extend(at: At, subscription: Subscription, until: datetime | None = None) -> int:
    """Make what a subscription lacks, in a transaction of its own; how many rows."""
    async with at(FEBRUARY) as tx:
        schedules = {subscription.id: await schedule(tx, subscription)}
        return len(
            await extend_periods(tx, [subscription.id], schedules=schedules, until=until)
        )


async def test_a_closed_month_is_followed_by_the_next_but_one(
    at: At, subscription: Subscription
) -> None:
    """January is billed: March is made for both streams, and no second time."""
    async with at(FEBRUARY) as tx:
        await close_until(tx, FEBRUARY)
    assert await extend(at, subscription) == 2
    assert await extend(at, subscription) == 0
    async with at(FEBRUARY) as tx:
        march = (await periods(tx, subscription, "fees"))[-1]
    assert (march.starts_at, march.ends_at, march.due_at) == (MARCH, APRIL, APRIL)


async def test_many_subscriptions_are_continued_in_one_call(
    at: At, subscription: Subscription, account: Account
) -> None:
    """A monthly one lacks March; one that is ending lacks nothing; a yearly one its usage."""
    async with at(NOW) as tx:
        items = [NewItem("email")]
        ending = await subscribe(
            tx, Subscribe(account=account.id, billing_terms="monthly", items=items)
        )
        await cancel(tx, subscription_id=ending.id)
        yearly = await subscribe(
            tx, Subscribe(account=account.id, billing_terms="yearly", items=items)
        )
        february = paris(2, 10)
        await close_until(tx, february)
        three = (subscription, ending, yearly)
        schedules = {one.id: await schedule(tx, one) for one in three}
        made = await extend_periods(tx, list(schedules), schedules=schedules)
        ends = await stream_ends(tx, list(schedules), schedules=schedules)
    assert {(row.subscription_id, row.stream, row.starts_at) for row in made} == {
        (subscription.id, "fees", MARCH),
        (subscription.id, "usage", MARCH),
        (yearly.id, "usage", paris(3, 10)),
    }
    assert {(end.subscription_id, end.open_count) for end in ends} == {
        (subscription.id, 2),
        (ending.id, 0),
        (yearly.id, 2),
    }


async def test_two_that_extend_at_once_make_each_row_once(
    at: At, subscription: Subscription
) -> None:
    """The later one finds the rows there: the database refuses overlaps, quietly here."""
    async with at(FEBRUARY) as tx:
        await close_until(tx, FEBRUARY)
    await asyncio.gather(extend(at, subscription), extend(at, subscription))
    async with at(FEBRUARY) as tx:
        starts = [period.starts_at for period in await periods(tx, subscription, "usage")]
    assert starts == [NOW, FEBRUARY, MARCH]


async def test_rows_reach_an_instant_when_closings_have_fallen_behind(
    at: At, subscription: Subscription
) -> None:
    """Nothing was closed: March's periods are there once usage of 10 March asks for them."""
    async with at(FEBRUARY) as tx:
        assert (await periods(tx, subscription, "usage"))[-1].ends_at == MARCH
    assert await extend(at, subscription, until=paris(3, 10)) == 2
    async with at(FEBRUARY) as tx:
        found = (await periods(tx, subscription, "usage"))[-1]
    assert (found.starts_at, found.ends_at) == (MARCH, APRIL)
