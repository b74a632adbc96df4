"""Nothing committed is passed over, whatever began first; nobody hears another seller."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from core.live import Feed, LiveCursorInvalid, listener, read_cursor, reading
from core.tenancy.create_tenant import CreatedTenant
from tests.integration.conftest import NewTenant, Open
from tests.integration.live.watching import SOON, TOPIC, Asked, append, told


async def test_an_event_is_told_after_its_commit_and_not_before(
    feed: Feed, asked: Asked, seller: CreatedTenant, begin: Open
) -> None:
    """With everything that it says."""
    async with feed.listen(seller.tenant.id, topics=[TOPIC]) as heard:
        async with begin() as tx:
            written = await append(tx, n=7)
            assert await asked.silent(heard)
            at = tx.now
        (event,) = await told(heard, 1)
    assert (event.id, event.topic, event.payload, event.occurred_at) == (
        written, TOPIC, {"n": 7}, at,
    )  # fmt: skip


async def test_a_transaction_that_began_earlier_and_commits_later_is_not_lost(
    feed: Feed, asked: Asked, seller: CreatedTenant, begin: Open
) -> None:
    """The later one is told while the earlier one still runs; then the earlier one is."""
    async with feed.listen(seller.tenant.id, topics=[TOPIC]) as heard:
        async with begin() as early:
            first = await append(early)
            async with begin() as late:
                second = await append(late)
            assert [event.id for event in await told(heard, 1)] == [second]
            assert await asked.silent(heard)
        assert [event.id for event in await told(heard, 1)] == [first]
        assert await asked.silent(heard)


async def test_a_resume_brings_what_was_missed_the_earlier_begun_too(
    feed: Feed, asked: Asked, seller: CreatedTenant, begin: Open
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
        assert await asked.silent(heard)


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
    feed: Feed, asked: Asked, seller: CreatedTenant, new_tenant: NewTenant, begin: Open
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
        assert await asked.silent(theirs)
    with pytest.raises(LiveCursorInvalid):
        read_cursor(event.cursor.encode(), tenant_id=other.tenant.id, now=event.occurred_at)


async def test_only_the_topics_and_objects_that_are_wanted_are_told(
    feed: Feed, asked: Asked, seller: CreatedTenant, begin: Open
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
        assert await asked.silent(of_a)


async def test_a_slow_listener_reads_on_by_itself(
    feed: Feed,
    asked: Asked,
    seller: CreatedTenant,
    begin: Open,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ten events wait at most; of a hundred none is lost, told twice or out of order."""
    monkeypatch.setattr(listener, "WAITING", 10)
    monkeypatch.setattr(reading, "PAGE", 7)
    async with feed.listen(seller.tenant.id, topics=[TOPIC]) as heard:
        written = []
        for _burst in range(4):
            async with begin() as tx:
                written += [await append(tx) for _each in range(25)]
            await asked.reads(seller.tenant.id, 8)  # a round is four pages; one may have begun
        assert len(heard._waiting) <= 10
        assert [event.id for event in await told(heard, 100)] == written
        assert await asked.silent(heard)
        async with begin() as tx:
            last = await append(tx)
        assert [event.id for event in await told(heard, 1)] == [last]


async def ended(feed: Feed) -> None:
    """Wait until a feed's task has ended by itself, or fail after five seconds."""
    assert feed._task is not None
    async with asyncio.timeout(5):
        await asyncio.wait([feed._task])


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
        await ended(feed)
    assert not feed.is_asking
    assert feed.listeners == 0


async def test_a_database_that_is_away_for_a_while_costs_no_event(
    feed: Feed,
    asked: Asked,
    seller: CreatedTenant,
    begin: Open,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is committed before it is asked again is told then, to who catches up as well."""
    monkeypatch.setattr(listener, "PAUSE_SECONDS", SOON)
    tenant = seller.tenant.id
    async with feed.listen(tenant, topics=[TOPIC]) as heard:
        start = heard.cursor
        asked.is_away = True
        async with begin() as tx:
            written = await append(tx)
        await asked.until(lambda: asked.refused > 1)
        asked.is_away = False
        assert [event.id for event in await told(heard, 1)] == [written]
    async with feed.listen(tenant, topics=[TOPIC], after=start) as behind:
        asked.is_away = True
        waiting = asyncio.create_task(told(behind, 1))
        before = asked.refused
        await asked.until(lambda: asked.refused > before + 2)  # its own try, and the feed's
        asked.is_away = False
        assert [event.id for event in await waiting] == [written]


async def test_what_a_dump_brought_from_a_server_further_on_is_not_new(
    feed: Feed, asked: Asked, seller: CreatedTenant, begin: Open
) -> None:
    """Its transactions have numbers that this server has not reached."""
    async with begin() as tx:
        brought = await append(tx)
        await tx.execute(
            "UPDATE outbox SET tx = $2::text::xid8 WHERE id = $1", brought, "9" * 12
        )
    async with feed.listen(seller.tenant.id, topics=[TOPIC]) as heard:
        assert await asked.silent(heard)
        async with begin() as tx:
            written = await append(tx)
        assert [event.id for event in await told(heard, 1)] == [written]
