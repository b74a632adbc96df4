"""Another plan at once: with a new period that day, or prorated; with its credit notes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.catalogue.schema.terms import ChangeActs
from core.changes.change_plan import CannotActNow, ChangePlan, PlanChanged, change_plan_now
from core.changes.change_quantity import change_quantity_now
from core.payments.recording import ReceivedPayment, record_payment
from core.subscriptions.cancel import cancel
from core.subscriptions.reactivate import reactivate
from core.subscriptions.refusals import NothingToChange
from tests.building import Shop, utc
from tests.integration.changes.conftest import Held, held


async def changed(
    one: Held,
    plan: str | None = "double",
    *,
    at: datetime,
    when: ChangeActs | None = "reset",
    terms: str | None = None,
    quantities: Mapping[UUID, Decimal] | None = None,
) -> PlanChanged:
    """Change the plan."""
    asked = ChangePlan(one.subscription.id, plan, terms, quantities or {}, when)
    async with one.shop.at(at) as tx:
        return await change_plan_now(tx, asked, pricing=one.shop.pricing)


async def totals(one: Held) -> list[tuple[str, str]]:
    """Number and total of every document, in the order of their making."""
    return [(number, total) for number, total, _lines in await one.documents()]


async def periods(one: Held, stream: str) -> list[tuple[Any, ...]]:
    """Start, end and state of the periods of a stream."""
    return await one.shop.rows(
        "SELECT starts_at, ends_at, state FROM billing_period WHERE tenant_id = $1"
        " AND stream = $2 ORDER BY starts_at",
        stream,
    )


async def test_a_reset_on_day_11_of_30_gives_20_back_and_begins_a_month_at_60(
    shop: Shop,
) -> None:
    """Flexmail: 30 x 20/30 = 20.00 back; 60.00 from 11 April to 11 May.

    The 30.00 of April are not paid: the credit lowers them to 10.00, and 60.00 are due.
    """
    one = await held(shop, ("essential", "1"), ("email", "1"), terms="ahead", now=utc(4))
    done = await changed(one, at=utc(4, 11, 10))
    assert done.outcome.due_today == Decimal(60)
    assert await one.settlements() == [
        (Decimal(30), Decimal(0), Decimal(20)),
        (Decimal(60), Decimal(0), Decimal(0)),
    ]
    assert (await periods(one, "fees"))[:2] == [
        (utc(4), utc(4, 11, 10), "billed"),
        (utc(4, 11, 10), utc(5, 11), "open"),
    ]
    assert (await periods(one, "usage"))[:2] == [
        (utc(4), utc(4, 11, 10), "open"),
        (utc(4, 11, 10), utc(5, 11), "open"),
    ]
    await shop.close(utc(4, 12))
    await shop.close(utc(5, 11))
    assert await totals(one) == [
        ("INV-1", "30.00"), ("CN-1", "20.00"), ("INV-2", "60.00"), ("INV-3", "60.00"),
    ]  # fmt: skip


async def test_a_year_after_100_of_365_days_leaves_412_77_to_pay(shop: Shop) -> None:
    """30 x 12 x 0.9 = 324 in the example; here 360 x 265/365 = 261.369... = 261.37 of 360.

    The new year of 720.00 starts that day; 720.00 - 261.37 = 458.63 once 360.00 are paid.
    """
    one = await held(shop, ("essential", "1"), terms="a-year", now=utc(1))
    await paid(one, Decimal(360), at=utc(1, 2))
    done = await changed(one, at=utc(4, 11, 9))
    assert done.outcome.due_today == Decimal("458.63")
    await shop.close(utc(4, 12))
    assert (await periods(one, "fees"))[1][:2] == (utc(4, 11, 9), utc(4, 11, year=2027))


async def paid(one: Held, amount: Decimal, *, at: datetime) -> None:
    """Receive a payment of the account."""
    async with one.shop.at(at) as tx:
        payment = ReceivedPayment(
            account_id=one.subscription.account_id, amount=amount, reference="r-1"
        )
        await record_payment(tx, payment)


async def test_prorate_keeps_the_period_and_charges_what_has_another_price(
    shop: Shop,
) -> None:
    """From 11 April: 30 x 20/30 = 20.00 back, 60 x 20/30 = 40.00; support stays at 15."""
    one = await held(shop, ("essential", "1"), ("support", "1"), terms="ahead", now=utc(4))
    done = await changed(one, at=utc(4, 11, 10), when="prorate")
    assert done.outcome.due_today == Decimal(40)
    await shop.close(utc(5))
    assert [document[1:] for document in await one.documents()] == [
        ("45.00", [("Essential", 1, "30.00"), ("Support", 1, "15.00")]),
        ("20.00", [("Essential", 1, "20.00")]),
        ("40.00", [("Essential", 1, "40.00")]),
        ("75.00", [("Essential", 1, "60.00"), ("Support", 1, "15.00")]),
    ]


async def test_terms_say_how_an_upgrade_and_a_downgrade_act(shop: Shop) -> None:
    """`upgrade: reset`, `downgrade: prorate`: 60 from the 11th, back on the 21st.

    Up: 20.00 back, 60.00. Down, 10 of the 30 days of [11 April, 11 May) are over:
    60 x 20/30 = 40.00 back, 30 x 20/30 = 20.00.
    """
    one = await held(shop, ("essential", "1"), terms="credits", now=utc(4))
    up = await changed(one, at=utc(4, 11), when=None)
    down = await changed(one, "simple", at=utc(4, 21), when=None)
    assert (up.when, down.when) == ("reset", "prorate")
    await shop.close(utc(5, 11))
    assert await totals(one) == [
        ("INV-1", "30.00"), ("CN-1", "20.00"), ("INV-2", "60.00"), ("CN-2", "40.00"),
        ("INV-3", "20.00"), ("INV-4", "30.00"),
    ]  # fmt: skip


async def test_two_resets_on_one_day_charge_that_day_once(shop: Shop) -> None:
    """Up at 9 and back at 15 on 11 April: what was charged at 9 is given back whole.

    20.00 back and 60.00; then 60.00 back and 30.00 for [11 April, 11 May).
    """
    one = await held(shop, ("essential", "1"), terms="ahead", now=utc(4))
    await changed(one, at=utc(4, 11, 9))
    await changed(one, "simple", at=utc(4, 11, 15))
    await shop.close(utc(5, 11))
    assert await totals(one) == [
        ("INV-1", "30.00"), ("CN-1", "20.00"), ("INV-2", "60.00"), ("CN-2", "60.00"),
        ("INV-3", "30.00"), ("INV-4", "30.00"),
    ]  # fmt: skip


async def test_two_resets_at_one_instant_leave_the_second(shop: Shop) -> None:
    """On a clock that stands still: the period that begins then is reshaped, not empty."""
    one = await held(shop, ("essential", "1"), terms="ahead", now=utc(4))
    await changed(one, at=utc(4, 11, 9))
    await changed(one, "simple", at=utc(4, 11, 9))
    await changed(one, at=utc(4, 11, 9), terms="a-year")
    # 60.00 and 30.00 are given back whole; a year is 60 x 12
    await shop.close(utc(4, 12))
    assert sorted(await totals(one)) == [
        ("CN-1", "20.00"), ("CN-2", "60.00"), ("CN-3", "30.00"),
        ("INV-1", "30.00"), ("INV-2", "60.00"), ("INV-3", "30.00"), ("INV-4", "720.00"),
    ]  # fmt: skip


async def test_a_reset_at_the_instant_of_a_renewal_reshapes_its_period(shop: Shop) -> None:
    """May is billed at its first instant, and given back whole: 60.00 instead."""
    one = await held(shop, ("essential", "1"), terms="ahead", now=utc(4))
    await shop.close(utc(5))
    await changed(one, at=utc(5))
    await shop.close(utc(6))
    assert [total for _number, total in await totals(one)] == [
        "30.00", "30.00", "30.00", "60.00", "60.00",
    ]  # fmt: skip


async def test_on_the_last_day_one_day_is_given_back(shop: Shop) -> None:
    """30 x 1/30 = 1.00 on 30 April; the new month runs to 30 May."""
    one = await held(shop, ("essential", "1"), terms="ahead", now=utc(4))
    await changed(one, at=utc(4, 30, 23))
    await shop.close(utc(5, 30))
    assert [total for _number, total in await totals(one)] == [
        "30.00", "1.00", "60.00", "60.00",
    ]  # fmt: skip


async def test_a_change_then_a_cancellation_then_a_reactivation(shop: Shop) -> None:
    """Reset on the 11th, cancelled until 11 May, reactivated: 60.00 again from then on."""
    one = await held(shop, ("essential", "1"), terms="ahead", now=utc(4))
    await changed(one, at=utc(4, 11))
    async with shop.at(utc(4, 12)) as tx:
        ending = await cancel(tx, subscription_id=one.subscription.id)
    assert ending.ends_at == utc(5, 11)
    async with shop.at(utc(4, 20)) as tx:
        await reactivate(tx, subscription_id=one.subscription.id)
    await shop.close(utc(5, 11))
    assert [total for _number, total in await totals(one)][-2:] == ["60.00", "60.00"]


async def test_plan_terms_and_units_change_in_one_verb(shop: Shop) -> None:
    """From 3 seats monthly to 5 by the year at the double price: 5 x 60 x 12 = 3600.00.

    3 x 30 x 20/30 = 60.00 are given back.
    """
    one = await held(shop, ("seats", "3"), terms="ahead", now=utc(4))
    seats = await one.item("seats", at=utc(4))
    done = await changed(
        one, at=utc(4, 11), terms="a-year", quantities={seats.item_id: Decimal(5)}
    )
    assert done.outcome.due_today == Decimal(3600)
    await shop.close(utc(4, 11, 12))
    assert [total for _number, total in await totals(one)] == ["90.00", "60.00", "3600.00"]


async def test_the_same_choice_may_wait_for_the_period_s_end(shop: Shop) -> None:
    """Nothing today; a year of 5 seats from 1 May."""
    one = await held(shop, ("seats", "3"), terms="ahead", now=utc(4))
    seats = await one.item("seats", at=utc(4))
    done = await changed(
        one, at=utc(4, 11), terms="a-year", quantities={seats.item_id: Decimal(5)},
        when="period_end",
    )  # fmt: skip
    assert (done.phase.from_at, done.outcome.invoice_ids) == (utc(5), ())
    await shop.close(utc(5))
    assert [total for _number, total in await totals(one)] == ["90.00", "3600.00"]


async def test_fewer_chosen_for_the_next_period_act_with_a_reset(shop: Shop) -> None:
    """10 become 6 with the new period, which begins today: 6 x 60.00."""
    one = await held(shop, ("seats", "10"), terms="ahead", now=utc(4))
    seats = await one.item("seats", at=utc(4))
    async with shop.at(utc(4, 5)) as tx:
        await change_quantity_now(
            tx, item_id=seats.item_id, quantity=Decimal(6), pricing=shop.pricing
        )
    await changed(one, at=utc(4, 11))
    await shop.close(utc(5, 11))
    assert [total for _number, total in await totals(one)] == [
        "300.00", "200.00", "360.00", "360.00",
    ]  # fmt: skip


async def test_usage_before_and_behind_a_reset_has_its_own_price(shop: Shop) -> None:
    """1,000 e-mails each side: 1.90 with the old plan, 3.80 with the new one."""
    one = await held(shop, ("essential", "1"), ("email", "1"), terms="ahead", now=utc(4))
    account = one.subscription.account_id
    await shop.emails(account, 1000, on=utc(4, 11, 8), now=utc(4, 11, 9))
    await changed(one, at=utc(4, 11, 10))
    await shop.emails(account, 1000, on=utc(4, 11, 11))
    await shop.emails(account, 500, on=utc(4, 11, 7), now=utc(4, 11, 12))
    await shop.close(utc(4, 12))
    await shop.close(utc(5, 11))
    # 1,500 before: two batches
    lines = [line for document in await one.documents() for line in document[2]]
    assert [line[2] for line in lines if line[0] == "E-mails"] == ["3.80", "3.80"]


async def test_under_arrears_a_reset_bills_the_days_until_then(shop: Shop) -> None:
    """30 x 10/30 = 10.00 for the first ten days; 60.00 on 11 May."""
    one = await held(shop, ("essential", "1"), terms="arrears", now=utc(4))
    done = await changed(one, at=utc(4, 11, 10))
    assert done.outcome == ((), (), Decimal(0), "EUR")
    await shop.close(utc(4, 12))
    await shop.close(utc(5, 11))
    assert await totals(one) == [("INV-1", "10.00"), ("INV-2", "60.00")]


async def test_prices_by_other_frequencies_are_not_prorated(shop: Shop) -> None:
    """And what holds already is no change; nothing is left behind."""
    one = await held(shop, ("essential", "1"), terms="ahead", now=utc(4))
    with pytest.raises(CannotActNow):
        await changed(one, at=utc(4, 11), terms="a-year", when="prorate")
    with pytest.raises(NothingToChange):
        await changed(one, "simple", at=utc(4, 11))
    assert await totals(one) == [("INV-1", "30.00")]
