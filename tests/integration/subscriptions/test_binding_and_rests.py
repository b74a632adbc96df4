"""Minimum terms with what ending them early costs, and rests with what they leave out."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from core.billing_cycles.preview import invoice_preview
from core.db import Database
from core.embedded import DatabaseUrls
from core.facts import load_facts
from core.subscriptions.bind import Bind, BindingRefused, bind
from core.subscriptions.cancel import cancel
from core.subscriptions.reactivate import reactivate
from core.subscriptions.records import Subscription
from core.subscriptions.refusals import NotRated
from core.subscriptions.repository import subscription as read
from core.subscriptions.resting_limits import RestingLimit
from core.subscriptions.rests import is_resting
from core.subscriptions.resume import resume
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe
from core.subscriptions.suspend import RestingNotAllowed, Suspend, suspend
from tests.building import FIRST, Shop, open_shop, utc
from tests.tv import CATALOGUE


@pytest.fixture
async def db(module_database: DatabaseUrls) -> AsyncIterator[Database]:
    """The connections of a worker to this module's database."""
    opened = Database(module_database.app, role="worker", pool_size=4)
    yield opened
    await opened.close()


@pytest.fixture
async def tv(db: Database) -> Shop:
    """A pay-TV seller."""
    return await open_shop(db, catalogue=CATALOGUE)


async def on(shop: Shop, terms: str) -> Subscription:
    """Subscribe a new account to Gold at 25.00 a month on 1 January."""
    account = await shop.customer()
    command = Subscribe(
        account=account, billing_terms=terms, items=[NewItem("gold")], price_plan="simple"
    )
    async with shop.at(FIRST) as tx:
        return await subscribe(tx, command)


async def now_stored(shop: Shop, subscription: Subscription) -> Subscription:
    """Return the subscription as stored by now."""
    async with shop.at() as tx:
        found = await read(tx, subscription.id)
    assert found is not None
    return found


async def test_terms_with_a_binding_bind_from_the_start(tv: Shop) -> None:
    """Twelve months from 1 January 2026."""
    stored = await now_stored(tv, await on(tv, "bound"))

    assert (stored.bound_from, stored.bound_until) == (utc(1), utc(1, year=2027))
    assert stored.penalty_product_id is not None


async def test_terms_whose_penalty_the_plan_cannot_price_take_nobody(tv: Shop) -> None:
    """Refused when subscribing, not when leaving; nothing is stored."""
    subscription = await on(tv, "monthly")

    with pytest.raises(NotRated):
        async with tv.at(utc(1, 2)) as tx:
            await bind(tx, Bind(subscription.id, term="year", penalty="unrated"))

    assert (await now_stored(tv, subscription)).bound_until is None


async def test_a_year_paid_in_advance_and_left_early_owes_the_penalty_with_the_next_bill(
    tv: Shop,
) -> None:
    """January's 25 are billed on the 1st; cancelled on the 20th, 60 on 1 February, once."""
    subscription = await on(tv, "bound")
    await tv.close(utc(1))
    async with tv.at(utc(1, 20)) as tx:
        await cancel(tx, subscription_id=subscription.id)
    async with tv.at(utc(1, 21)) as tx:
        preview = await invoice_preview(tx, subscription.id, pricing=tv.pricing)
    assert [line.amount for line in preview.draft.lines] == [60]

    assert await tv.close(utc(2)) == 1
    assert await tv.close(utc(3)) == 0

    assert [one["lines"] for one in await tv.invoices()] == [
        [("fee", "Gold", "25.00")],
        [("one_off", "Leaving early", "60.00")],
    ]


async def test_a_cancellation_that_is_undone_costs_nothing(tv: Shop) -> None:
    """The penalty's item goes again, and the months go on."""
    subscription = await on(tv, "bound")
    await tv.close(utc(1))
    for verb in (cancel, reactivate):
        async with tv.at(utc(1, 20)) as tx:
            await verb(tx, subscription_id=subscription.id)

    await tv.close(utc(2))

    assert [one["lines"] for one in await tv.invoices()] == [[("fee", "Gold", "25.00")]] * 2


async def test_a_binding_is_extended_and_never_shortened(tv: Shop) -> None:
    """Until 1 March 2027 by a later day; not back to 1 February 2027."""
    subscription = await on(tv, "bound")
    async with tv.at(utc(1, 5)) as tx:
        await bind(tx, Bind(subscription.id, until=utc(3, year=2027)))

    for refused in (
        Bind(subscription.id, until=utc(2, year=2027)),
        Bind(subscription.id),
        Bind(subscription.id, until=utc(3, year=2028), term="year"),
        Bind(subscription.id, until=utc(1, 2)),
    ):
        with pytest.raises(BindingRefused):
            async with tv.at(utc(1, 6)) as tx:
                await bind(tx, refused)

    stored = await now_stored(tv, subscription)
    assert (stored.bound_from, stored.bound_until) == (utc(1), utc(3, year=2027))


