"""Notifications leave after the commit, at least once, each with an id to drop doubles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from core import outbox
from core.db import Database
from core.kernel.clock import FixedClock
from core.tenancy.create_tenant import CreatedTenant
from core.tenant_due import due_tenants

from .conftest import Open

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def at(seconds: float) -> FixedClock:
    """A clock that stands so many seconds after noon."""
    return FixedClock(NOON + timedelta(seconds=seconds))


async def appended(begin: Open, count: int) -> list[UUID]:
    """Append notifications at noon."""
    async with begin(clock=at(0)) as tx:
        return [
            await outbox.append(tx, topic="t", subject_id=uuid4(), payload={"n": n})
            for n in range(count)
        ]


async def test_a_claim_takes_due_rows_oldest_first_and_no_more_than_asked(begin: Open) -> None:
    """Payload and topic arrive as they were written."""
    ids = await appended(begin, 3)
    async with begin(clock=at(0)) as tx:
        claimed = await outbox.claim(tx, limit=2)
    assert [message.id for message in claimed] == ids[:2]
    assert [message.payload for message in claimed] == [{"n": 0}, {"n": 1}]
    assert [message.attempts for message in claimed] == [1, 1]


async def test_two_relays_at_once_never_claim_the_same(begin: Open) -> None:
    """The second one passes over rows that the first one has locked, without waiting."""
    ids = await appended(begin, 4)
    async with begin(clock=at(0)) as one, begin(clock=at(0)) as two:
        first = await outbox.claim(one, limit=2)
        second = await outbox.claim(two, limit=4)
    assert [message.id for message in first] == ids[:2]
    assert [message.id for message in second] == ids[2:]


async def test_a_relay_that_dies_loses_its_lease(begin: Open) -> None:
    """Nothing for 59 s; at 60 s the row comes again, as its second attempt."""
    await appended(begin, 1)
    async with begin(clock=at(0)) as tx:
        assert len(await outbox.claim(tx, limit=1)) == 1
    async with begin(clock=at(59)) as tx:
        assert await outbox.claim(tx, limit=1) == []
    async with begin(clock=at(60)) as tx:
        assert [message.attempts for message in await outbox.claim(tx, limit=1)] == [2]


async def test_what_is_done_does_not_come_again_and_is_purged(begin: Open) -> None:
    """Only delivered rows go, and only those delivered long enough ago."""
    ids = await appended(begin, 2)
    async with begin(clock=at(0)) as tx:
        await outbox.claim(tx, limit=2)
        await outbox.done(tx, [ids[0]])
    async with begin(clock=at(3600)) as tx:
        assert [message.id for message in await outbox.claim(tx, limit=9)] == [ids[1]]
        assert await outbox.purge(tx, delivered_before=NOON) == 0
        assert await outbox.purge(tx, delivered_before=NOON + timedelta(seconds=1)) == 1


async def test_a_failure_waits_and_keeps_its_reason(begin: Open) -> None:
    """After the first failure 2 s; the reason is there to read, cut at 500 characters."""
    await appended(begin, 1)
    async with begin(clock=at(0)) as tx:
        [message] = await outbox.claim(tx, limit=1)
        again = await outbox.failed(tx, message, error="x" * 501)
    assert again == NOON + timedelta(seconds=2)
    async with begin(clock=at(1.9)) as tx:
        assert await outbox.claim(tx, limit=1) == []
        assert (
            await tx.fetchval("SELECT error FROM outbox WHERE id = $1", message.id) == "x" * 500
        )
    async with begin(clock=at(2)) as tx:
        assert len(await outbox.claim(tx, limit=1)) == 1


async def test_workers_are_told_that_a_tenant_has_something(
    db: Database, begin: Open, seller: CreatedTenant
) -> None:
    """Appending makes the tenant due; a rest moves it to the next row, or a minute on."""
    await appended(begin, 1)
    async with db.transaction(None, actor="worker", clock=at(0)) as tx:
        assert seller.tenant.id in await due_tenants(tx, outbox.OUTBOX_KIND, limit=100)
    async with begin(clock=at(0)) as tx:
        [message] = await outbox.claim(tx, limit=1, lease=timedelta(seconds=30))
        assert await outbox.rest(tx) == NOON + timedelta(seconds=30)  # the lease's end
        await outbox.done(tx, [message.id])
        assert await outbox.rest(tx) == NOON + timedelta(seconds=60)  # nothing left
    async with db.transaction(None, actor="worker", clock=at(59)) as tx:
        assert seller.tenant.id not in await due_tenants(tx, outbox.OUTBOX_KIND, limit=100)


async def test_a_rolled_back_change_tells_nobody(begin: Open) -> None:
    """The notification shares its transaction with what it tells."""
    with pytest.raises(LookupError):
        async with begin(clock=at(0)) as tx:
            await outbox.append(tx, topic="t", subject_id=None, payload={})
            raise LookupError
    async with begin(clock=at(0)) as tx:
        assert await outbox.claim(tx, limit=9) == []
