"""Nothing committed is passed over, whatever began first; nobody hears another seller."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from core import outbox
from core.database_errors import Unavailable
from core.db import Database, Tx
from core.kernel.clock import FixedClock
from core.live import (
    Cursor,
    Feed,
    Listener,
    LiveCursorInvalid,
    LiveCursorTooOld,
    LiveEvent,
    Position,
    listener,
    read_cursor,
    reading,
)
from core.tenancy.create_tenant import CreatedTenant
from tests.integration.conftest import NewTenant, Open

TOPIC = "invoice.finalised"
SOON = 0.02


@pytest.fixture
async def feed(db: Database) -> AsyncIterator[Feed]:
    """A process's feed that asks fifty times a second."""
    opened = Feed(lambda tenant: db.transaction(tenant, actor="live"), poll_seconds=SOON)
    yield opened
    await opened.close()


@pytest.fixture(autouse=True)
async def woken(begin: Open) -> None:
    """The workers know of the seller's notifications: the next ones wait for nobody's lock."""
    async with begin() as tx:
        await append(tx, topic="before")


async def told(heard: Listener, count: int) -> list[LiveEvent]:
    """Take so many events, or fail after five seconds."""
    found: list[LiveEvent] = []
    async with asyncio.timeout(5):
        async for event in heard:
            found.append(event)
            if len(found) == count:
                return found
    raise AssertionError("unreachable")


async def silent(heard: Listener, seconds: float = 10 * SOON) -> bool:
    """Say whether nothing is told for a while."""
    try:
        async with asyncio.timeout(seconds):
            async for _event in heard:
                return False
    except TimeoutError:
        return True
    raise AssertionError("unreachable")


async def append(tx: Tx, *, topic: str = TOPIC, n: int = 0) -> UUID:
    """Append one notification."""
    return await outbox.append(tx, topic=topic, subject_id=uuid4(), payload={"n": n})


async def test_an_event_is_told_after_its_commit_and_not_before(
    feed: Feed, seller: CreatedTenant, begin: Open
) -> None:
    """With everything that it says."""
    async with feed.listen(seller.tenant.id, topics=[TOPIC]) as heard:
        async with begin() as tx:
            written = await append(tx, n=7)
            assert await silent(heard)
            at = tx.now
        (event,) = await told(heard, 1)
    assert (event.id, event.topic, event.payload, event.occurred_at) == (
        written, TOPIC, {"n": 7}, at,
    )  # fmt: skip


async def test_a_transaction_that_began_earlier_and_commits_later_is_not_lost(
    feed: Feed, seller: CreatedTenant, begin: Open
) -> None:
    """The later one is told while the earlier one still runs; then the earlier one is."""
    async with feed.listen(seller.tenant.id, topics=[TOPIC]) as heard:
        async with begin() as early:
            first = await append(early)
            async with begin() as late:
                second = await append(late)
            assert [event.id for event in await told(heard, 1)] == [second]
            assert await silent(heard)
        assert [event.id for event in await told(heard, 1)] == [first]
        assert await silent(heard)


async def test_a_resume_brings_what_was_missed_the_earlier_begun_too(
    feed: Feed, seller: CreatedTenant, begin: Open
) -> None:
    """The cursor was taken behind the later one, while the earlier one still ran."""
    async with begin() as early:
        first = await append(early)
        async with feed.listen(seller.tenant.id, topics=[TOPIC]) as heard:
            async with begin() as late:
                second = await append(late)
            (event,) = await told(heard, 1)
            assert event.id == second
    async with begin() as tx:
        third = await append(tx)
    async with feed.listen(seller.tenant.id, topics=[TOPIC], after=event.cursor) as heard:
        assert [event.id for event in await told(heard, 2)] == [first, third]
        assert await silent(heard)


