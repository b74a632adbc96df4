"""Giving back what is not used: units and days of what was charged, never more."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from core.billing_cycles.advance_clock import advance_clock
from core.credit_notes.records import CreditNote
from core.credit_notes.unused import Unused, give_back
from core.db import Database
from core.subscriptions.records import Subscription
from core.subscriptions.repository import add_item, end_item, items_of
from tests.building import CATALOGUE, Shop, open_shop, utc

SELLERS = (
    CATALOGUE.replace(
        "  support: {kind: termed_service, name: Support}\n",
        "  support: {kind: termed_service, name: Support}\n"
        "  essential: {kind: licence, name: Essential}\n"
        "  by-year: {kind: licence, name: Essential by the year}\n",
    )
    .replace(
        "      support: {base: 31}\n",
        "      support: {base: 31}\n      essential: {base: 30}\n      by-year: {base: 27}\n",
    )
    .replace(
        "      seats: {base: 25}\n",
        "      seats: {base: 30}\n",
    )
    + """
  anniversary:
    {name: Anniversary, anchor: anniversary, fixed_charges: advance, plans: [simple]}
  a-year:
    {name: A year, frequency: year, anchor: anniversary, fixed_charges: advance,
    plans: [simple]}
  whole:
    {name: Whole months, anchor: anniversary, fixed_charges: advance, proration: none,
    plans: [simple]}
