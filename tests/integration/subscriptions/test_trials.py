"""Trials: what is kept, what the history says, and two orders at the same time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from core.accounts.records import Account
from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from core.subscriptions import repository
from core.subscriptions.extend_trial import extend_trial
from core.subscriptions.lifecycle import WrongState, state_at
from core.subscriptions.order import Order, order
from core.subscriptions.records import Subscription
from core.subscriptions.start_trial import start_trial
from core.subscriptions.subscribe import NewItem, Subscribe
from core.subscriptions.trials import TrialUsed, TrialWish

from .conftest import CATALOGUE, NOW, At, paris, periods, plan_codes, revisions

TRIED = CATALOGUE.replace(
    "  seats: {kind: licence, name: Seats}",
    "  seats: {kind: licence, name: Seats, trial: {days: 30}}",
)
COMMAND = Subscribe(account="client", billing_terms="monthly", items=[NewItem("seats")])


@pytest.fixture
async def tried(at: At, account: Account) -> Subscription:
    """Seats on trial from 10 January at noon, for 30 days."""
    async with at(NOW) as tx:
        await apply_catalogue(tx, load_catalogue(TRIED))
    async with at(NOW) as tx:
        return await start_trial(tx, COMMAND)


async def actions(at: At, subscription: Subscription) -> list[str]:
    """What the account's history says of a subscription, the oldest first."""
    async with at(NOW) as tx:
        rows = await tx.fetch(
            "SELECT action FROM history_entry WHERE tenant_id = $1 AND subject_id = $2"
            " ORDER BY at, id",
            tx.tenant_id,
            subscription.id,
        )
    return [row["action"] for row in rows]


async def test_an_order_after_the_trial_continues_the_same_rows(
    at: At, tried: Subscription
) -> None:
    """Over on 9 February and ordered on the 20th: one item, tried and then bought."""
    ordered = paris(2, 20, 9)
    async with at(ordered) as tx:
        stored = await repository.subscription(tx, tried.id)
        assert stored is not None
        assert state_at(stored.state, ends_at=stored.ends_at, now=ordered) == "trial_over"
        begun = await order(tx, Order(tried.id, price_plan="level-3"))
        assert (begun.id, begun.state, begun.starts_at) == (tried.id, "active", ordered)
        assert (begun.ends_at, begun.trial_until) == (None, NOW + timedelta(days=30))
        assert await repository.subscription(tx, tried.id) == begun
        first, second = await revisions(tx, begun, "seats")
        assert (first.is_trial, first.until_at) == (True, NOW + timedelta(days=30))
        assert (second.is_trial, second.from_at, second.until_at) == (False, ordered, None)
        assert second.item_id == first.item_id
        assert await plan_codes(tx, begun) == [
            ("level-2", NOW, NOW + timedelta(days=30)),
            ("level-3", ordered, None),
        ]
        fees = await periods(tx, begun, "fees")
        assert [one.starts_at for one in fees] == [ordered, paris(3, 1)]
    assert await actions(at, begun) == ["subscription.trial_started", "subscription.ordered"]


async def test_two_orders_at_once_make_one_subscription(at: At, tried: Subscription) -> None:
    """The second one waits for the first, and finds that it is ordered already."""

    async def one() -> Any:
        async with at(paris(1, 20)) as tx:
            return await order(tx, Order(tried.id))

    found = await asyncio.gather(one(), one(), return_exceptions=True)
    assert sorted(type(each).__name__ for each in found) == ["Subscription", "WrongState"]
    refused = next(each for each in found if isinstance(each, WrongState))
    assert "ordered already" in refused.message
    async with at(NOW) as tx:
        assert len(await periods(tx, tried, "fees")) == 2
        assert len(await revisions(tx, tried, "seats")) == 2


async def test_an_account_tries_a_product_once_also_at_the_same_time(
    at: At, tried: Subscription
) -> None:
    """Eight that are given again at once count as one; each of the others is refused."""

    async def again() -> Any:
        async with at(NOW) as tx:
            return await start_trial(tx, COMMAND, wish=TrialWish(again=True))

    with pytest.raises(TrialUsed):
        async with at(NOW) as tx:
            await start_trial(tx, COMMAND)
    found = await asyncio.gather(*(again() for _one in range(8)), return_exceptions=True)
    made = [each for each in found if isinstance(each, Subscription)]
    assert made
    assert all(isinstance(each, Subscription | TrialUsed) for each in found)
    async with at(NOW) as tx:
        numbers = await tx.fetch(
            "SELECT number FROM trial_use WHERE tenant_id = $1 ORDER BY number", tx.tenant_id
        )
        trials = await tx.fetchval(
            "SELECT count(*) FROM subscription WHERE tenant_id = $1", tx.tenant_id
        )
    assert [row["number"] for row in numbers] == list(range(1, len(made) + 2))
    assert trials == len(made) + 1


async def test_a_trial_that_is_over_is_extended_from_now(at: At, tried: Subscription) -> None:
    """Over on 9 February; five days more on the 20th last to the 25th."""
    extended = paris(2, 20, 9)
    async with at(extended) as tx:
        found = await extend_trial(tx, subscription_id=tried.id, days=5)
        assert (found.state, found.trial_until) == ("trial", extended + timedelta(days=5))
        (item,) = await revisions(tx, found, "seats")
        assert (item.is_trial, item.until_at) == (True, found.trial_until)
        assert await periods(tx, found, "fees") == []
    assert (await actions(at, tried))[-1] == "subscription.trial_extended"


async def test_an_order_at_the_very_instant_of_the_trial_has_no_trial_behind_it(
    at: At, tried: Subscription
) -> None:
    """What holds for no time leaves no row; the item keeps its id."""
    async with at(NOW) as tx:
        (before,) = await revisions(tx, tried, "seats")
        begun = await order(tx, Order(tried.id))
        (item,) = await revisions(tx, begun, "seats")
        assert (item.item_id, item.is_trial) == (before.item_id, False)
        assert await plan_codes(tx, begun) == [("level-2", NOW, None)]