async def test_from_every_cursor_of_a_mixed_history_the_rest_is_told(
    feed: Feed, seller: CreatedTenant, begin: Open
) -> None:
    """Six transactions, the odd ones commit later; no cursor leads past anything."""
    tenant = seller.tenant.id
    async with feed.listen(tenant, topics=[TOPIC]) as heard:
        for _round in range(3):
            async with begin() as early:
                await append(early)
                await append(early)
                async with begin() as late:
                    await append(late)
        history = await told(heard, 9)
    for place, event in enumerate(history):
        later = {each.id for each in history[place + 1 :]}
        async with feed.listen(tenant, topics=[TOPIC], after=event.cursor) as heard:
            async with begin() as tx:
                last = await append(tx)
            again: set[UUID] = set()
            async with asyncio.timeout(5):
                async for each in heard:
                    again.add(each.id)
                    if each.id == last:
                        break
        assert later <= again
        async with begin() as tx:
            await tx.execute("DELETE FROM outbox WHERE id = $1", last)


async def test_another_seller_hears_nothing(
    feed: Feed, seller: CreatedTenant, new_tenant: NewTenant, begin: Open, db: Database
) -> None:
    """Nor does their cursor open ours."""
    other = await new_tenant()
    async with (
        feed.listen(seller.tenant.id, topics=[TOPIC]) as ours,
        feed.listen(other.tenant.id, topics=[TOPIC]) as theirs,
    ):
        async with begin() as tx:
            await append(tx)
        (event,) = await told(ours, 1)
        assert await silent(theirs)
    with pytest.raises(LiveCursorInvalid):
        read_cursor(event.cursor.encode(), tenant_id=other.tenant.id, now=event.occurred_at)


async def test_only_the_topics_and_objects_that_are_wanted_are_told(
    feed: Feed, seller: CreatedTenant, begin: Open
) -> None:
    """Two listeners of one seller share the asking, and hear their own."""
    tenant = seller.tenant.id
    async with (
        feed.listen(tenant, topics=["a"]) as of_a,
        feed.listen(
            tenant, topics=["a", "b"], matches=lambda event: event.payload["n"] > 1
        ) as above_one,
    ):
        async with begin() as tx:
            written = [
                await append(tx, topic=topic, n=n)
                for topic, n in (("a", 1), ("b", 2), ("a", 3), ("c", 4))
            ]
        assert [event.id for event in await told(of_a, 2)] == [written[0], written[2]]
        assert [event.id for event in await told(above_one, 2)] == written[1:3]
        assert await silent(of_a)


async def test_a_slow_listener_reads_on_by_itself(
    feed: Feed, seller: CreatedTenant, begin: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten events wait at most; of a hundred none is lost, told twice or out of order."""
    monkeypatch.setattr(listener, "WAITING", 10)
    monkeypatch.setattr(reading, "PAGE", 7)
    async with feed.listen(seller.tenant.id, topics=[TOPIC]) as heard:
        written = []
        for _burst in range(4):
            async with begin() as tx:
                written += [await append(tx) for _each in range(25)]
            await asyncio.sleep(3 * SOON)
        assert len(heard._waiting) <= 10
        assert [event.id for event in await told(heard, 100)] == written
        assert await silent(heard)
        async with begin() as tx:
            last = await append(tx)
        assert [event.id for event in await told(heard, 1)] == [last]


async def test_nobody_asks_while_nobody_listens(
    feed: Feed, seller: CreatedTenant, begin: Open
) -> None:
    """The task ends a moment after the last listener left, and comes back with the next."""
    for _time in range(2):
        assert not feed.is_asking
        async with feed.listen(seller.tenant.id, topics=[TOPIC]) as heard:
            assert feed.is_asking
            assert feed.listeners == 1
            async with begin() as tx:
                await append(tx)
            await told(heard, 1)
        await asyncio.sleep(5 * SOON)
    assert not feed.is_asking
    assert feed.listeners == 0


class Outage:
    """Opens transactions, or refuses to as a database does that is away."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.is_away = False
        self.refused = 0

    def __call__(self, tenant_id: UUID) -> AbstractAsyncContextManager[Any]:
        """Open one."""
        if self.is_away:
            self.refused += 1
            raise Unavailable("the database is away")
        return self.db.transaction(tenant_id, actor="live")


async def test_a_database_that_is_away_for_a_while_costs_no_event(
    db: Database, seller: CreatedTenant, begin: Open
) -> None:
    """What is committed before it is asked again is told then, to who catches up as well."""
    outage = Outage(db)
    feed = Feed(outage, poll_seconds=SOON)
    tenant = seller.tenant.id
    async with feed.listen(tenant, topics=[TOPIC]) as heard:
        start = heard.cursor
        outage.is_away = True
        async with begin() as tx:
            written = await append(tx)
        assert await silent(heard)
        assert outage.refused > 1
        outage.is_away = False
        assert [event.id for event in await told(heard, 1)] == [written]
    async with feed.listen(tenant, topics=[TOPIC], after=start) as behind:
        outage.is_away = True
        waiting = asyncio.create_task(told(behind, 1))
        await asyncio.sleep(5 * SOON)
        outage.is_away = False
        assert [event.id for event in await waiting] == [written]
    await feed.close()


def at(days: int) -> datetime:
    """So many days after New Year."""
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days)


