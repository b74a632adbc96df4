"""What conditions count in windows of time: which events, until when, how many at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import pytest

from core.catalogue.schema import UsageWindowDefinition
from core.db import Tx
from core.facts import Usage, UsageAsked, read_usage_windows
from core.facts.usage_windows import window_start
from core.kernel.frequency import Frequency
from core.usage.void import usage_void
from tests.building import Shop, utc

WEEK = UsageWindowDefinition(name="week", last="7 days")
MONTH = UsageWindowDefinition(name="month", last="month", channels=("email",))
NOTHING = UsageWindowDefinition(name="songs", last="7 days", product_types=("Songs",))


async def counted(
    shop: Shop,
    account: UUID,
    *,
    at: datetime,
    subscription: UUID | None = None,
    at_hand: Sequence[UUID] | None = None,
) -> Usage:
    """Count the windows above, as one question."""
    asked = UsageAsked(account, subscription, "UTC", at, (WEEK, MONTH, NOTHING))
    async with shop.at(at) as tx:
        (usage,) = await read_usage_windows(tx, [asked], at_hand=at_hand)
    return usage


async def test_a_window_begins_with_its_first_instant_and_ends_before_the_bill(
    shop: Shop,
) -> None:
    """Events of 3, 20, 100 and 50 e-mails: a second before the week, at its first instant,
    within it, and at the bill's own instant, which is of the next period.
    """
    client = await shop.customer()
    subscription = await shop.subscribed(client, ("email", "1"))
    await shop.emails(client, 3, on=utc(1, 24, 23))
    await shop.emails(client, 20, on=utc(1, 25))
    await shop.emails(client, 100, on=utc(1, 31, 23))
    await shop.emails(client, 50, on=utc(2))
    usage = await counted(shop, client, at=utc(2), subscription=subscription.id, at_hand=[])
    assert usage == {
        "count": {"week": 2, "month": 3, "songs": 0},
        "total": {"week": 120, "month": 123, "songs": 0},  # 20 + 100, and 3
    }


async def test_between_bills_all_that_is_known_counts(shop: Shop) -> None:
    """Without a bill at hand an event of this very instant is counted."""
    client = await shop.customer()
    await shop.subscribed(client, ("email", "1"))
    await shop.emails(client, 7, on=utc(1, 10))
    assert (await counted(shop, client, at=utc(1, 10)))["total"]["week"] == 7


async def test_a_bill_counts_what_it_bills_though_it_happened_at_its_instant(
    shop: Shop,
) -> None:
    """Usage that is billed at once happens when its bill falls due."""
    client = await shop.customer()
    await shop.subscribed(client, ("email", "1"))
    await shop.emails(client, 7, on=utc(1, 10))
    ((period,),) = await shop.rows(
        "SELECT DISTINCT usage_period_id FROM usage_event WHERE tenant_id = $1"
    )
    at = utc(1, 10)
    assert (await counted(shop, client, at=at, at_hand=[]))["count"]["week"] == 0
    assert (await counted(shop, client, at=at, at_hand=[period]))["count"]["week"] == 1


async def test_a_voided_event_does_not_count(shop: Shop) -> None:
    """Two events, of which the second is taken back."""
    client = await shop.customer()
    await shop.subscribed(client, ("email", "1"))
    await shop.emails(client, 5, on=utc(1, 9))
    await shop.emails(client, 7, on=utc(1, 10))
    async with shop.at(utc(1, 11)) as tx:
        await usage_void(tx, account=client, source="router", event_id="e2", gate=shop.gate)
    usage = await counted(shop, client, at=utc(1, 12))
    assert (usage["count"]["week"], usage["total"]["week"]) == (1, 5)


async def test_what_came_late_waits_for_the_bill_that_bills_it(shop: Shop) -> None:
    """January's bill finds 5 e-mails whenever it is computed: 8 more of 30 January arrive on
    2 February and are billed with February, whose bill counts them if they are in its month.
    """
    client = await shop.customer()
    await shop.subscribed(client, ("email", "1"))
    await shop.emails(client, 5, on=utc(1, 29))
    assert await shop.close(utc(2)) == 1
    await shop.emails(client, 8, on=utc(1, 30), now=utc(2, 2))
    january = await counted(shop, client, at=utc(2), at_hand=[])
    assert january["total"]["week"] == 5
    assert await shop.close(utc(3)) == 1
    assert (await counted(shop, client, at=utc(2), at_hand=[]))["total"]["week"] == 13


async def test_an_accounts_usage_is_that_of_all_its_subscriptions(shop: Shop) -> None:
    """Nothing of another subscription's, nor of another account's, is a subscription's."""
    client = await shop.customer()
    mine = await shop.subscribed(client, ("email", "1"))
    others = await shop.subscribed(client, ("seats", "1"))
    stranger = await shop.customer("stranger")
    await shop.subscribed(stranger, ("email", "1"))
    await shop.emails(client, 5, on=utc(1, 10))
    await shop.emails(stranger, 9, on=utc(1, 10))
    at = utc(1, 11)
    assert (await counted(shop, client, at=at))["total"]["week"] == 5
    assert (await counted(shop, client, at=at, subscription=mine.id))["total"]["week"] == 5
    assert (await counted(shop, client, at=at, subscription=others.id))["total"]["week"] == 0


async def test_any_number_of_questions_is_one_statement(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And none where nobody asks; the answers come in the order of the questions."""
    first, second = await shop.customer("a"), await shop.customer("b")
    await shop.subscribed(first, ("email", "1"))
    await shop.subscribed(second, ("email", "1"))
    await shop.emails(second, 9, on=utc(1, 10))
    asked = [
        UsageAsked(account, None, "UTC", utc(1, day), (WEEK, MONTH))
        for account in (first, second)
        for day in (11, 20)
    ]
    made: list[str] = []
    fetch = Tx.fetch

    async def noted(tx: Tx, sql: str, *arguments: object) -> object:
        made.append(sql)
        return await fetch(tx, sql, *arguments)

    async with shop.at(utc(1, 20)) as tx:
        monkeypatch.setattr(Tx, "fetch", noted)
        found = await read_usage_windows(tx, asked, at_hand=[])
        assert await read_usage_windows(tx, [], at_hand=[]) == []
    assert len(made) == 1
    assert [usage["total"] for usage in found] == [
        {"week": 0, "month": 0},
        {"week": 0, "month": 0},
        {"week": 9, "month": 9},
        {"week": 0, "month": 9},  # the 10th is more than seven days before the 20th
    ]


@pytest.mark.parametrize(
    ("at", "length", "start"),
    [
        # Paris is an hour ahead in winter, two in summer: the same local time either way.
        (utc(3, 31, 10), Frequency(7, "day"), utc(3, 24, 11)),
        (utc(3, 31, 10), Frequency(1, "month"), utc(2, 28, 11)),  # 31 February is the 28th
        (utc(2, 1, 23), Frequency(1, "week"), utc(1, 25, 23)),
    ],
)
def test_a_window_is_so_many_local_days(
    at: datetime, length: Frequency, start: datetime
) -> None:
    """Clock changes do not move where a window begins."""
    assert window_start(at, length=length, zone="Europe/Paris") == start
