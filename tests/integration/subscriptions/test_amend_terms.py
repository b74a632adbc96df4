"""Amended terms act from a date, inside a period too: the period is cut there."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.accounts.records import Account
from core.billing_cycles.preview import invoice_preview
from core.billing_cycles.pricing import Pricing
from core.catalogue.apply import apply_catalogue
from core.catalogue.errors import CatalogueEntryUnknown
from core.catalogue.yaml_source import load_catalogue
from core.kernel.errors import Refusal
from core.kernel.money import CurrencyMismatch
from core.subscriptions.add_item import add_item
from core.subscriptions.amend_terms import amend_terms
from core.subscriptions.cancel import cancel
from core.subscriptions.change_plan import change_plan
from core.subscriptions.lifecycle import SubscriptionEnded, WrongState
from core.subscriptions.reactivate import reactivate
from core.subscriptions.records import Subscription
from core.subscriptions.refusals import (
    AmendmentAhead,
    AmendmentDateRefused,
    NoLongerOffered,
    NothingToChange,
    NotRated,
    PlanNotAllowed,
    SubscriptionNotFound,
)
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe

from .conftest import (
    CATALOGUE,
    FEBRUARY,
    MARCH,
    NOW,
    OPENED,
    At,
    Picture,
    paris,
    periods,
    plan_codes,
)

LATER = paris(1, 20, 9)


async def amend(at: At, now: datetime, subscription: Subscription, **asked: Any) -> None:
    """Amend at an instant, in a transaction of its own."""
    async with at(now) as tx:
        await amend_terms(tx, subscription_id=subscription.id, **asked)


async def slices(at: At, subscription: Subscription, stream: str) -> list[tuple[Any, ...]]:
    """From when until when each period of a stream runs, its whole, and when it is due."""
    async with at(NOW) as tx:
        found = await periods(tx, subscription, stream)
    return [
        (one.starts_at, one.ends_at, one.whole_starts_at, one.whole_ends_at, one.due_at)
        for one in found
    ]


async def test_a_plan_of_another_family_holds_from_now_on(
    at: At, subscription: Subscription
) -> None:
    """At nine on 20 January: both streams are cut there, and remember the whole month."""
    await amend(at, LATER, subscription, price_plan="elsewhere")
    async with at(NOW) as tx:
        assert await plan_codes(tx, subscription) == [
            ("level-2", NOW, LATER),
            ("elsewhere", LATER, None),
        ]
    cut = [
        (NOW, LATER, OPENED, FEBRUARY, LATER),
        (LATER, FEBRUARY, OPENED, FEBRUARY, FEBRUARY),
        (FEBRUARY, MARCH, FEBRUARY, MARCH, MARCH),
    ]
    assert await slices(at, subscription, "fees") == cut
    assert await slices(at, subscription, "usage") == cut


async def test_the_history_tells_what_was_amended(at: At, subscription: Subscription) -> None:
    """Both plans, both terms, and from when."""
    await amend(at, LATER, subscription, price_plan="elsewhere")
    async with at(LATER) as tx:
        details = await tx.fetchval(
            "SELECT details FROM history_entry WHERE action = 'subscription.terms_amended'"
        )
    assert details == {
        "before": "level-2",
        "pricePlan": "elsewhere",
        "billingTermsBefore": "monthly",
        "billingTerms": "monthly",
        "from": LATER.isoformat(),
    }


async def test_fees_count_whole_days_and_the_day_of_the_change_is_the_new_plan_s(
    at: At, subscription: Subscription
) -> None:
    """5 seats, 25.00 for 10 days of January from the 10th, 20.00 for the 12 from the 20th.

    125 x 10/31 = 40.3226; 100 x 12/31 = 38.7097.
    """
    await amend(at, LATER, subscription, price_plan="elsewhere")
    seats = []
    async with at(LATER) as tx:
        for due_at in (LATER, FEBRUARY):
            drafted = await invoice_preview(
                tx, subscription.id, pricing=Pricing(), due_at=due_at
            )
            seats += [
                line.amount for line in drafted.draft.lines if line.description == "Seats"
            ]
    assert seats == [Decimal("40.32"), Decimal("38.71")]


async def test_an_amendment_may_be_dated_ahead(at: At, subscription: Subscription) -> None:
    """From 10 March, chosen in January: January to 9 March go on as they were."""
    march = paris(3, 10)
    await amend(at, LATER, subscription, price_plan="level-4", from_at=march)
    april = paris(3, 31, 23)
    assert [row[:2] for row in await slices(at, subscription, "fees")] == [
        (NOW, FEBRUARY),
        (FEBRUARY, MARCH),
        (MARCH, march),
        (march, april),
        (april, paris(4, 30, 23)),
    ]


async def test_other_terms_plan_the_periods_behind_the_cut(
    at: At, subscription: Subscription
) -> None:
    """From arrears to advance on 20 January: the rest of the month is due at once."""
    await amend(at, LATER, subscription, billing_terms="advance", price_plan="level-3")
    assert await slices(at, subscription, "fees") == [
        (NOW, LATER, OPENED, FEBRUARY, LATER),
        (LATER, FEBRUARY, OPENED, FEBRUARY, LATER),
        (FEBRUARY, MARCH, FEBRUARY, MARCH, FEBRUARY),
    ]


async def test_a_month_becomes_a_year_counted_from_the_start(
    at: At, subscription: Subscription
) -> None:
    """By the year on the anniversary: the first one has begun on 10 January."""
    await amend(at, LATER, subscription, billing_terms="yearly")
    tenth, next_tenth = paris(1, 10), paris(1, 10, year=2027)
    assert (await slices(at, subscription, "fees"))[:2] == [
        (NOW, LATER, OPENED, FEBRUARY, LATER),
        (LATER, next_tenth, tenth, next_tenth, LATER),
    ]
    assert [row[:2] for row in await slices(at, subscription, "usage")] == [
        (NOW, LATER),
        (LATER, paris(2, 10)),
        (paris(2, 10), paris(3, 10)),
    ]


async def test_terms_changed_back_at_once_leave_the_old_periods(
    at: At, subscription: Subscription
) -> None:
    """By the year, and in the same instant by the month again: only the cut remains."""
    await amend(at, LATER, subscription, billing_terms="yearly")
    await amend(at, LATER, subscription, billing_terms="monthly")
    assert [row[:2] for row in await slices(at, subscription, "usage")][:3] == [
        (NOW, LATER),
        (LATER, FEBRUARY),
        (FEBRUARY, MARCH),
    ]


async def test_naming_the_present_terms_moves_to_their_newer_version(
    at: At, subscription: Subscription
) -> None:
    """A version that allows one more plan: the subscriber keeps the plan it has."""
    async with at(LATER) as tx:
        wider = CATALOGUE.replace("dollars, later]", "dollars, later, unlisted]")
        await apply_catalogue(tx, load_catalogue(wider))
    with pytest.raises(PlanNotAllowed):
        await amend(at, LATER, subscription, price_plan="unlisted")
    await amend(at, LATER, subscription, billing_terms="monthly")
    async with at(NOW) as tx:
        assert [row[0] for row in await plan_codes(tx, subscription)] == ["level-2", "level-2"]
    await amend(at, paris(1, 21), subscription, price_plan="unlisted")


async def test_a_later_choice_replaces_an_amendment_that_has_not_begun(
    at: At, subscription: Subscription
) -> None:
    """Level 3 from 10 February, then level 4 from the 5th: level 3 never begins."""
    await amend(at, LATER, subscription, price_plan="level-3", from_at=paris(2, 10))
    await amend(at, LATER, subscription, price_plan="level-4", from_at=paris(2, 5))
    async with at(NOW) as tx:
        assert await plan_codes(tx, subscription) == [
            ("level-2", NOW, paris(2, 5)),
            ("level-4", paris(2, 5), None),
        ]
    assert [row[:2] for row in await slices(at, subscription, "usage")][:4] == [
        (NOW, FEBRUARY),
        (FEBRUARY, paris(2, 5)),
        (paris(2, 5), MARCH),
        (MARCH, paris(3, 31, 23)),
    ]


async def test_a_level_is_not_chosen_around_an_amendment(
    at: At, subscription: Subscription, picture: Picture
) -> None:
    """Its period is cut for 10 February already; that is where to change it."""
    await amend(at, LATER, subscription, price_plan="elsewhere", from_at=paris(1, 25))
    before = await picture()
    async with at(LATER) as tx:
        with pytest.raises(AmendmentAhead):
            await change_plan(tx, subscription_id=subscription.id, price_plan="level-3")
    assert await picture() == before


async def test_fees_billed_in_advance_stay_until_their_end(at: At, account: Account) -> None:
    """January is billed: fees change with February, usage on the day itself."""
    async with at(NOW) as tx:
        begun = await subscribe(
            tx,
            Subscribe(
                account=account.id,
                billing_terms="advance",
                price_plan="level-2",
                items=[NewItem("seats", Decimal(5)), NewItem("email")],
            ),
        )
        await tx.execute(
            "UPDATE billing_period SET state = 'billed', run_id = $1 WHERE stream = 'fees'"
            " AND due_at <= $2",
            UUID(int=1),
            NOW,
        )
    await amend(at, LATER, begun, price_plan="level-3")
    assert [row[:2] for row in await slices(at, begun, "fees")] == [
        (NOW, FEBRUARY),
        (FEBRUARY, MARCH),
        (MARCH, paris(3, 31, 23)),
    ]
    assert [row[:2] for row in await slices(at, begun, "usage")] == [
        (NOW, LATER),
        (LATER, FEBRUARY),
        (FEBRUARY, MARCH),
    ]


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ({"price_plan": "none"}, CatalogueEntryUnknown),
        ({"billing_terms": "none"}, CatalogueEntryUnknown),
        ({"price_plan": "level-2"}, NothingToChange),
        ({"billing_terms": "monthly"}, NothingToChange),
        ({}, NothingToChange),
        ({"price_plan": "gone"}, NoLongerOffered),
        ({"billing_terms": "old-terms"}, NoLongerOffered),
        ({"price_plan": "unlisted"}, PlanNotAllowed),
        ({"price_plan": "level-4", "billing_terms": "advance"}, PlanNotAllowed),
        ({"price_plan": "dollars"}, CurrencyMismatch),
        ({"price_plan": "level-3", "from_at": NOW - timedelta(days=1)}, AmendmentDateRefused),
        ({"price_plan": "level-3", "from_at": paris(1, 22, year=2027)}, AmendmentDateRefused),
    ],
)
async def test_what_cannot_be_amended_is_refused(
    at: At,
    subscription: Subscription,
    picture: Picture,
    asked: dict[str, Any],
    *,
    refusal: type[Refusal],
) -> None:
    """A row per fault; phases and periods stay as they are."""
    before = await picture()
    with pytest.raises(refusal):
        await amend(at, LATER, subscription, **asked)
    assert await picture() == before


async def test_every_item_must_be_rated_by_the_plan(
    at: At, subscription: Subscription, picture: Picture
) -> None:
    """Level 3 has no rate for a product that the subscription holds."""
    async with at(LATER) as tx:
        await add_item(tx, subscription_id=subscription.id, product="level-2-only")
    before = await picture()
    with pytest.raises(NotRated):
        await amend(at, LATER, subscription, price_plan="level-3")
    assert await picture() == before


async def test_time_that_is_billed_keeps_its_terms(
    at: At, subscription: Subscription, picture: Picture
) -> None:
    """January is being billed: an amendment acts from February on at the earliest."""
    async with at(FEBRUARY) as tx:
        await tx.execute(
            "UPDATE billing_period SET state = 'frozen', run_id = $1 WHERE due_at <= $2",
            UUID(int=1),
            FEBRUARY,
        )
    before = await picture()
    with pytest.raises(AmendmentDateRefused):
        await amend(at, FEBRUARY, subscription, price_plan="level-3", from_at=LATER)
    assert await picture() == before
    await amend(at, paris(2, 2), subscription, price_plan="level-3", from_at=FEBRUARY)


async def test_only_what_goes_on_is_amended(
    at: At, subscription: Subscription, picture: Picture
) -> None:
    """Renewal is off, then it is over; an unknown subscription is no one's."""
    async with at(LATER) as tx:
        await cancel(tx, subscription_id=subscription.id)
    before = await picture()
    with pytest.raises(WrongState):
        await amend(at, LATER, subscription, price_plan="level-3")
    with pytest.raises(SubscriptionEnded):
        await amend(at, FEBRUARY, subscription, price_plan="level-3")
    with pytest.raises(SubscriptionNotFound):
        async with at(LATER) as tx:
            await amend_terms(tx, subscription_id=UUID(int=9), price_plan="level-3")
    assert await picture() == before


