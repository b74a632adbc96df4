"""Usage around a freeze: it is billed by exactly one period, and never waits for long."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from core.freeze_lock import share_freeze, try_freeze
from core.subscriptions.records import Subscription
from tests.integration.usage.conftest import (
    FEBRUARY,
    JANUARY,
    NOW,
    At,
    Freeze,
    Record,
    Rows,
    mail,
    outcomes,
)

IN_FEBRUARY = datetime(2026, 2, 10, tzinfo=UTC)
IN_JANUARY = datetime(2026, 1, 9, tzinfo=UTC)


async def periods(at: At) -> dict[Any, tuple[str, datetime]]:
    """Each period's stream and start, by id."""
    async with at(NOW) as tx:
        found = await tx.fetch("SELECT id, stream, starts_at FROM billing_period")
    return {row["id"]: (row["stream"], row["starts_at"]) for row in found}


async def test_late_usage_is_of_its_period_and_billed_with_the_open_one(
    record: Record, rows: Rows, at: At, freeze: Freeze, subscription: Subscription
) -> None:
    """January is frozen: its late event stays January's and goes onto February's invoice."""
    await freeze(FEBRUARY)
    assert outcomes(await record(mail(occurred_at=IN_JANUARY), now=IN_FEBRUARY)) == ["accepted"]
    (row,) = await rows()
    known = await periods(at)
    assert known[row["usage_period_id"]] == ("usage", JANUARY)
    assert known[row["billing_period_id"]] == ("usage", FEBRUARY)


async def test_usage_of_the_next_period_is_not_billed_with_the_one_still_open(
    record: Record, rows: Rows, at: At, subscription: Subscription
) -> None:
    """While January waits for its closing, February's usage is February's on both counts."""
    await record(mail(occurred_at=IN_FEBRUARY), now=IN_FEBRUARY)
    (row,) = await rows()
    known = await periods(at)
    assert known[row["usage_period_id"]] == ("usage", FEBRUARY)
    assert row["billing_period_id"] == row["usage_period_id"]


async def test_a_period_is_made_when_closings_have_fallen_behind(
    record: Record, rows: Rows, at: At, subscription: Subscription
) -> None:
    """Nothing was closed since January: usage of June finds June's period made for it."""
    june = datetime(2026, 6, 10, tzinfo=UTC)
    assert outcomes(await record(mail(occurred_at=june), now=june)) == ["accepted"]
    (row,) = await rows()
    start = datetime(2026, 5, 31, 22, tzinfo=UTC)  # midnight in Paris, in summer
    assert (await periods(at))[row["billing_period_id"]] == ("usage", start)


async def end_in_january(at: At) -> datetime:
    """End the subscription on 15 January, its periods with it."""
    end = datetime(2026, 1, 14, 23, tzinfo=UTC)
    async with at(NOW) as tx:
        await tx.execute("UPDATE subscription SET ends_at = $1, state = 'ending'", end)
        await tx.execute("DELETE FROM billing_period WHERE starts_at >= $1", end)
        await tx.execute("UPDATE billing_period SET ends_at = $1 WHERE ends_at > $1", end)
    return end


async def test_late_usage_of_an_ended_subscription_opens_one_settlement_period(
    record: Record, rows: Rows, at: At, freeze: Freeze, subscription: Subscription
) -> None:
    """It begins where the subscription ended, is due at once, and takes what follows too."""
    end = await end_in_january(at)
    await freeze(end)
    assert outcomes(await record(mail("a"), now=IN_FEBRUARY)) == ["accepted"]
    assert outcomes(await record(mail("b"), now=IN_FEBRUARY)) == ["accepted"]
    first, second = await rows()
    known = await periods(at)
    assert known[first["usage_period_id"]] == ("usage", JANUARY)
    assert known[first["billing_period_id"]] == ("settlement", end)
    assert second["billing_period_id"] == first["billing_period_id"]
    async with at(NOW) as tx:
        due = await tx.fetchval("SELECT due_at FROM billing_period WHERE stream = 'settlement'")
    assert due == IN_FEBRUARY


async def test_a_second_settlement_follows_on_the_first(
    record: Record, rows: Rows, at: At, freeze: Freeze, subscription: Subscription
) -> None:
    """What comes after the first one was frozen gets another, from where that one ended."""
    end = await end_in_january(at)
    await freeze(end)
    await record(mail("a"), now=IN_FEBRUARY)
    await freeze(IN_FEBRUARY)
    await record(mail("b"), now=IN_FEBRUARY + timedelta(days=1))
    first, second = await rows()
    known = await periods(at)
    assert known[first["billing_period_id"]] == ("settlement", end)
    assert known[second["billing_period_id"]] == ("settlement", IN_FEBRUARY)


async def test_racing_batches_open_the_same_settlement_period(
    record: Record, rows: Rows, at: At, freeze: Freeze, subscription: Subscription
) -> None:
    """The database keeps one of them; both batches bill with it."""
    await freeze(await end_in_january(at))
    answers = await asyncio.gather(
        *(record(mail(f"s{n}"), now=IN_FEBRUARY + timedelta(seconds=n)) for n in range(4))
    )
    assert [outcomes(answer) for answer in answers] == [["accepted"]] * 4
    assert len({row["billing_period_id"] for row in await rows()}) == 1


async def test_an_event_that_waits_for_a_freezer_sees_the_period_frozen(
    record: Record, rows: Rows, at: At, subscription: Subscription
) -> None:
    """It came while January was being frozen, so February bills it; it waited 0.3 s."""
    async with at(FEBRUARY) as tx:
        assert await try_freeze(tx)
        waiting = asyncio.create_task(record(mail(occurred_at=IN_JANUARY), now=IN_FEBRUARY))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        await tx.execute(
            "UPDATE billing_period SET state = 'frozen' WHERE stream = 'usage'"
            " AND ends_at <= $1",
            FEBRUARY,
        )
    assert outcomes(await waiting) == ["accepted"]
    (row,) = await rows()
    assert (await periods(at))[row["billing_period_id"]] == ("usage", FEBRUARY)


async def test_ingest_does_not_queue_behind_a_freezer_that_cannot_get_in(
    record: Record, at: At, subscription: Subscription
) -> None:
    """A long batch keeps the freezer out; it gives up after 0.2 s and others go on."""
    async with at(NOW) as slow:
        await share_freeze(slow)

        async def freezer() -> bool:
            async with at(FEBRUARY) as tx:
                return await try_freeze(tx)

        trying = asyncio.create_task(freezer())
        await asyncio.sleep(0.05)
        begun = time.monotonic()
        assert outcomes(await record(mail())) == ["accepted"]
        assert time.monotonic() - begun < 2
        assert await trying is False


async def test_usage_before_the_oldest_period_is_too_old(
    record: Record, rows: Rows, at: At, subscription: Subscription
) -> None:
    """Where old periods are gone from the database, nothing can hold their usage."""
    async with at(NOW) as tx:
        await tx.execute("UPDATE subscription SET starts_at = starts_at - interval '1 year'")
        await tx.execute("UPDATE subscription_item SET from_at = from_at - interval '1 year'")
    verdicts = await record(mail(occurred_at=JANUARY - timedelta(days=30)))
    assert outcomes(verdicts) == ["TOO_OLD"]
    assert await rows() == []
