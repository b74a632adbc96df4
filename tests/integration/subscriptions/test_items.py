"""Items come now, grow now, and shrink or end with the period."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from core.accounts.records import Account
from core.catalogue.errors import CatalogueEntryUnknown
from core.db import Tx
from core.kernel.errors import Refusal
from core.subscriptions.add_item import add_item
from core.subscriptions.cancel import cancel
from core.subscriptions.change_plan import change_plan
from core.subscriptions.change_quantity import change_quantity
from core.subscriptions.end_item import end_item
from core.subscriptions.lifecycle import SubscriptionEnded, WrongState
from core.subscriptions.records import Subscription
from core.subscriptions.refusals import (
    InvalidQuantity,
    ItemAlreadyThere,
    ItemNotFound,
    NoLongerOffered,
    NothingToChange,
    NotRated,
    SubscriptionNotFound,
)
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe

from .conftest import FEBRUARY, MARCH, NOW, At, Picture, item, paris, revisions

LATER = paris(1, 20, 9)
Course = list[tuple[Decimal, datetime, datetime | None]]


async def course(at: At, subscription: Subscription, product: str) -> Course:
    """The quantities of an item, from when and until when."""
    async with at(NOW) as tx:
        found = await revisions(tx, subscription, product)
    return [(one.quantity, one.from_at, one.until_at) for one in found]


async def test_an_item_is_added_from_now_on(at: At, subscription: Subscription) -> None:
    """Support from 20 January at nine; the history says so."""
    async with at(LATER) as tx:
        added = await add_item(tx, subscription_id=subscription.id, product="support")
        action = await tx.fetchval(
            "SELECT details->>'product' FROM history_entry WHERE action = $1",
            "subscription.item_added",
        )
    assert action == "support"
    assert await course(at, subscription, "support") == [(1, LATER, None)]
    assert added.revision == 1


@pytest.mark.parametrize(
    ("product", "quantity", "refusal"),
    [
        ("none", "1", CatalogueEntryUnknown),
        ("old", "1", NoLongerOffered),
        ("training", "1", NotRated),
        ("support", "0", InvalidQuantity),
        ("support", "Infinity", InvalidQuantity),
        ("unpriced", "1", NotRated),
        ("seats", "1", ItemAlreadyThere),
        ("email-too", "1", ItemAlreadyThere),
    ],
)
async def test_an_item_that_cannot_be_added_is_refused(
    at: At,
    subscription: Subscription,
    picture: Picture,
    product: str,
    *,
    quantity: str,
    refusal: type[Refusal],
) -> None:
    """A row per fault; nothing is stored."""
    before = await picture()
    with pytest.raises(refusal):
        async with at(LATER) as tx:
            await add_item(
                tx,
                subscription_id=subscription.id,
                product=product,
                quantity=Decimal(quantity),
            )
    assert await picture() == before


async def test_what_is_sold_once_can_be_added_again_and_again(
    at: At, subscription: Subscription
) -> None:
    """Two set-ups on one day: two items of a moment each, and each is billed once."""
    async with at(LATER) as tx:
        first = await add_item(tx, subscription_id=subscription.id, product="setup")
        second = await add_item(tx, subscription_id=subscription.id, product="setup")
    moment = timedelta(microseconds=1)
    assert first.item_id != second.item_id
    assert await course(at, subscription, "setup") == [
        (1, LATER, LATER + moment),
        (1, LATER, LATER + moment),
    ]


async def test_an_added_item_must_be_rated_by_the_plan_chosen_for_later_too(
    at: At, subscription: Subscription, picture: Picture
) -> None:
    """Level 3 holds from February and lacks the product."""
    async with at(LATER) as tx:
        await change_plan(tx, subscription_id=subscription.id, price_plan="level-3")
    before = await picture()
    with pytest.raises(NotRated):
        async with at(LATER) as tx:
            await add_item(tx, subscription_id=subscription.id, product="level-2-only")
    assert await picture() == before


async def test_more_seats_act_now(at: At, subscription: Subscription) -> None:
    """5 from 10 January, 8 from the 20th: two slices of the month."""
    async with at(LATER) as tx:
        seats = await item(tx, subscription, "seats")
        await change_quantity(tx, item_id=seats.item_id, quantity=Decimal(8))
    assert await course(at, subscription, "seats") == [(5, NOW, LATER), (8, LATER, None)]


async def test_fewer_seats_act_with_the_next_period(at: At, subscription: Subscription) -> None:
    """5 to the end of January, 3 from 1 February."""
    async with at(LATER) as tx:
        seats = await item(tx, subscription, "seats")
        await change_quantity(tx, item_id=seats.item_id, quantity=Decimal(3))
    assert await course(at, subscription, "seats") == [(5, NOW, FEBRUARY), (3, FEBRUARY, None)]


async def test_the_last_choice_of_a_quantity_wins(at: At, subscription: Subscription) -> None:
    """Fewer, then fewer still, then more: what had not begun is gone."""
    async with at(LATER) as tx:
        seats = await item(tx, subscription, "seats")
        await change_quantity(tx, item_id=seats.item_id, quantity=Decimal(3))
        await change_quantity(tx, item_id=seats.item_id, quantity=Decimal(2))
    assert await course(at, subscription, "seats") == [(5, NOW, FEBRUARY), (2, FEBRUARY, None)]
    async with at(LATER) as tx:
        await change_quantity(tx, item_id=seats.item_id, quantity=Decimal(6))
    assert await course(at, subscription, "seats") == [(5, NOW, LATER), (6, LATER, None)]


async def test_choosing_the_present_quantity_withdraws_the_change(
    at: At, subscription: Subscription
) -> None:
    """3 from February, then 5 again: the first revision goes on."""
    async with at(LATER) as tx:
        seats = await item(tx, subscription, "seats")
        await change_quantity(tx, item_id=seats.item_id, quantity=Decimal(3))
        await change_quantity(tx, item_id=seats.item_id, quantity=Decimal(5))
    assert await course(at, subscription, "seats") == [(5, NOW, None)]


async def test_two_changes_at_one_instant_leave_the_second(
    at: At, subscription: Subscription
) -> None:
    """A revision that would hold for no time is not kept."""
    async with at(LATER) as tx:
        seats = await item(tx, subscription, "seats")
        await change_quantity(tx, item_id=seats.item_id, quantity=Decimal(6))
        await change_quantity(tx, item_id=seats.item_id, quantity=Decimal(7))
    assert await course(at, subscription, "seats") == [(5, NOW, LATER), (7, LATER, None)]


async def test_before_the_start_any_quantity_acts_from_it(at: At, account: Account) -> None:
    """Ordered in January for 15 February: 5 become 2, from the start on."""
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
        seats = await item(tx, begun, "seats")
        await change_quantity(tx, item_id=seats.item_id, quantity=Decimal(2))
    assert await course(at, begun, "seats") == [(2, start, None)]


@pytest.mark.parametrize(
    ("product", "quantity", "refusal"),
    [
        ("seats", "0", InvalidQuantity),
        ("seats", "NaN", InvalidQuantity),
        ("seats", "5", NothingToChange),
        ("email", "2", InvalidQuantity),
        ("package", "7", InvalidQuantity),
    ],
)
async def test_a_quantity_that_cannot_be_is_refused(
    at: At,
    subscription: Subscription,
    picture: Picture,
    product: str,
    *,
    quantity: str,
    refusal: type[Refusal],
) -> None:
    """Measured products have none of their own; the present one is no change."""
    before = await picture()
    with pytest.raises(refusal):
        async with at(LATER) as tx:
            found = await item(tx, subscription, product)
            await change_quantity(tx, item_id=found.item_id, quantity=Decimal(quantity))
    assert await picture() == before


async def test_what_is_invoiced_in_advance_may_grow_behind_its_invoice(
    at: At, subscription: Subscription
) -> None:
    """The seats of January are charged until 1 February: more of them is a layer on top."""
    async with at(NOW) as tx:
        seats = await item(tx, subscription, "seats")
        await _charge(tx, seats.item_id, subscription, until=FEBRUARY)
    async with at(LATER) as tx:
        await change_quantity(tx, item_id=seats.item_id, quantity=Decimal(8))
    assert await course(at, subscription, "seats") == [(5, NOW, LATER), (8, LATER, None)]


async def test_more_at_the_instant_of_the_start_keeps_the_row_that_is_charged(
    at: At, subscription: Subscription
) -> None:
    """A charged revision is never removed: what it charged is read with it."""
    async with at(NOW) as tx:
        seats = await item(tx, subscription, "seats")
        await _charge(tx, seats.item_id, subscription, until=FEBRUARY)
        changed = await change_quantity(tx, item_id=seats.item_id, quantity=Decimal(8))
    assert changed.revision == seats.revision
    assert await course(at, subscription, "seats") == [(8, NOW, None)]


async def _charge(
    tx: Tx, item_id: UUID, subscription: Subscription, *, until: datetime
) -> None:
    """Store an invoice of 125.00 and the fee slice that it charges."""
    invoice_id, tenant_id = UUID(int=7), tx.tenant_id
    await tx.execute(
        "INSERT INTO invoice (tenant_id, id, account_id, kind, currency, tax_mode, issue_date,"
        " due_at, net, tax, total, total_minor, taxes, parties, line_count, digest, created_at)"
        " VALUES ($1, $2, $3, 'invoice', 'EUR', 'exclusive', '2026-01-10', $4, 125, 0, 125,"
        " 12500, '[]', '{}', 1, '', $4)",
        tenant_id,
        invoice_id,
        subscription.account_id,
        NOW,
    )
    await tx.execute(
        "INSERT INTO fee_slice (tenant_id, item_id, revision, kind, from_at, until_at,"
        " subscription_id, period_id, price_plan_version_id, quantity, amount, invoice_id)"
        " VALUES ($1, $2, 1, 'fee', $3, $4, $5, $6, $6, 5, 125, $6)",
        tenant_id,
        item_id,
        NOW,
        until,
        subscription.id,
        invoice_id,
    )


async def test_an_item_ends_with_the_period(at: At, subscription: Subscription) -> None:
    """A choice of fewer is dropped with it; ending it twice is refused."""
    async with at(LATER) as tx:
        seats = await item(tx, subscription, "seats")
        await change_quantity(tx, item_id=seats.item_id, quantity=Decimal(3))
        assert await end_item(tx, item_id=seats.item_id) == FEBRUARY
    assert await course(at, subscription, "seats") == [(5, NOW, FEBRUARY)]
    with pytest.raises(NothingToChange):
        async with at(LATER) as tx:
            await end_item(tx, item_id=seats.item_id)
    with pytest.raises(ItemNotFound):
        async with at(FEBRUARY) as tx:
            await end_item(tx, item_id=seats.item_id)


async def test_an_item_that_ends_may_grow_until_then_but_not_shrink(
    at: At, subscription: Subscription
) -> None:
    """There is no period in which fewer could act."""
    async with at(LATER) as tx:
        seats = await item(tx, subscription, "seats")
        await end_item(tx, item_id=seats.item_id)
        await change_quantity(tx, item_id=seats.item_id, quantity=Decimal(6))
    assert await course(at, subscription, "seats") == [(5, NOW, LATER), (6, LATER, FEBRUARY)]
    with pytest.raises(WrongState):
        async with at(LATER + timedelta(days=1)) as tx:
            await change_quantity(tx, item_id=seats.item_id, quantity=Decimal(4))


async def test_a_product_may_come_again_when_its_item_has_ended(
    at: At, subscription: Subscription
) -> None:
    """The second item is one of its own, from the day it is added."""
    async with at(LATER) as tx:
        await end_item(tx, item_id=(await item(tx, subscription, "seats")).item_id)
    async with at(MARCH) as tx:
        again = await add_item(tx, subscription_id=subscription.id, product="seats")
    assert again.from_at == MARCH


async def test_unknown_items_and_subscriptions_are_refused(
    at: At, subscription: Subscription, picture: Picture
) -> None:
    """Another tenant's id answers just like one that does not exist."""
    before, unknown = await picture(), UUID(int=9)
    with pytest.raises(ItemNotFound):
        async with at(LATER) as tx:
            await end_item(tx, item_id=unknown)
    with pytest.raises(ItemNotFound):
        async with at(LATER) as tx:
            await change_quantity(tx, item_id=unknown, quantity=Decimal(1))
    with pytest.raises(SubscriptionNotFound):
        async with at(LATER) as tx:
            await add_item(tx, subscription_id=unknown, product="support")
    assert await picture() == before


async def test_an_ended_subscription_takes_no_change(
    at: At, subscription: Subscription, picture: Picture
) -> None:
    """Cancelled in January, it has ended on 1 February, stored or not."""
    async with at(LATER) as tx:
        seats = await item(tx, subscription, "seats")
        await cancel(tx, subscription_id=subscription.id)
    before = await picture()
    with pytest.raises(SubscriptionEnded):
        async with at(FEBRUARY) as tx:
            await add_item(tx, subscription_id=subscription.id, product="support")
    with pytest.raises(SubscriptionEnded):
        async with at(FEBRUARY) as tx:
            await change_quantity(tx, item_id=seats.item_id, quantity=Decimal(9))
    assert await picture() == before
