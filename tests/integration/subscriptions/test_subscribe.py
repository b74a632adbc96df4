"""Subscribing: what is stored, and everything that is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.accounts.create_account import CreateAccount, create_account
from core.accounts.records import Account
from core.accounts.update_account import AccountNotFound
from core.catalogue.errors import CatalogueEntryUnknown, NoPlanVersionEffective
from core.contact_details import InvalidText
from core.kernel.errors import Refusal
from core.periods.calendar import StartTooFarBack
from core.subscriptions import repository
from core.subscriptions.records import Subscription
from core.subscriptions.refusals import (
    InvalidQuantity,
    ItemAlreadyThere,
    NoLongerOffered,
    NotRated,
    PlanNotAllowed,
    SubscriptionRefTaken,
)
from core.subscriptions.subscribe import ItemsRefused, NewItem, Subscribe, subscribe

from .conftest import FEBRUARY, MARCH, NOW, OPENED, At, Picture, paris, periods, plan_codes

SEATS = (NewItem("seats", Decimal(5)),)


async def test_a_subscription_begins_now_with_the_terms_default_plan(
    at: At, subscription: Subscription
) -> None:
    """On 10 January at noon in Paris: level 2, three items, anchored on the 1st."""
    assert (subscription.state, subscription.starts_at) == ("active", NOW)
    assert (subscription.anchor, subscription.agreement_date) == (
        date(2026, 1, 1),
        date(2026, 1, 10),
    )
    async with at(NOW) as tx:
        assert await repository.subscription(tx, subscription.id) == subscription
        items = (await repository.items_of(tx, [subscription.id]))[subscription.id]
        assert all(item.holds(NOW) for item in items)
        assert sorted(item.quantity for item in items) == [1, 1, 5]
        assert await plan_codes(tx, subscription) == [("level-2", NOW, None)]


async def test_the_open_period_and_the_next_of_each_stream_are_stored(
    at: At, subscription: Subscription
) -> None:
    """The rest of January, due on 1 February, and February; the tenant is due then too."""
    async with at(NOW) as tx:
        for stream in ("fees", "usage"):
            january, february = await periods(tx, subscription, stream)
            assert (january.starts_at, january.ends_at) == (NOW, FEBRUARY)
            assert (january.whole_starts_at, january.due_at) == (OPENED, FEBRUARY)
            assert (february.starts_at, february.ends_at) == (FEBRUARY, MARCH)
            assert (january.state, january.is_test) == ("open", False)
        due = await tx.fetchval(
            "SELECT due_at FROM tenant_due WHERE tenant_id = $1 AND kind = 'close'",
            tx.tenant_id,
        )
        assert due == FEBRUARY


async def test_a_new_subscription_is_told_to_everybody(
    at: At, subscription: Subscription, account: Account
) -> None:
    """History and audit say by whom and what; the notification leaves after the commit."""
    async with at(NOW) as tx:
        for table in ("history_entry", "audit_entry"):
            row = await tx.fetchrow(
                f"SELECT actor, action, details FROM {table} WHERE subject_id = $1",
                subscription.id,
            )
            assert row is not None
            assert (row["actor"], row["action"]) == ("staff:ada", "subscription.created")
            assert row["details"]["items"][1] == {"product": "seats", "quantity": "5"}
        payload = await tx.fetchval(
            "SELECT payload FROM outbox WHERE topic = 'subscription.created'"
        )
    assert payload["account"] == str(account.id)
    assert payload["pricePlan"] == "level-2"


async def test_a_start_in_the_past_opens_the_periods_since(at: At, account: Account) -> None:
    """On 10 March from 20 January: January, February, March open, and April."""
    command = Subscribe(
        account="client", billing_terms="monthly", items=SEATS, starts_at=paris(1, 20)
    )
    async with at(paris(3, 10)) as tx:
        begun = await subscribe(tx, command)
        found = await periods(tx, begun, "fees")
    assert [period.starts_at for period in found] == [
        paris(1, 20),
        FEBRUARY,
        MARCH,
        datetime(2026, 3, 31, 22, tzinfo=UTC),  # 1 April, in summer time
    ]
    assert {period.state for period in found} == {"open"}


async def test_a_contract_may_be_older_than_the_account(at: At, account: Account) -> None:
    """Signed on 20 December, entered on 10 January: December is billed by the next closing."""
    command = Subscribe(
        account="client",
        billing_terms="monthly",
        items=SEATS,
        starts_at=paris(12, 20, year=2025),
    )
    async with at(NOW) as tx:
        found = await periods(tx, await subscribe(tx, command), "fees")
    assert [period.starts_at for period in found] == [
        paris(12, 20, year=2025),
        OPENED,
        FEBRUARY,
    ]


async def test_a_start_in_the_future_opens_no_earlier_period(at: At, account: Account) -> None:
    """In January for 15 February: nothing of January is billed."""
    command = Subscribe(
        account=account.id, billing_terms="monthly", items=SEATS, starts_at=paris(2, 15)
    )
    async with at(NOW) as tx:
        begun = await subscribe(tx, command)
        found = await periods(tx, begun, "usage")
    assert [period.starts_at for period in found] == [paris(2, 15), MARCH]


async def test_a_year_in_advance_is_due_at_once_and_its_usage_monthly(
    at: At, account: Account
) -> None:
    """From 10 January at noon: the year from that local day on, usage due on 10 February."""
    command = Subscribe(account=account.id, billing_terms="yearly", items=SEATS)
    async with at(NOW) as tx:
        begun = await subscribe(tx, command)
        fees = await periods(tx, begun, "fees")
        usage = await periods(tx, begun, "usage")
    assert [period.due_at for period in fees] == [NOW, paris(1, 10, year=2027)]
    assert fees[0].whole_starts_at == paris(1, 10)
    assert [period.due_at for period in usage] == [paris(2, 10), paris(3, 10)]


async def test_both_streams_are_counted_from_the_first_of_the_longer_unit(
    at: At, account: Account
) -> None:
    """Begun in February, usage by the calendar's quarter ends on 1 April, fees on 1 March."""
    command = Subscribe(
        account=account.id, billing_terms="quarterly-usage", price_plan="level-2", items=SEATS
    )
    async with at(paris(2, 10)) as tx:
        begun = await subscribe(tx, command)
        (fees, _next), (usage, _after) = [
            await periods(tx, begun, stream) for stream in ("fees", "usage")
        ]
    assert begun.anchor == date(2026, 1, 1)
    assert (fees.ends_at, usage.ends_at) == (MARCH, datetime(2026, 3, 31, 22, tzinfo=UTC))