async def test_days_billed_in_advance_stay_billed_and_later_ones_are_not_owed(
    tv: Shop,
) -> None:
    """Rested from 10 January: January stays 25; of February 14 of 28 days, once resumed."""
    subscription = await on(tv, "advance")
    await tv.close(utc(1))
    async with tv.at(utc(1, 10)) as tx:
        await suspend(tx, Suspend(subscription.id))

    assert await tv.close(utc(2)) == 0
    async with tv.at(utc(2, 15)) as tx:
        await resume(tx, subscription_id=subscription.id)
    assert await tv.close(utc(3)) == 1

    assert [one["lines"] for one in await tv.invoices()] == [
        [("fee", "Gold", "25.00")],
        [("fee", "Gold", "12.50"), ("fee", "Gold", "25.00")],
    ]


async def test_a_rest_holds_by_itself_from_its_beginning_to_its_end(tv: Shop) -> None:
    """Agreed on 1 January for the 10th to the 20th; half-open, and nothing stores it."""
    subscription = await on(tv, "monthly")
    async with tv.at(utc(1)) as tx:
        await suspend(tx, Suspend(subscription.id, from_at=utc(1, 10), until_at=utc(1, 20)))
        held = [
            day
            for day in (1, 9, 10, 19, 20)
            if await is_resting(tx, [subscription.id], utc(1, day))
        ]
        told = []
        for day in (9, 10):
            at = {subscription.account_id: utc(1, day)}
            facts = await load_facts(tx, subscription_ids=[subscription.id], at=at)
            told.append(facts.of_subscription(subscription.id)["subscription"]["state"])
    assert held == [10, 19]
    assert told == ["active", "suspended"]  # conditions see it too
    assert (await now_stored(tv, subscription)).state == "active"


async def test_a_rest_moves_the_end_of_a_binding_by_its_days(tv: Shop) -> None:
    """Ten days more; resumed after four of them, four days more; withdrawn, none."""
    subscription = await on(tv, "monthly")
    async with tv.at(utc(1)) as tx:
        await bind(tx, Bind(subscription.id, until=utc(6)))
        await suspend(tx, Suspend(subscription.id, from_at=utc(1, 10), until_at=utc(1, 20)))
    assert (await now_stored(tv, subscription)).bound_until == utc(6, 11)
    async with tv.at(utc(1, 14)) as tx:
        await resume(tx, subscription_id=subscription.id)
    assert (await now_stored(tv, subscription)).bound_until == utc(6, 5)

    async with tv.at(utc(2)) as tx:
        await suspend(tx, Suspend(subscription.id, from_at=utc(2, 10), until_at=utc(2, 20)))
        await resume(tx, subscription_id=subscription.id)
    assert (await now_stored(tv, subscription)).bound_until == utc(6, 5)


async def test_limits_count_days_over_the_rests_of_a_year(tv: Shop) -> None:
    """Thirty days and two times: 20 days leave 10; an open rest takes them; a third is refused,
    and in the second year of the subscription there are thirty again.
    """
    subscription = await on(tv, "monthly")
    async with tv.at(utc(1)) as tx:
        await suspend(tx, Suspend(subscription.id, from_at=utc(2), until_at=utc(2, 21)))
    with pytest.raises(RestingLimit):
        async with tv.at(utc(1)) as tx:
            await suspend(tx, Suspend(subscription.id, from_at=utc(3), until_at=utc(3, 12)))
    async with tv.at(utc(1)) as tx:
        rest = await suspend(tx, Suspend(subscription.id, from_at=utc(3)))
    assert rest.until_at == utc(3, 11)
    with pytest.raises(RestingLimit):
        async with tv.at(utc(1)) as tx:
            await suspend(tx, Suspend(subscription.id, from_at=utc(5), until_at=utc(5, 2)))
    next_year = Suspend(
        subscription.id, from_at=utc(1, year=2027), until_at=utc(1, 31, year=2027)
    )
    async with tv.at(utc(1)) as tx:
        await suspend(tx, next_year)
    assert len(await tv.rows("SELECT id FROM subscription_rest WHERE tenant_id = $1")) == 3


async def test_terms_without_rests_allow_none(tv: Shop) -> None:
    """Nothing is stored."""
    subscription = await on(tv, "later")

    with pytest.raises(RestingNotAllowed):
        async with tv.at(utc(1, 2)) as tx:
            await suspend(tx, Suspend(subscription.id))

    assert await tv.rows("SELECT id FROM subscription_rest WHERE tenant_id = $1") == []
