"""Renewal off, and on again until the end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.accounts.records import Account
from core.database_errors import Unavailable
from core.freeze_lock import share_freeze
from core.kernel.ids import new_id
from core.periods.repository import UsageBeyondEnd
from core.subscriptions import repository
from core.subscriptions.add_item import add_item
from core.subscriptions.cancel import cancel
from core.subscriptions.change_plan import change_plan
from core.subscriptions.change_quantity import change_quantity
from core.subscriptions.end_item import end_item
from core.subscriptions.lifecycle import SubscriptionEnded, WrongState
from core.subscriptions.reactivate import reactivate
from core.subscriptions.records import Subscription
from core.subscriptions.refusals import SubscriptionNotFound
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe

from .conftest import (
    FEBRUARY,
    NOW,
    At,
    Picture,
    item,
    paris,
    periods,
    plan_codes,
    revisions,
)

LATER = paris(1, 20, 9)


async def slices(at: At, subscription: Subscription, stream: str) -> list[tuple[Any, ...]]:
    """The periods of a stream: start, end, due time."""
    async with at(NOW) as tx:
        found = await periods(tx, subscription, stream)
    return [(period.starts_at, period.ends_at, period.due_at) for period in found]


async def test_a_cancelled_subscription_runs_to_the_end_of_its_period(
    at: At, subscription: Subscription
) -> None:
    """Cancelled on 20 January: January is billed, and there is no February."""
    async with at(LATER) as tx:
        ending = await cancel(tx, subscription_id=subscription.id)
        assert (ending.state, ending.ends_at) == ("ending", FEBRUARY)
        assert await repository.subscription(tx, subscription.id) == ending
        for product in ("package", "seats", "email"):
            assert (await item(tx, subscription, product)).until_at == FEBRUARY
        assert await plan_codes(tx, subscription) == [("level-2", NOW, FEBRUARY)]
    assert await slices(at, subscription, "fees") == [(NOW, FEBRUARY, FEBRUARY)]
    assert await slices(at, subscription, "usage") == [(NOW, FEBRUARY, FEBRUARY)]


async def test_what_was_chosen_for_later_is_dropped(at: At, subscription: Subscription) -> None:
    """Fewer seats and another level would have held in a February that does not come."""
    async with at(LATER) as tx:
        seats = await item(tx, subscription, "seats")
        await change_quantity(tx, item_id=seats.item_id, quantity=Decimal(3))
        await change_plan(tx, subscription_id=subscription.id, price_plan="level-3")
        await cancel(tx, subscription_id=subscription.id)
        assert len(await revisions(tx, subscription, "seats")) == 1
        assert await plan_codes(tx, subscription) == [("level-2", NOW, FEBRUARY)]
        await reactivate(tx, subscription_id=subscription.id)
        assert (await item(tx, subscription, "seats")).until_at is None


async def test_reactivated_it_is_as_if_nothing_had_been(
    at: At, subscription: Subscription
) -> None:
    """Items, phase and periods go on; only the history remembers."""
    before = {stream: await slices(at, subscription, stream) for stream in ("fees", "usage")}
    async with at(LATER) as tx:
        await cancel(tx, subscription_id=subscription.id)
    async with at(FEBRUARY - timedelta(seconds=1)) as tx:
        assert await reactivate(tx, subscription_id=subscription.id) == subscription
        assert await repository.subscription(tx, subscription.id) == subscription
        for product in ("package", "seats", "email"):
            assert (await item(tx, subscription, product)).until_at is None
        assert await plan_codes(tx, subscription) == [("level-2", NOW, None)]
        actions = [
            row["action"]
            for row in await tx.fetch(
                "SELECT action FROM history_entry WHERE subject_id = $1 ORDER BY at, id",
                subscription.id,
            )
        ]
    assert actions == [
        "subscription.created",
        "subscription.cancelled",
        "subscription.reactivated",
    ]
    for stream, stood in before.items():
        assert await slices(at, subscription, stream) == stood


async def test_an_item_ended_by_itself_stays_ended(at: At, subscription: Subscription) -> None:
    """The seats were to end in January anyhow; support came while it was ending."""
    async with at(LATER) as tx:
        await end_item(tx, item_id=(await item(tx, subscription, "seats")).item_id)
        await cancel(tx, subscription_id=subscription.id)
        added = await add_item(tx, subscription_id=subscription.id, product="support")
        assert added.until_at == FEBRUARY
        await reactivate(tx, subscription_id=subscription.id)
        assert (await item(tx, subscription, "seats")).until_at == FEBRUARY
        assert (await item(tx, subscription, "support")).until_at is None


async def test_a_year_in_advance_runs_to_its_end_and_its_usage_month_by_month(
    at: At, account: Account
) -> None:
    """Usage goes on until the year that is paid is over: rows are made as months close."""
    async with at(NOW) as tx:
        yearly = await subscribe(
            tx,
            Subscribe(account=account.id, billing_terms="yearly", items=[NewItem("email")]),
        )
        ending = await cancel(tx, subscription_id=yearly.id)
    assert ending.ends_at == paris(1, 10, year=2027)
    assert await slices(at, yearly, "fees") == [(NOW, paris(1, 10, year=2027), NOW)]
    assert [start for start, _end, _due in await slices(at, yearly, "usage")] == [
        NOW,
        paris(2, 10),
    ]


async def test_a_usage_period_is_clipped_by_the_end_and_restored_whole(
    at: At, account: Account
) -> None:
    """Usage by the quarter, fees by the month: it ends on 1 February, and goes on after all."""
    april = datetime(2026, 3, 31, 22, tzinfo=UTC)  # midnight in Paris, in summer time
    july = datetime(2026, 6, 30, 22, tzinfo=UTC)
    command = Subscribe(
        account=account.id,
        billing_terms="quarterly-usage",
        price_plan="level-2",
        items=[NewItem("email")],
    )
    async with at(NOW) as tx:
        quarterly = await subscribe(tx, command)
        await cancel(tx, subscription_id=quarterly.id)
        (clipped,) = await periods(tx, quarterly, "usage")
    assert (clipped.ends_at, clipped.whole_ends_at, clipped.due_at) == (
        FEBRUARY,
        april,
        FEBRUARY,
    )
    async with at(LATER) as tx:
        await reactivate(tx, subscription_id=quarterly.id)
    assert await slices(at, quarterly, "usage") == [(NOW, april, april), (april, july, july)]


async def test_a_subscription_whose_start_is_ahead_is_withdrawn(
    at: At, account: Account
) -> None:
    """Nothing of it has begun: no period, no item and no phase is left, and it has ended."""
    command = Subscribe(
        account=account.id,
        billing_terms="monthly",
        items=[NewItem("seats")],
        starts_at=paris(2, 15),
    )
    async with at(NOW) as tx:
        begun = await subscribe(tx, command)
        withdrawn = await cancel(tx, subscription_id=begun.id)
        assert (withdrawn.state, withdrawn.ends_at) == ("ended", paris(2, 15))
        assert await periods(tx, begun, "fees") == []
        assert await revisions(tx, begun, "seats") == []
        assert await plan_codes(tx, begun) == []


async def test_a_closing_stores_that_it_has_ended(at: At, subscription: Subscription) -> None:
    """Not before the end; and once."""
    async with at(LATER) as tx:
        await cancel(tx, subscription_id=subscription.id)
        just_before = FEBRUARY - timedelta(microseconds=1)
        ids = [subscription.id]
        assert await repository.store_ended(tx, ids, now=just_before) == []
        assert await repository.store_ended(tx, ids, now=FEBRUARY) == ids
        assert await repository.store_ended(tx, ids, now=FEBRUARY) == []


async def test_usage_behind_the_end_refuses_the_cancellation(
    at: At, subscription: Subscription, picture: Picture
) -> None:
    """A minute before midnight, usage of the first minutes of February is stored already."""
    async with at(NOW) as tx:
        _january, february = await periods(tx, subscription, "usage")
        await tx.execute(
            "INSERT INTO usage_event (tenant_id, identity, revision, sign, account_id,"
            " product_id, usage_period_id, billing_period_id, occurred_at, received_at,"
            " quantity, channel, source, event_id, content_hash, payload)"
            " VALUES ($1, $2, 0, 1, $3, $2, $4, $4, $5, $5, 1, 'email', 's', 'e', '', '{}')",
            tx.tenant_id,
            new_id(),
            subscription.account_id,
            february.id,
            FEBRUARY + timedelta(minutes=1),
        )
    before = await picture()
    with pytest.raises(UsageBeyondEnd):
        async with at(FEBRUARY - timedelta(minutes=1)) as tx:
            await cancel(tx, subscription_id=subscription.id)
    assert await picture() == before


async def test_in_the_last_minutes_a_cancellation_waits_for_usage_being_stored(
    at: At, subscription: Subscription, picture: Picture
) -> None:
    """Usage may be dated 5 minutes ahead, into the period that would go; then try again."""
    last_minute = FEBRUARY - timedelta(minutes=1)
    before = await picture()
    async with at(last_minute) as storing:
        await share_freeze(storing)
        with pytest.raises(Unavailable):
            async with at(last_minute) as tx:
                await cancel(tx, subscription_id=subscription.id)
        assert await picture() == before
        async with at(FEBRUARY - timedelta(minutes=6)) as tx:
            seats = await item(tx, subscription, "seats")
            await end_item(tx, item_id=seats.item_id)
    async with at(last_minute) as tx:
        assert (await cancel(tx, subscription_id=subscription.id)).ends_at == FEBRUARY


async def test_renewal_is_turned_off_once_and_on_only_until_the_end(
    at: At, subscription: Subscription, picture: Picture
) -> None:
    """Each refusal leaves everything as it is."""
    stood = await picture()
    with pytest.raises(WrongState):
        async with at(LATER) as tx:
            await reactivate(tx, subscription_id=subscription.id)
    with pytest.raises(SubscriptionNotFound):
        async with at(LATER) as tx:
            await cancel(tx, subscription_id=UUID(int=9))
    assert await picture() == stood
    async with at(LATER) as tx:
        await cancel(tx, subscription_id=subscription.id)
    before = await picture()
    with pytest.raises(WrongState):
        async with at(LATER) as tx:
            await cancel(tx, subscription_id=subscription.id)
    for verb in (cancel, reactivate):
        with pytest.raises(SubscriptionEnded):
            async with at(FEBRUARY) as tx:
                await verb(tx, subscription_id=subscription.id)
    assert await picture() == before