async def test_an_account_on_a_test_clock_does_not_make_its_tenant_due(
    at: At, account: Account
) -> None:
    """Its periods are marked, begin in its own time, and no sweeper is woken for them."""
    async with at(NOW) as tx:
        clock = CreateAccount(name="Trial", test_clock=paris(1, 1, year=2020))
        trial = await create_account(tx, clock)
        begun = await subscribe(
            tx, Subscribe(account=trial.id, billing_terms="monthly", items=SEATS)
        )
        assert begun.starts_at == paris(1, 1, year=2020)
        assert {period.is_test for period in await periods(tx, begun, "fees")} == {True}
        assert not await tx.fetchval(
            "SELECT EXISTS (SELECT FROM tenant_due WHERE tenant_id = $1 AND kind = 'close')",
            tx.tenant_id,
        )


async def test_a_subscription_is_in_the_currency_of_its_plan(at: At, account: Account) -> None:
    """An account in euros may hold a subscription in dollars; its invoices are in dollars."""
    command = Subscribe(
        account=account.id, billing_terms="monthly", price_plan="dollars", items=SEATS
    )
    async with at(NOW) as tx:
        begun = await subscribe(tx, command)
    assert (account.currency, begun.currency) == ("EUR", "USD")


REFUSED: list[tuple[dict[str, Any], type[Refusal], tuple[str, ...]]] = [
    ({"account": "nobody"}, AccountNotFound, ("account",)),
    ({"account": UUID(int=1)}, AccountNotFound, ("account",)),
    ({"billing_terms": "none"}, CatalogueEntryUnknown, ("billingTerms",)),
    ({"billing_terms": "old-terms"}, NoLongerOffered, ("billingTerms",)),
    ({"billing_terms": "advance"}, PlanNotAllowed, ("pricePlan",)),
    ({"price_plan": "none"}, CatalogueEntryUnknown, ("pricePlan",)),
    ({"price_plan": "unlisted"}, PlanNotAllowed, ("pricePlan",)),
    ({"price_plan": "gone"}, NoLongerOffered, ("pricePlan",)),
    ({"price_plan": "later"}, NoPlanVersionEffective, ()),
    ({"items": ()}, ItemsRefused, ("items",)),
    ({"items": SEATS * 101}, ItemsRefused, ("items",)),
    ({"items": [NewItem("none")]}, CatalogueEntryUnknown, ("items", "0", "product")),
    ({"items": [NewItem("old")]}, NoLongerOffered, ("items", "0", "product")),
    ({"items": [NewItem("training")]}, NotRated, ("items", "0", "product")),
    ({"items": [NewItem("unpriced")]}, NotRated, ("items", "0", "product")),
    ({"items": [*SEATS, *SEATS]}, ItemAlreadyThere, ("items", "1", "product")),
    (
        {"items": [NewItem("email"), NewItem("email-too")]},
        ItemAlreadyThere,
        ("items", "1", "product"),
    ),
    ({"items": [NewItem("seats", Decimal(0))]}, InvalidQuantity, ("items", "0", "quantity")),
    ({"items": [NewItem("seats", Decimal(-1))]}, InvalidQuantity, ("items", "0", "quantity")),
    (
        {"items": [NewItem("seats", Decimal("NaN"))]},
        InvalidQuantity,
        ("items", "0", "quantity"),
    ),
    (
        {"items": [NewItem("seats", Decimal("1e13"))]},
        InvalidQuantity,
        ("items", "0", "quantity"),
    ),
    (
        {"items": [NewItem("seats", Decimal("1e-10"))]},
        InvalidQuantity,
        ("items", "0", "quantity"),
    ),
    ({"items": [NewItem("email", Decimal(2))]}, InvalidQuantity, ("items", "0", "quantity")),
    ({"items": [NewItem("package", Decimal(2))]}, InvalidQuantity, ("items", "0", "quantity")),
    ({"starts_at": paris(12, 1, year=2022)}, StartTooFarBack, ("startsAt",)),
    ({"ref": ""}, InvalidText, ("ref",)),
]


@pytest.mark.parametrize("case", REFUSED)
async def test_what_cannot_be_subscribed_is_refused_and_nothing_is_stored(
    at: At,
    account: Account,
    picture: Picture,
    case: tuple[dict[str, Any], type[Refusal], tuple[str, ...]],
) -> None:
    """A row per fault, with the field that it is in."""
    changes, refusal, path = case
    sound = Subscribe(account=account.id, billing_terms="monthly", items=SEATS)
    before = await picture()
    with pytest.raises(refusal) as refused:
        async with at(NOW) as tx:
            await subscribe(tx, replace(sound, **changes))
    assert refused.value.path == path
    assert await picture() == before


async def test_a_ref_is_taken_once(at: At, account: Account, picture: Picture) -> None:
    """The second subscription with the same ref is refused, and the first stays."""
    command = Subscribe(account=account.id, billing_terms="monthly", items=SEATS, ref="S-1")
    async with at(NOW) as tx:
        first = await subscribe(tx, command)
        assert await repository.subscription_by_ref(tx, "S-1") == first
    before = await picture()
    with pytest.raises(SubscriptionRefTaken) as refused:
        async with at(NOW) as tx:
            await subscribe(tx, command)
    assert refused.value.path == ("ref",)
    assert await picture() == before