"""
)


@pytest.fixture
async def shop(db: Database) -> Shop:
    """A seller in advance: seats at 30, and a tariff at 30 a month, 324 a year."""
    return await open_shop(db, catalogue=SELLERS)


async def item_of(shop: Shop, subscription: Subscription) -> UUID:
    """Return the one item of a subscription."""
    async with shop.at() as tx:
        found = await items_of(tx, [subscription.id])
    return found[subscription.id][0].item_id


async def grown(
    shop: Shop, subscription: Subscription, quantity: Decimal, *, at: datetime
) -> None:
    """Let the item have more units from an instant on, which nobody invoices at once."""
    async with shop.at(at) as tx:
        (item,) = (await items_of(tx, [subscription.id]))[subscription.id]
        await end_item(tx, item, until_at=at)
        await add_item(
            tx, replace(item, revision=item.revision + 1, quantity=quantity, from_at=at)
        )


async def returned(
    shop: Shop, subscription: Subscription, *unused: Unused, reason: str = "Fewer"
) -> list[CreditNote]:
    """Give back, and return the notes."""
    at = unused[0].from_at
    async with shop.at(at) as tx:
        return await give_back(
            tx, subscription_id=subscription.id, unused=unused, reason=reason, at=at
        )


async def test_an_upgrade_on_day_11_of_30_gives_20_back(shop: Shop) -> None:
    """Flexmail: 30.00 x 20/30 days of April = 20.00, with 20 % tax 24.00."""
    account = await shop.customer()
    subscription = await shop.subscribed(
        account, ("essential", "1"), terms="anniversary", now=utc(4)
    )
    await shop.close(utc(4))
    item = await item_of(shop, subscription)
    (note,) = await returned(shop, subscription, Unused(item, utc(4, 11)))
    assert (note.net, note.tax, note.total) == (Decimal(20), Decimal(4), Decimal(24))
    assert (note.number, note.scope, note.account_id) == ("CN-000001", "unused", account)
    (line,) = await shop.rows(
        "SELECT kind, quantity, from_at, until_at, amount, is_difference FROM invoice_line"
        " WHERE tenant_id = $1 AND invoice_id = $2",
        note.id,
    )
    assert line == ("fee", Decimal(1), utc(4, 11), utc(5), Decimal(20), False)
    corrected = await shop.rows(
        "SELECT total, paid, credited, corrected FROM invoice_settlement WHERE tenant_id = $1"
    )
    assert corrected == [(Decimal(36), Decimal(0), Decimal(0), Decimal(24))]


async def test_four_of_ten_seats_from_day_5_of_31_give_104_52_back(shop: Shop) -> None:
    """Aircall: 4 x 30 x 27/31 = 104.516... = 104.52, from 10 July of [6 July, 6 August)."""
    account = await shop.customer(country="US")
    subscription = await shop.subscribed(
        account, ("seats", "10"), terms="anniversary", now=utc(7, 6)
    )
    await shop.close(utc(7, 6))
    item = await item_of(shop, subscription)
    (note,) = await returned(shop, subscription, Unused(item, utc(7, 10, 14), Decimal(4)))
    assert (note.net, note.tax) == (Decimal("104.52"), Decimal(0))
    given = await shop.rows(
        "SELECT from_at, until_at, quantity, worth, amount, credit_note_id FROM fee_credit"
        " WHERE tenant_id = $1"
    )
    worth = Decimal("104.52")
    assert given == [(utc(7, 10, 14), utc(8, 6), Decimal(4), worth, worth, note.id)]


async def test_a_yearly_tariff_after_100_of_365_days_gives_235_23_back(shop: Shop) -> None:
    """Essential: 12 x 27.00 x 265/365 = 235.232... = 235.23; day 101 of 2026 is 11 April."""
    account = await shop.customer(country="US")
    subscription = await shop.subscribed(account, ("by-year", "1"), terms="a-year", now=utc(1))
    await shop.close(utc(1))
    item = await item_of(shop, subscription)
    (note,) = await returned(shop, subscription, Unused(item, utc(4, 11, 9)))
    assert note.net == Decimal("235.23")


async def test_what_is_given_back_is_owed_again_when_it_is_wanted_again(shop: Shop) -> None:
    """4 of 10 seats given back from 10 July: with 10 still held, the next closing charges 4.

    10 seats less the 6 that are charged: (10 - 6) x 30 x 27/31 = 104.52, in layer 2.
    """
    account = await shop.customer(country="US")
    subscription = await shop.subscribed(
        account, ("seats", "10"), terms="anniversary", now=utc(7, 6)
    )
    await shop.close(utc(7, 6))
    item = await item_of(shop, subscription)
    await returned(shop, subscription, Unused(item, utc(7, 10), Decimal(4)))
    await shop.close(utc(8, 6))
    slices = await shop.rows(
        "SELECT layer, from_at, until_at, quantity, amount FROM fee_slice"
        " WHERE tenant_id = $1 ORDER BY from_at, layer"
    )
    assert slices == [
        (1, utc(7, 6), utc(8, 6), Decimal(10), Decimal(300)),
        (2, utc(7, 10), utc(8, 6), Decimal(4), Decimal("104.52")),
        (1, utc(8, 6), utc(9, 6), Decimal(10), Decimal(300)),
    ]


async def test_more_of_an_item_is_a_layer_on_top(shop: Shop) -> None:
    """3 seats for June, 5 from 11 June: 5 x 30 x 20/30 - 3 x 30 x 20/30 = 40.00 for 2."""
    account = await shop.customer(country="US")
    subscription = await shop.subscribed(
        account, ("seats", "3"), terms="anniversary", now=utc(6)
    )
    await shop.close(utc(6))
    await grown(shop, subscription, Decimal(5), at=utc(6, 11))
    await shop.close(utc(7))
    slices = await shop.rows(
        "SELECT layer, from_at, quantity, amount FROM fee_slice WHERE tenant_id = $1"
        " ORDER BY from_at, layer"
    )
    assert slices == [
        (1, utc(6), Decimal(3), Decimal(90)),
        (2, utc(6, 11), Decimal(2), Decimal(40)),
        (1, utc(7), Decimal(5), Decimal(150)),
    ]
    (working,) = await shop.rows(
        "SELECT l.working FROM invoice_line l JOIN fee_slice f ON f.tenant_id = l.tenant_id"
        " AND f.invoice_id = l.invoice_id AND f.line_number = l.number AND f.layer = 2"
        " WHERE l.tenant_id = $1"
    )
    assert [(step["kind"], step["amount"]) for step in working[0]] == [
        ("base", "150"),
        ("proration", "100"),
        ("paid", "-60"),
    ]


async def test_the_highest_layers_are_given_back_first(shop: Shop) -> None:
    """Of 3 and 2 on top, 4 given back from 16 June are the 2 above and 2 of the 3 below.

    2 x 30 x 15/30 = 30.00 of the 40.00 for 20 days, on the invoice of July; 2 of 3 seats for
    15 of 30 days, 30.00, on the invoice of June.
    """
    account = await shop.customer(country="US")
    subscription = await shop.subscribed(
        account, ("seats", "3"), terms="anniversary", now=utc(6)
    )
    await shop.close(utc(6))
    item = await item_of(shop, subscription)
    await grown(shop, subscription, Decimal(5), at=utc(6, 11))
    await shop.close(utc(7))
    notes = await returned(
        shop,
        subscription,
        Unused(item, utc(6, 16), Decimal(4), until_at=utc(7)),
    )
    assert sorted(note.net for note in notes) == [Decimal(30), Decimal(30)]
    given = await shop.rows(
        "SELECT layer, quantity, worth FROM fee_credit WHERE tenant_id = $1 ORDER BY layer"
    )
    assert given == [(1, Decimal(2), Decimal(30)), (2, Decimal(2), Decimal(30))]


async def test_parts_given_back_sum_to_what_was_charged(shop: Shop) -> None:
    """A seat of 30.00 for April, given back in five parts: 30.00 and 6.00 tax, to the cent."""
    account = await shop.customer()
    subscription = await shop.subscribed(
        account, ("seats", "1"), terms="anniversary", now=utc(4)
    )
    await shop.close(utc(4))
    item = await item_of(shop, subscription)
    total = Decimal(0)
    for day in range(1, 31, 7):
        until = utc(4, day + 7) if day + 7 <= 30 else utc(5)
        (note,) = await returned(shop, subscription, Unused(item, utc(4, day), until_at=until))
        total += note.total
    assert total == Decimal(36)
    again = await returned(shop, subscription, Unused(item, utc(4)))
    assert again == []


async def test_under_proration_none_only_what_is_unused_altogether_is_given_back(
    shop: Shop,
) -> None:
    """Any day owes the whole month: from day 11 nothing is given back, from day 1 all of it."""
    account = await shop.customer(country="US")
    subscription = await shop.subscribed(account, ("seats", "1"), terms="whole", now=utc(4))
    await shop.close(utc(4))
    item = await item_of(shop, subscription)
    assert await returned(shop, subscription, Unused(item, utc(4, 11))) == []
    other = await shop.subscribed(
        await shop.customer(country="US"), ("seats", "1"), terms="whole", now=utc(4)
    )
    await shop.close(utc(4))
    (note,) = await returned(shop, other, Unused(await item_of(shop, other), utc(4)))
    assert note.net == Decimal(30)


async def test_a_test_clock_numbers_its_notes_in_its_own_series(shop: Shop) -> None:
    """The invoice is TEST-000001, the credit note TEST-000002."""
    account = await shop.customer(test_clock=utc(4))
    subscription = await shop.subscribed(
        account, ("seats", "1"), terms="anniversary", now=utc(4)
    )
    async with shop.at(utc(4)) as tx:
        await advance_clock(tx, account, to=utc(4, 2), pricing=shop.pricing)
    item = await item_of(shop, subscription)
    (note,) = await returned(shop, subscription, Unused(item, utc(4, 11)))
    assert (note.number, note.issue_date) == ("TEST-000002", date(2026, 4, 2))


async def test_an_account_reads_of_a_credit_note_in_its_history(shop: Shop) -> None:
    """What was credited, of which invoice, and why; a notification leaves too."""
    account = await shop.customer()
    subscription = await shop.subscribed(
        account, ("essential", "1"), terms="anniversary", now=utc(4)
    )
    await shop.close(utc(4))
    item = await item_of(shop, subscription)
    (note,) = await returned(shop, subscription, Unused(item, utc(4, 11)), reason="Upgrade")
    (entry,) = await shop.rows(
        "SELECT subject_id, details FROM history_entry"
        " WHERE tenant_id = $1 AND action = 'credit_note.issued'"
    )
    assert entry == (
        note.id,
        {
            "creditNote": "CN-000001",
            "invoice": "INV-000001",
            "total": "24.00",
            "currency": "EUR",
            "scope": "unused",
            "reason": "Upgrade",
        },
    )
    sent = await shop.rows(
        "SELECT subject_id FROM outbox WHERE tenant_id = $1 AND topic = 'credit_note.issued'"
    )
    assert sent == [(note.id,)]
