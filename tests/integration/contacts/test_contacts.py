"""Contacts: counted by address, held beyond what is bought, let in by an upgrade."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import pytest

from core.contacts.receive import Received, Snapshot, SnapshotRefused, TooManyContacts
from core.contacts.records import ContactEvent, ContactState
from core.entitlements.contacts import contacts_snapshot, record_contacts, release_held
from core.subscriptions.change_quantity import change_quantity
from tests.building import FIRST, utc
from tests.integration.entitlements.conftest import Mailer


async def bought(mailer: Mailer, contacts: int) -> tuple[UUID, UUID]:
    """Buy a number of contacts; return the account and the item."""
    account = await mailer.shop.customer()
    subscription = await mailer.subscribed(account, ("contacts", str(contacts)))
    ((item,),) = await mailer.shop.rows(
        "SELECT item_id FROM subscription_item WHERE tenant_id = $1 AND subscription_id = $2",
        subscription.id,
    )
    return account, item


def told(
    *names: str, state: ContactState = "active", at: datetime = FIRST, report: str = "form"
) -> list[ContactEvent]:
    """Reports about people, each with an id of its own."""
    return [
        ContactEvent(f"{name}@example.com", state, at, "forms", f"{report}-{name}-{state}")
        for name in names
    ]


async def record(
    mailer: Mailer, account: UUID, events: Sequence[ContactEvent], *, now: datetime = FIRST
) -> Received:
    """Record reports."""
    async with mailer.shop.at(now) as tx:
        return await record_contacts(tx, account, events)


def outcomes(received: Received) -> list[str]:
    """What became of each report."""
    return [each.outcome for each in received.verdicts]


async def test_the_contact_beyond_the_tier_waits_and_an_upgrade_lets_it_in(
    mailer: Mailer,
) -> None:
    """Two are bought and four arrive; three are bought then: the third is in, the fourth
    waits on.
    """
    account, item = await bought(mailer, 2)

    received = await record(mailer, account, told("ada", "ben", "cleo", "dan"))
    assert outcomes(received) == ["accepted", "accepted", "held", "held"]
    assert received.counted[:2] == (2, 2)

    async with mailer.shop.at(utc(1, 2)) as tx:
        await change_quantity(tx, item_id=item, quantity=Decimal(3))
        assert await release_held(tx, account) == 1
    assert await mailer.shop.rows(
        "SELECT arrived, is_held FROM contact WHERE tenant_id = $1 ORDER BY arrived"
    ) == [(1, False), (2, False), (3, False), (4, True)]


async def test_only_active_contacts_count(mailer: Mailer) -> None:
    """Who is unconfirmed, unsubscribed or deleted takes no room, and leaving makes some."""
    account, _item = await bought(mailer, 1)
    none = told("ada", state="unconfirmed") + told("ben", state="unsubscribed")
    none += told("cleo", state="deleted")

    assert (await record(mailer, account, none)).counted[:2] == (0, 0)
    assert outcomes(await record(mailer, account, told("dan", "eve"))) == ["accepted", "held"]

    left = await record(
        mailer, account, told("dan", state="unsubscribed", at=utc(1, 2)), now=utc(1, 2)
    )
    assert (left.counted[:2], left.released) == ((1, 0), 1)


async def test_one_address_is_one_contact_however_it_is_written(mailer: Mailer) -> None:
    """Case and space around it do not matter; the address itself is nowhere stored."""
    account, _item = await bought(mailer, 5)
    events = [
        ContactEvent(text, "active", FIRST, "forms", f"f{number}")
        for number, text in enumerate((" Ada@Example.com", "ada@example.com"))
    ]

    received = await record(mailer, account, events)

    assert received.counted[:2] == (1, 0)
    rows = await mailer.shop.rows("SELECT contact::text FROM contact WHERE tenant_id = $1")
    assert len(rows) == 1
    assert "example" not in rows[0][0]


async def test_an_address_that_only_looks_different_is_no_second_contact(
    mailer: Mailer,
) -> None:
    """Wide letters of a domain are plain ones; zero width and direction are refused."""
    account, _item = await bought(mailer, 5)
    texts = (
        "zo\u00e9@example.com", "zoe\u0301@example.com", "zo\u00e9@\uff45xample.com",
        "z\u200bo\u00e9@example.com", "\u202ezo\u00e9@example.com",
        "zo\u00e9@exa\u00admple.com",
        "zo\u00e9@example.com\ufeff", "\ud800@example.com", "z" * 1_000_000 + "@example.com",
    )  # fmt: skip
    events = [
        ContactEvent(text, "active", FIRST, "forms", f"f{number}")
        for number, text in enumerate(texts)
    ]

    received = await record(mailer, account, events)

    assert received.counted[:2] == (1, 0)
    refused = [each.reason for each in received.verdicts[3:]]
    assert refused == ["INVALID_EMAIL"] * 6
    assert max(len(each.message) for each in received.verdicts) < 2_000


@pytest.mark.parametrize(
    ("at", "source", "name", "path"),
    [
        (utc(1, 6), "export", "s1", "at"),
        (utc(1, 1), "", "s1", "source"),
        (utc(1, 1), "export", "s\x001", "id"),
        (utc(1, 1), "x" * 1_000_000, "s1", "source"),
    ],
)
async def test_a_list_that_cannot_be_dated_or_named_deletes_nobody(
    mailer: Mailer, at: datetime, source: str, name: str, path: str
) -> None:
    """Else an empty list of a day to come would delete all, and outdate what comes then."""
    account, _item = await bought(mailer, 2)
    await record(mailer, account, told("ada"))
    for events in ((), told("ben")):
        with pytest.raises(SnapshotRefused) as refused:
            async with mailer.shop.at(utc(1, 5)) as tx:
                whole = Snapshot(at, source, name)
                await contacts_snapshot(tx, account, events, snapshot=whole)
        assert refused.value.path == (path,)
    counts = "SELECT active, held FROM contact_count WHERE tenant_id = $1"
    assert await mailer.shop.rows(counts) == [(1, 0)]
    stored = "SELECT state FROM contact WHERE tenant_id = $1"
    assert await mailer.shop.rows(stored) == [("active",)]


async def test_each_report_has_its_own_verdict(mailer: Mailer) -> None:
    """The same again, an older one, other content under its id, no address, the future."""
    account, _item = await bought(mailer, 5)
    (ada,) = told("ada", at=utc(1, 2))
    await record(mailer, account, [ada], now=utc(1, 3))

    received = await record(
        mailer,
        account,
        [
            ada,
            *told("ada", state="deleted", at=utc(1, 1)),
            ContactEvent(ada.email, "deleted", ada.at, ada.source, ada.id),
            ContactEvent("nobody", "active", FIRST, "forms", "x"),
            ContactEvent("ben@example.com", "active", FIRST, "forms", ""),
            *told("cleo", at=utc(2, 1)),
        ],
        now=utc(1, 3),
    )

    assert [(each.outcome, each.reason) for each in received.verdicts] == [
        ("duplicate", None),
        ("outdated", None),
        ("rejected", "CONFLICT"),
        ("rejected", "INVALID_EMAIL"),
        ("rejected", "INVALID_SOURCE"),
        ("rejected", "IN_THE_FUTURE"),
    ]
    assert received.counted[:2] == (1, 0)


async def test_many_forms_at_once_never_have_more_active_than_bought(mailer: Mailer) -> None:
    """16 forms of 10 people each, 50 are bought: 50 are in and 110 wait, in order."""
    account, _item = await bought(mailer, 50)

    await asyncio.gather(
        *(
            record(mailer, account, told(*(f"p{form}-{n}" for n in range(10))))
            for form in range(16)
        )
    )

    assert await mailer.shop.rows(
        "SELECT active, held FROM contact_count WHERE tenant_id = $1"
    ) == [(50, 110)]
    assert await mailer.shop.rows(
        "SELECT count(*) FILTER (WHERE NOT is_held), max(arrived) FILTER (WHERE NOT is_held),"
        " min(arrived) FILTER (WHERE is_held) FROM contact WHERE tenant_id = $1"
    ) == [(50, 50, 51)]


async def test_a_complete_list_deletes_whom_it_leaves_out(mailer: Mailer) -> None:
    """In two batches: only the last one deletes, and a later sign-up stays."""
    account, _item = await bought(mailer, 2)
    await record(mailer, account, told("ada", "ben", "cleo"))
    await record(mailer, account, told("late", at=utc(1, 5)), now=utc(1, 5))

    async def snapshot(*names: str, is_complete: bool) -> Received:
        whole = Snapshot(utc(1, 4), "export", "s1", is_complete)
        events = [
            ContactEvent(f"{name}@example.com", "active", utc(1, 4), "export", "s1")
            for name in names
        ]
        async with mailer.shop.at(utc(1, 5)) as tx:
            return await contacts_snapshot(tx, account, events, snapshot=whole)

    assert (await snapshot("cleo", is_complete=False)).counted[:2] == (2, 2)
    # ada and ben are gone: cleo and the late one are in.
    done = await snapshot("dan", is_complete=True)
    assert (done.counted[:2], done.released) == ((2, 1), 2)
    assert outcomes(done) == ["held"]


async def test_too_many_at_once_are_refused(mailer: Mailer) -> None:
    """10 001 contacts: none is stored."""
    account, _item = await bought(mailer, 2)

    with pytest.raises(TooManyContacts):
        await record(mailer, account, told(*(f"p{number}" for number in range(10_001))))

    assert await mailer.shop.rows("SELECT count(*) FROM contact WHERE tenant_id = $1") == [(0,)]
