"""A level changes from the first of the next month; the last choice before it wins."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from core.accounts.records import Account
from core.catalogue.apply import apply_catalogue
from core.catalogue.errors import CatalogueEntryUnknown
from core.catalogue.yaml_source import load_catalogue
from core.kernel.errors import Refusal
from core.kernel.money import CurrencyMismatch
from core.subscriptions.add_item import add_item
from core.subscriptions.cancel import cancel
from core.subscriptions.change_plan import change_plan
from core.subscriptions.lifecycle import SubscriptionEnded, WrongState
from core.subscriptions.records import Subscription
from core.subscriptions.refusals import (
    NoLongerOffered,
    NothingToChange,
    NotRated,
    OtherFamily,
    PlanNotAllowed,
    SubscriptionNotFound,
)
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe

from .conftest import CATALOGUE, FEBRUARY, MARCH, NOW, OPENED, At, Picture, paris, plan_codes

LATER = paris(1, 20, 9)


async def choose(at: At, now: datetime, subscription: Subscription, plan: str) -> None:
    """Choose a plan at an instant, in a transaction of its own."""
    async with at(now) as tx:
        await change_plan(tx, subscription_id=subscription.id, price_plan=plan)


async def plans(at: At, subscription: Subscription) -> list[tuple[object, ...]]:
    """The phases of the subscription by plan."""
    async with at(NOW) as tx:
        return await plan_codes(tx, subscription)


async def test_a_level_holds_from_the_first_of_the_next_month(
    at: At, subscription: Subscription
) -> None:
    """Chosen on 20 January: level 2 to the end of the month, level 3 from February on."""
    await choose(at, LATER, subscription, "level-3")
    assert await plans(at, subscription) == [
        ("level-2", NOW, FEBRUARY),
        ("level-3", FEBRUARY, None),
    ]
    async with at(LATER) as tx:
        details = await tx.fetchval(
            "SELECT details FROM history_entry WHERE action = 'subscription.plan_changed'"
        )
    assert (details["before"], details["pricePlan"]) == ("level-2", "level-3")


async def test_the_last_choice_before_the_month_s_end_wins(
    at: At, subscription: Subscription
) -> None:
    """Level 3, then level 4 an hour before midnight: February begins with level 4."""
    await choose(at, LATER, subscription, "level-3")
    await choose(at, FEBRUARY - timedelta(hours=1), subscription, "level-4")
    assert await plans(at, subscription) == [
        ("level-2", NOW, FEBRUARY),
        ("level-4", FEBRUARY, None),
    ]


async def test_a_choice_on_the_first_acts_a_month_later(
    at: At, subscription: Subscription
) -> None:
    """Midnight belongs to February: what is chosen then holds from March."""
    await choose(at, LATER, subscription, "level-3")
    await choose(at, FEBRUARY, subscription, "level-4")
    assert await plans(at, subscription) == [
        ("level-2", NOW, FEBRUARY),
        ("level-3", FEBRUARY, MARCH),
        ("level-4", MARCH, None),
    ]


async def test_choosing_the_present_level_withdraws_the_change(
    at: At, subscription: Subscription
) -> None:
    """Level 3 was chosen, then level 2 again: nothing changes in February."""
    await choose(at, LATER, subscription, "level-3")
    await choose(at, LATER, subscription, "level-2")
    assert await plans(at, subscription) == [("level-2", NOW, None)]


async def test_choosing_the_present_level_moves_to_its_newer_version(
    at: At, subscription: Subscription
) -> None:
    """Seats cost 26 instead of 25 since 20 January: moved, it pays that from February on."""
    async with at(LATER) as tx:
        dearer = CATALOGUE.replace("seats: {base: 25}", "seats: {base: 26}")
        await apply_catalogue(tx, load_catalogue(dearer))
    await choose(at, LATER, subscription, "level-2")
    with pytest.raises(NothingToChange):
        await choose(at, LATER, subscription, "level-2")
    assert await plans(at, subscription) == [
        ("level-2", NOW, FEBRUARY),
        ("level-2", FEBRUARY, None),
    ]
    async with at(LATER) as tx:
        versions = await tx.fetch(
            "SELECT v.number FROM subscription_phase p JOIN price_plan_version v"
            " ON v.tenant_id = p.tenant_id AND v.id = p.price_plan_version_id"
            " ORDER BY p.from_at"
        )
    assert [row["number"] for row in versions] == [1, 2]


async def test_before_the_start_the_plan_itself_is_another(at: At, account: Account) -> None:
    """Ordered for 15 February with level 2, changed before: it begins with level 3."""
    start = paris(2, 15)
    async with at(NOW) as tx:
        begun = await subscribe(
            tx,
            Subscribe(
                account=account.id,
                billing_terms="monthly",
                items=[NewItem("seats", Decimal(5))],
                starts_at=start,
            ),
        )
    await choose(at, LATER, begun, "level-3")
    assert await plans(at, begun) == [("level-3", start, None)]


async def test_a_plan_changes_where_fees_and_usage_begin_together(
    at: At, account: Account
) -> None:
    """Usage by the quarter: chosen on 20 January, it holds from 1 April (in summer time)."""
    async with at(OPENED) as tx:
        begun = await subscribe(
            tx,
            Subscribe(
                account=account.id,
                billing_terms="quarterly-usage",
                price_plan="level-2",
                items=[NewItem("email")],
            ),
        )
    await choose(at, LATER, begun, "level-3")
    april = paris(3, 31, 23)
    assert await plans(at, begun) == [("level-2", OPENED, april), ("level-3", april, None)]


@pytest.mark.parametrize(
    ("plan", "refusal"),
    [
        ("none", CatalogueEntryUnknown),
        ("level-2", NothingToChange),
        ("gone", NoLongerOffered),
        ("unlisted", PlanNotAllowed),
        ("dollars", CurrencyMismatch),
        ("elsewhere", OtherFamily),
    ],
)
async def test_a_plan_that_cannot_be_chosen_is_refused(
    at: At, subscription: Subscription, picture: Picture, plan: str, *, refusal: type[Refusal]
) -> None:
    """A row per fault; the phases stay as they are."""
    before = await picture()
    with pytest.raises(refusal):
        await choose(at, LATER, subscription, plan)
    assert await picture() == before


async def test_every_item_must_be_rated_by_the_chosen_plan(
    at: At, subscription: Subscription, picture: Picture
) -> None:
    """Level 3 has no rate for a product that the subscription holds."""
    async with at(LATER) as tx:
        await add_item(tx, subscription_id=subscription.id, product="level-2-only")
    before = await picture()
    with pytest.raises(NotRated):
        await choose(at, LATER, subscription, "level-3")
    assert await picture() == before


async def test_no_plan_is_chosen_for_a_time_that_does_not_come(
    at: At, subscription: Subscription, picture: Picture
) -> None:
    """Renewal is off, then the subscription has ended; an unknown one is no one's."""
    async with at(LATER) as tx:
        await cancel(tx, subscription_id=subscription.id)
    before = await picture()
    with pytest.raises(WrongState):
        await choose(at, LATER, subscription, "level-3")
    with pytest.raises(SubscriptionEnded):
        await choose(at, FEBRUARY, subscription, "level-3")
    with pytest.raises(SubscriptionNotFound):
        async with at(LATER) as tx:
            await change_plan(tx, subscription_id=UUID(int=9), price_plan="level-3")
    assert await picture() == before


async def test_two_choices_at_once_leave_one_phase(at: At, subscription: Subscription) -> None:
    """Each waits for the other's lock: the phases never overlap, and the last one holds."""
    await asyncio.gather(
        *(choose(at, LATER, subscription, plan) for plan in ("level-3", "level-4"))
    )
    first, second = await plans(at, subscription)
    assert first == ("level-2", NOW, FEBRUARY)
    assert second in [("level-3", FEBRUARY, None), ("level-4", FEBRUARY, None)]
    async with at(LATER) as tx:
        chosen = await tx.fetch(
            "SELECT details->>'pricePlan' AS plan FROM history_entry"
            " WHERE action = 'subscription.plan_changed'"
        )
    assert {row["plan"] for row in chosen} == {"level-3", "level-4"}
