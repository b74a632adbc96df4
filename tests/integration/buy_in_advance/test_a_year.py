"""A year bought in advance is billed by the next closing, and the months go on behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from core.billing_cycles.preview import invoice_preview
from core.buy_in_advance.amend import amend_request
from core.buy_in_advance.cancel import cancel_request
from core.buy_in_advance.records import AdvanceRequest
from core.buy_in_advance.refusals import (
    DurationNotOffered,
    NotLongerThanFrequency,
    PrepaidNotInAdvance,
    RequestSettled,
    RequestWaits,
)
from core.buy_in_advance.repository import request_by_id
from core.buy_in_advance.request import request_in_advance
from core.kernel.errors import Refusal
from core.kernel.frequency import FrequencyRefused
from core.subscriptions.add_item import add_item
from core.subscriptions.cancel import cancel
from core.subscriptions.records import Subscription
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe
from tests.building import FIRST, Shop, utc


async def gold(
    shop: Shop,
    *,
    terms: str = "monthly",
    kind: str | None = "GOLD",
    now: datetime = FIRST,
    products: tuple[str, ...] = ("gold", "email"),
) -> Subscription:
    """Subscribe a new account to Gold at 25.00 a month."""
    account = await shop.customer("Subscriber", opened=now)
    async with shop.at(now) as tx:
        command = Subscribe(
            account=account,
            billing_terms=terms,
            items=[NewItem(product) for product in products],
            price_plan="simple",
            type=kind,
        )
        return await subscribe(tx, command)


async def asked(
    shop: Shop, subscription: Subscription, duration: str, *, now: datetime
) -> AdvanceRequest:
    """Make a request."""
    async with shop.at(now) as tx:
        return await request_in_advance(tx, subscription_id=subscription.id, duration=duration)


async def standing_of(shop: Shop, request: AdvanceRequest) -> AdvanceRequest:
    """Return the request as it is by now."""
    async with shop.at() as tx:
        found = await request_by_id(tx, request.id)
    assert found is not None
    return found


async def fees_periods(shop: Shop, subscription: UUID) -> list[tuple[Any, ...]]:
    """Return start, end, due time and state of the fees periods in their order."""
    return await shop.rows(
        "SELECT starts_at, ends_at, due_at, state, is_advance FROM billing_period"
        " WHERE tenant_id = $1 AND subscription_id = $2 AND stream = 'fees' ORDER BY starts_at",
        subscription,
    )


async def test_in_advance_the_period_at_hand_becomes_the_year(shop: Shop) -> None:
    """Subscribed and asked on 1 January: 12 x 25 = 300; the next month is January again."""
    subscription = await gold(shop, terms="advance")
    request = await asked(shop, subscription, "12 months", now=utc(1))

    assert await shop.close(utc(1)) == 1

    (invoice,) = await shop.invoices()
    assert invoice["lines"] == [("fee", "Gold", "300.00")]
    periods = await fees_periods(shop, subscription.id)
    year = utc(1, year=2027)
    assert periods[0] == (utc(1), year, utc(1), "billed", True)
    assert [row[0] for row in periods[1:]] == [year, utc(2, year=2027)]
    taken = await standing_of(shop, request)
    assert (taken.state, taken.settled_at) == ("billed", utc(1))


async def test_in_arrears_the_month_at_hand_is_billed_and_the_year_follows_it(
    shop: Shop,
) -> None:
    """Asked in January: on 1 February 25 for January and 300 for the year from then on;
    the usage of each month is billed by the month, and fees again on 1 March 2027.
    """
    subscription = await gold(shop)
    await asked(shop, subscription, "year", now=utc(1, 15))

    assert await shop.close(utc(2)) == 1
    (invoice,) = await shop.invoices()
    assert invoice["lines"] == [("fee", "Gold", "25.00"), ("fee", "Gold", "300.00")]

    await shop.emails(subscription.account_id, 1000, on=utc(2, 10))
    assert await shop.close(utc(3)) == 1
    assert (await shop.invoices())[1]["lines"] == [("usage", "E-mails", "1.00")]
    for month in range(4, 13):
        assert await shop.close(utc(month)) == 0
    assert await shop.close(utc(2, year=2027)) == 0
    assert await shop.close(utc(3, year=2027)) == 1
    assert (await shop.invoices())[2]["lines"] == [("fee", "Gold", "25.00")]


async def test_a_second_year_follows_the_first_without_a_month_between(shop: Shop) -> None:
    """Asked again in its last month: on 1 February 2027 the next year, 300."""
    subscription = await gold(shop)
    await asked(shop, subscription, "12 months", now=utc(1, 15))
    await shop.close(utc(2))
    await asked(shop, subscription, "12 months", now=utc(1, 20, year=2027))
    for month in range(3, 13):
        await shop.close(utc(month))
    await shop.close(utc(1, year=2027))

    assert await shop.close(utc(2, year=2027)) == 1

    assert (await shop.invoices())[-1]["lines"] == [("fee", "Gold", "300.00")]
    years = [row[:2] for row in await fees_periods(shop, subscription.id) if row[4]]
    assert years == [
        (utc(2), utc(2, year=2027)),
        (utc(2, year=2027), utc(2, year=2028)),
    ]


async def test_an_item_added_within_the_year_owes_its_days_of_it(shop: Shop) -> None:
    """Sports at 31 a month from 2 July: 183 of 365 days of 372 are 186.51, on 1 August."""
    subscription = await gold(shop, terms="advance")
    await asked(shop, subscription, "12 months", now=utc(1))
    await shop.close(utc(1))
    async with shop.at(utc(7, 2)) as tx:
        await add_item(tx, subscription_id=subscription.id, product="sports")

    for month in range(2, 9):
        await shop.close(utc(month))

    assert [one["lines"] for one in await shop.invoices()] == [
        [("fee", "Gold", "300.00")],
        [("fee", "Sports", "186.51")],
    ]


async def test_closing_twice_makes_one_invoice(shop: Shop) -> None:
    """The request is settled in the transaction that bills it: it is never taken again."""
    subscription = await gold(shop, terms="advance")
    await asked(shop, subscription, "12 months", now=utc(1))

    assert await shop.close(utc(1)) == 1
    assert await shop.close(utc(1)) == 0
    assert await shop.close(utc(2)) == 0


async def test_the_preview_is_what_the_closing_makes(shop: Shop) -> None:
    """25 and 300 are shown in January, and nothing of it is stored."""
    subscription = await gold(shop)
    request = await asked(shop, subscription, "12 months", now=utc(1, 15))
    before = await fees_periods(shop, subscription.id)

    async with shop.at(utc(1, 20)) as tx:
        preview = await invoice_preview(tx, subscription.id, pricing=shop.pricing)

    assert [line.amount for line in preview.draft.lines] == [25, 300]
    assert preview.due_at == utc(2)
    assert await fees_periods(shop, subscription.id) == before
    assert (await standing_of(shop, request)).state == "waiting"


async def test_a_closing_that_was_late_bills_what_was_over_before_the_request(
    shop: Shop,
) -> None:
    """Nothing was closed until April: January to March by the month, the year from April."""
    subscription = await gold(shop)
    await asked(shop, subscription, "12 months", now=utc(4, 5))

    assert await shop.close(utc(4, 6)) == 2  # two periods were made ahead
    assert await shop.close(utc(4, 6)) == 1

    assert [one["lines"] for one in await shop.invoices()] == [
        [("fee", "Gold", "25.00")],
        [("fee", "Gold", "25.00")],
        [("fee", "Gold", "25.00"), ("fee", "Gold", "300.00")],
    ]
    assert (await fees_periods(shop, subscription.id))[3][:2] == (utc(4), utc(4, year=2027))


async def test_a_request_that_should_have_been_taken_is_even_when_the_closing_is_late(
    shop: Shop,
) -> None:
    """Asked in January and closed in April: the year is from February, as on time."""
    subscription = await gold(shop)
    await asked(shop, subscription, "12 months", now=utc(1, 15))

    await shop.close(utc(4, 6))

    assert [one["lines"] for one in await shop.invoices()] == [
        [("fee", "Gold", "25.00"), ("fee", "Gold", "300.00")]
    ]
    assert (await fees_periods(shop, subscription.id))[1][:2] == (utc(2), utc(2, year=2027))


async def test_an_amended_request_is_billed_as_amended(shop: Shop) -> None:
    """First 12 months, then 6: 6 x 25 = 150 from February to July."""
    subscription = await gold(shop, kind="FREE")
    request = await asked(shop, subscription, "12 months", now=utc(1, 15))
    async with shop.at(utc(1, 16)) as tx:
        amended = await amend_request(tx, request_id=request.id, duration="6 months")
    assert (amended.duration, amended.months) == ("6 months", 6)

    await shop.close(utc(2))

    (invoice,) = await shop.invoices()
    assert invoice["lines"] == [("fee", "Gold", "25.00"), ("fee", "Gold", "150.00")]


async def test_a_cancelled_request_leaves_the_months_as_they_were(shop: Shop) -> None:
    """It can be cancelled until a billing takes it, and neither changed nor cancelled after."""
    subscription = await gold(shop)
    request = await asked(shop, subscription, "12 months", now=utc(1, 15))
    async with shop.at(utc(1, 16)) as tx:
        await cancel_request(tx, request_id=request.id)

    await shop.close(utc(2))

    (invoice,) = await shop.invoices()
    assert invoice["lines"] == [("fee", "Gold", "25.00")]
    for verb in (
        lambda tx: cancel_request(tx, request_id=request.id),
        lambda tx: amend_request(tx, request_id=request.id, duration="12 months"),
    ):
        with pytest.raises(RequestSettled):
            async with shop.at(utc(2, 2)) as tx:
                await verb(tx)
    assert (await standing_of(shop, request)).state == "cancelled"


@pytest.mark.parametrize(
    ("terms", "kind", "duration", "refusal"),
    [
        ("monthly", "SILVER", "12 months", DurationNotOffered),
        ("monthly", None, "12 months", DurationNotOffered),
        ("monthly", "GOLD", "11 months", DurationNotOffered),
        ("monthly", "GOLD", "365 days", DurationNotOffered),
        ("monthly", "GOLD", "for ever", FrequencyRefused),
        ("yearly", "GOLD", "12 months", NotLongerThanFrequency),
        ("monthly", "FREE", "20 days", NotLongerThanFrequency),
        ("prepaid", "GOLD", "12 months", PrepaidNotInAdvance),
    ],
)
async def test_what_is_not_offered_is_refused(
    shop: Shop, terms: str, kind: str | None, duration: str, refusal: type[Refusal]
) -> None:
    """By type and length of the definition's rows, then by the terms' frequency."""
    subscription = await gold(shop, terms=terms, kind=kind)

    with pytest.raises(refusal):
        await asked(shop, subscription, duration, now=utc(1, 2))

    assert await shop.rows("SELECT id FROM advance_request WHERE tenant_id = $1") == []


async def test_one_request_waits_at_most(shop: Shop) -> None:
    """The second is refused; the first stays."""
    subscription = await gold(shop)
    request = await asked(shop, subscription, "12 months", now=utc(1, 2))

    with pytest.raises(RequestWaits):
        await asked(shop, subscription, "12 months", now=utc(1, 3))

    assert (await standing_of(shop, request)).state == "waiting"


async def test_a_subscription_that_ends_takes_no_year(shop: Shop) -> None:
    """Cancelled after asking: January is billed, the request is rejected with the reason."""
    subscription = await gold(shop)
    request = await asked(shop, subscription, "12 months", now=utc(1, 15))
    async with shop.at(utc(1, 16)) as tx:
        await cancel(tx, subscription_id=subscription.id)

    await shop.close(utc(2))

    (invoice,) = await shop.invoices()
    assert invoice["lines"] == [("fee", "Gold", "25.00")]
    rejected = await standing_of(shop, request)
    assert (rejected.state, rejected.reason) == (
        "rejected",
        "the subscription ends on 2026-02-01",
    )


async def test_a_year_paid_ahead_is_served_before_a_cancellation_acts(shop: Shop) -> None:
    """Cancelled in March of the year: it ends with the year, and nothing more is billed."""
    subscription = await gold(shop, terms="advance")
    await asked(shop, subscription, "12 months", now=utc(1))
    await shop.close(utc(1))

    async with shop.at(utc(3, 10)) as tx:
        ending = await cancel(tx, subscription_id=subscription.id)

    assert ending.ends_at == utc(1, year=2027)
    for month in range(2, 13):
        await shop.close(utc(month))
    assert await shop.close(utc(2, year=2027)) == 0
    assert len(await shop.invoices()) == 1
