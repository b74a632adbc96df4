"""More at once on an amendment invoice, fewer with the period, at once, or with a credit."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from core.catalogue.schema.terms import Fewer
from core.changes.change_quantity import ItemChanged, change_quantity_now
from tests.building import Shop, utc
from tests.integration.changes.conftest import Held, held


async def changed(
    one: Held, quantity: int, *, at: datetime, when: Fewer | None = None
) -> ItemChanged:
    """Give the seats another quantity."""
    item = await one.item("seats", at=at)
    async with one.shop.at(at) as tx:
        return await change_quantity_now(
            tx, item_id=item.item_id, quantity=Decimal(quantity), when=when,
            pricing=one.shop.pricing,
        )  # fmt: skip


async def test_two_more_on_day_11_are_invoiced_that_day(shop: Shop) -> None:
    """5 x 30 less 3 x 30 for 20 of 30 days are 40.00; 5 x 30.00 ahead on 14 May."""
    one = await held(shop, ("seats", "3"), terms="ahead", now=utc(4, 14))
    done = await changed(one, 5, at=utc(4, 24, 11))
    assert (done.item.quantity, done.outcome.due_today) == (Decimal(5), Decimal(40))
    await shop.close(utc(5, 14))
    assert await one.documents() == [
        ("INV-1", "90.00", [("Seats", 3, "90.00")]),
        ("INV-2", "40.00", [("Seats", 2, "40.00")]),
        ("INV-3", "150.00", [("Seats", 5, "150.00")]),
    ]


async def test_terms_may_leave_more_to_the_next_invoice(shop: Shop) -> None:
    """`more: next_invoice`: the 40.00 of April come with May's 150.00."""
    one = await held(shop, ("seats", "3"), terms="later", now=utc(4, 14))
    done = await changed(one, 5, at=utc(4, 24))
    assert done.outcome == ((), (), Decimal(0), "EUR")
    await shop.close(utc(5, 14))
    assert (await one.documents())[1:] == [
        ("INV-2", "190.00", [("Seats", 2, "40.00"), ("Seats", 5, "150.00")]),
    ]


async def test_fewer_with_credit_gives_back_what_is_not_used(shop: Shop) -> None:
    """4 of 10 from 10 July of [6 July, 6 August): 4 x 30 x 27/31 = 104.516... = 104.52.

    The invoice of 300.00 is not paid: 195.48 of it are left to pay.
    """
    one = await held(shop, ("seats", "10"), terms="credits", now=utc(7, 6))
    done = await changed(one, 6, at=utc(7, 10, 9))
    assert (done.outcome.due_today, len(done.outcome.credit_note_ids)) == (Decimal(0), 1)
    assert await one.settlements() == [(Decimal(300), Decimal(0), Decimal("104.52"))]
    await shop.close(utc(8, 6))
    assert await one.documents() == [
        ("INV-1", "300.00", [("Seats", 10, "300.00")]),
        ("CN-1", "104.52", [("Seats", 4, "104.52")]),
        ("INV-2", "180.00", [("Seats", 6, "180.00")]),
    ]


async def test_paid_seats_removed_and_added_again_cost_nothing(shop: Shop) -> None:
    """10 paid, 6 from the 10th, 10 again from the 20th: nothing; 12 then: 2 for 12 days."""
    one = await held(shop, ("seats", "10"), terms="ahead", now=utc(7, 6))
    await changed(one, 6, at=utc(7, 10), when="at_once")
    again = await changed(one, 10, at=utc(7, 20))
    assert again.outcome == ((), (), Decimal(0), "EUR")
    # 12 x 30 x 12/31 less 10 x 30 x 12/31: 139.354... - 116.129... = 23.2258... = 23.23
    more = await changed(one, 12, at=utc(7, 25))
    assert more.outcome.due_today == Decimal("23.23")
    await shop.close(utc(8, 6))
    assert [document[:2] for document in await one.documents()] == [
        ("INV-1", "300.00"), ("INV-2", "23.23"), ("INV-3", "360.00"),
    ]  # fmt: skip


async def test_fewer_act_with_the_next_period_where_nothing_else_is_agreed(shop: Shop) -> None:
    """6 of 10 from 6 August on; nothing is given back."""
    one = await held(shop, ("seats", "10"), terms="ahead", now=utc(7, 6))
    done = await changed(one, 6, at=utc(7, 10))
    assert (done.item.from_at, done.outcome.due_today) == (utc(8, 6), Decimal(0))
    await shop.close(utc(8, 6))
    assert [document[1] for document in await one.documents()] == ["300.00", "180.00"]


async def test_what_was_credited_and_is_wanted_again_is_charged_again(shop: Shop) -> None:
    """Given back 104.52; 10 again the same day: 4 x 30 x 27/31 = 104.52 once more."""
    one = await held(shop, ("seats", "10"), terms="credits", now=utc(7, 6))
    await changed(one, 6, at=utc(7, 10, 9))
    done = await changed(one, 10, at=utc(7, 10, 15))
    assert done.outcome.due_today == Decimal("104.52")


@pytest.mark.parametrize("when", ["at_once", "credit", "period_end"])
async def test_on_the_last_day_of_a_period_a_day_is_at_stake(shop: Shop, when: Fewer) -> None:
    """Day 30 of April 14 - May 13: one of 30 days of 2 x 30 is 2.00, or nothing."""
    one = await held(shop, ("seats", "5"), terms="ahead", now=utc(4, 14))
    await changed(one, 3, at=utc(5, 13, 23), when=when)
    notes = [each[1] for each in await one.documents() if each[0].startswith("CN")]
    assert notes == (["2.00"] if when == "credit" else [])