async def test_cancelled_and_reactivated_an_amended_subscription_goes_on(
    at: At, subscription: Subscription
) -> None:
    """Amended from 25 January, cancelled before that for the month's end, and taken back."""
    day = paris(1, 25)
    await amend(at, LATER, subscription, price_plan="elsewhere", from_at=day)
    before = await slices(at, subscription, "usage")
    async with at(LATER) as tx:
        await cancel(tx, subscription_id=subscription.id)
    assert [row[:2] for row in await slices(at, subscription, "usage")] == [
        (NOW, day),
        (day, FEBRUARY),
    ]
    async with at(LATER) as tx:
        await reactivate(tx, subscription_id=subscription.id)
        assert await plan_codes(tx, subscription) == [
            ("level-2", NOW, day),
            ("elsewhere", day, None),
        ]
    # The two halves of January are open; the closing of the first one makes what follows.
    assert await slices(at, subscription, "usage") == before[:2]


async def test_before_the_start_the_terms_themselves_are_others(
    at: At, account: Account
) -> None:
    """Ordered for 15 February by the month, amended before: it begins by the year."""
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
    await amend(at, LATER, begun, billing_terms="yearly")
    async with at(NOW) as tx:
        assert await plan_codes(tx, begun) == [("level-2", start, None)]
    fees = await slices(at, begun, "fees")
    assert fees[0] == (start, paris(2, 15, year=2027), start, paris(2, 15, year=2027), start)