async def test_a_cursor_is_refused_when_events_behind_it_may_be_gone(
    seller: CreatedTenant, begin: Open
) -> None:
    """Delivered on day 0 and purged on day 31; a cursor of day 0 holds until day 30."""
    tenant = seller.tenant.id
    async with begin(clock=FixedClock(at(0))) as tx:
        cursor = Cursor(tenant, await reading.position_now(tx), tx.now).encode()
        await outbox.done(tx, [await append(tx)])
    for day, kept in ((29, 1), (31, 0)):
        async with begin(clock=FixedClock(at(day))) as tx:
            await outbox.purge(tx, delivered_before=tx.now - outbox.KEPT_AFTER_DELIVERY)
            left = "SELECT count(*) FROM outbox WHERE topic = $1"
            assert await tx.fetchval(left, TOPIC) == kept
    assert read_cursor(cursor, tenant_id=tenant, now=at(30)).read_at == at(0)
    with pytest.raises(LiveCursorTooOld):
        read_cursor(cursor, tenant_id=tenant, now=at(30) + timedelta(seconds=1))


async def test_a_cursor_ahead_of_the_database_is_refused(
    feed: Feed, seller: CreatedTenant
) -> None:
    """It is another database's: of a copy that went on, or of the one before a restore."""
    ahead = Cursor(seller.tenant.id, Position.before(2**60), at(0))
    with pytest.raises(LiveCursorInvalid):
        async with feed.listen(seller.tenant.id, topics=[TOPIC], after=ahead):
            pass
    assert feed.listeners == 0


async def test_what_a_dump_brought_from_a_server_further_on_is_not_new(
    feed: Feed, seller: CreatedTenant, begin: Open
) -> None:
    """Its transactions have numbers that this server has not reached."""
    async with begin() as tx:
        brought = await append(tx)
        await tx.execute(
            "UPDATE outbox SET tx = $2::text::xid8 WHERE id = $1", brought, "9" * 12
        )
    async with feed.listen(seller.tenant.id, topics=[TOPIC]) as heard:
        assert await silent(heard)
        async with begin() as tx:
            written = await append(tx)
        assert [event.id for event in await told(heard, 1)] == [written]


Damage = Callable[[str], str]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: "x" * 3_000,
        lambda text: text[:-4],
        lambda text: "é" + text[1:],
        lambda text: "MXwyfDN8NA",  # 1|2|3|4
        lambda text: text + "=",
    ],
    ids=["empty", "long", "cut", "not base64", "another form", "padded"],
)
async def test_a_damaged_cursor_is_refused(seller: CreatedTenant, damage: Damage) -> None:
    """With one code, whatever is wrong with it."""
    whole = Cursor(seller.tenant.id, Position(5, 9, (6, 7)), at(0)).encode()
    assert read_cursor(whole, tenant_id=seller.tenant.id, now=at(1)).position == Position(
        5, 9, (6, 7)
    )
    with pytest.raises(LiveCursorInvalid):
        read_cursor(damage(whole), tenant_id=seller.tenant.id, now=at(1))


@pytest.mark.parametrize(
    "text", ["9:5:", "5:9:9", "5:9:4", "5:9:7,6", "5:9:6,6", "0:0:", "5:9", "a:b:", "5:9:6,"]
)
def test_what_postgresql_would_not_take_is_no_position(text: str) -> None:
    """So a forged cursor is refused before the database sees it."""
    assert Position.read(text) is None
