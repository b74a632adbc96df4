"""A cursor holds while events are kept, for one seller and in one database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import outbox
from core.kernel.clock import FixedClock
from core.live import (
    Cursor,
    Feed,
    LiveCursorInvalid,
    LiveCursorTooOld,
    Position,
    listener,
    read_cursor,
    reading,
)
from core.tenancy.create_tenant import CreatedTenant
from tests.integration.conftest import Open
from tests.integration.live.watching import TOPIC, Asked, append


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


async def test_a_cursor_of_one_who_catches_up_is_not_ahead_of_what_was_told(
    *,
    feed: Feed,
    asked: Asked,
    seller: CreatedTenant,
    begin: Open,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Meanwhile the feed finds nothing new; what was missed is still to be told."""
    tenant, genuine, may_read = seller.tenant.id, listener.read_page, asyncio.Event()

    async def held(*given: Any, **named: Any) -> Any:
        await may_read.wait()
        return await genuine(*given, **named)

    async with feed.listen(tenant, topics=[TOPIC]) as heard:
        before = heard.cursor
    async with begin() as tx:
        missed = await append(tx)
    monkeypatch.setattr(listener, "read_page", held)
    async with feed.listen(tenant, topics=[TOPIC], after=before) as heard:
        following = asyncio.ensure_future(anext(aiter(heard)))
        await asked.reads(tenant, 5)
        assert heard.cursor == before
        may_read.set()
        async with asyncio.timeout(5):
            event = await following
    assert (event.id, heard.cursor) == (missed, event.cursor)


async def test_a_cursor_ahead_of_the_database_is_refused(
    feed: Feed, seller: CreatedTenant
) -> None:
    """It is another database's: of a copy that went on, or of the one before a restore."""
    ahead = Cursor(seller.tenant.id, Position.before(2**60), at(0))
    with pytest.raises(LiveCursorInvalid):
        async with feed.listen(seller.tenant.id, topics=[TOPIC], after=ahead):
            pass
    assert feed.listeners == 0


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
