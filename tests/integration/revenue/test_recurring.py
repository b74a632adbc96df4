"""Recurring revenue: what counts, what moves it, and that it always adds up."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from uuid import UUID

import pytest

from core.billing_cycles.advance_clock import advance_clock
from tests.building import utc

from .conftest import Selling, moves


async def test_part_of_a_month_counts_as_a_whole_one(selling: Selling) -> None:
    """30.00 a month from 10 January: 22 of 31 days cost 21.29, which count 30.00."""
    shop = selling.shop
    await shop.subscribed(await shop.customer(), ("seats", "1"), now=utc(1, 10))
    await selling.close_until(2)
    (month,) = await selling.months(1, 1)
    assert moves(month) == {"new": "30.00", "ending": "30.00"}
    assert (month.customers_before, month.customers_new, month.customers) == (0, 1, 1)
    assert (month.subscriptions, month.is_final) == (1, True)


async def test_a_year_counts_a_twelfth_in_each_month(selling: Selling) -> None:
    """12 x 30.00 from 1 January, paid at once: 30.00 at the end of each month."""
    shop = selling.shop
    await shop.subscribed(await shop.customer(), ("seats", "1"), terms="yearly", now=utc(1))
    await selling.close_until(1, 2)
    found = await selling.months(1, 3)
    assert [moves(one) for one in found] == [
        {"new": "30.00", "ending": "30.00"},
        {"start": "30.00", "ending": "30.00"},
        {"start": "30.00", "ending": "30.00"},
    ]


async def test_a_week_counts_its_share_of_a_month(selling: Selling) -> None:
    """7.00 a week are 7.00 x 30.4375 / 7 = 30.4375 a month: 30.44."""
    shop = selling.shop
    account = await shop.customer()
    await shop.subscribed(account, ("seats", "1"), terms="weekly", now=utc(1))
    for day in (1, 5, 12, 19, 26):
        await selling.close_until(1, day)
    (month,) = await selling.months(1, 1)
    assert moves(month) == {"new": "30.44", "ending": "30.44"}


async def test_what_was_given_back_counts_no_more(selling: Selling) -> None:
    """10 seats on 6 July are 300.00; 4 fewer on 10 July give back 104.52 for 27 of 31 days.

    104.52 x 31 / 27 = 120.00, and 180.00 are left.
    """
    shop = selling.shop
    made = await shop.subscribed(
        await shop.customer(opened=utc(7, 6), country="US"), ("seats", "10"), terms="ahead",
        now=utc(7, 6),
    )  # fmt: skip
    await selling.close_until(7, 6)
    await selling.seats(made.id, 6, at=utc(7, 10, 9))
    (month,) = await selling.months(7, 7)
    assert moves(month) == {"new": "180.00", "ending": "180.00"}


async def test_more_within_a_period_counts_with_its_layer(selling: Selling) -> None:
    """3 seats on 14 April, 5 from 24 April: 40.00 for 20 of 30 days count 60.00 more."""
    shop = selling.shop
    made = await shop.subscribed(
        await shop.customer(opened=utc(4, 14), country="US"), ("seats", "3"), terms="ahead",
        now=utc(4, 14),
    )  # fmt: skip
    await selling.close_until(4, 14)
    await selling.seats(made.id, 5, at=utc(4, 24))
    (month,) = await selling.months(4, 4)
    assert moves(month) == {"new": "150.00", "ending": "150.00"}


async def test_amounts_are_net_also_under_a_plan_with_tax(selling: Selling) -> None:
    """36.00 with 20 % in it are 30.00."""
    shop = selling.shop
    await shop.subscribed(await shop.customer(), ("seats", "1"), plan="gross", now=utc(1))
    await selling.close_until(2)
    (month,) = await selling.months(1, 1)
    assert moves(month) == {"new": "30.00", "ending": "30.00"}


async def test_what_is_used_does_not_recur(selling: Selling) -> None:
    """500.00 of e-mails beside 30.00 of seats."""
    shop = selling.shop
    account = await shop.customer()
    await shop.subscribed(account, ("seats", "1"), ("email", "1"), now=utc(1))
    await shop.emails(account, 1000, on=utc(1, 5))
    await selling.close_until(2)
    (month,) = await selling.months(1, 1)
    assert moves(month) == {"new": "30.00", "ending": "30.00"}


async def test_test_accounts_are_left_out_unless_asked(selling: Selling) -> None:
    """A customer on a test clock buys 30.00."""
    shop = selling.shop
    account = await shop.customer(test_clock=utc(1))
    await shop.subscribed(account, ("seats", "1"), now=utc(1))
    async with shop.at() as tx:
        await advance_clock(tx, account, to=utc(2, 2), pricing=shop.pricing)
    (month,) = await selling.months(1, 1)
    assert (moves(month), month.subscriptions) == ({}, 0)
    (month,) = await selling.months(1, 1, with_tests=True)
    assert (moves(month), month.subscriptions) == ({"new": "30.00", "ending": "30.00"}, 1)


async def test_who_comes_grows_shrinks_leaves_and_comes_back(selling: Selling) -> None:
    """One grows by a seat in February and loses two in April; one leaves and comes back."""
    shop = selling.shop
    first = await shop.customer("First", country="US")
    second = await shop.customer("Second", country="US")
    growing = await shop.subscribed(first, ("seats", "2"), terms="ahead", now=utc(1))
    leaving = await shop.subscribed(second, ("seats", "1"), terms="ahead", now=utc(1))
    await selling.close_until(1, 2)
    await selling.close_until(2, 2)
    await selling.seats(growing.id, 3, at=utc(2, 10))
    await selling.end(leaving.id, at=utc(2, 10))
    await selling.close_until(3, 2)
    await selling.close_until(4, 2)
    await selling.seats(growing.id, 1, at=utc(4, 10))
    await shop.subscribed(second, ("seats", "1"), terms="ahead", now=utc(4, 20))
    await selling.close_until(4, 21)
    found = await selling.months(1, 4)
    assert [moves(one) for one in found] == [
        {"new": "90.00", "ending": "90.00"},
        {"start": "90.00", "expansion": "30.00", "ending": "120.00"},
        {"start": "120.00", "churn": "30.00", "ending": "90.00"},
        {"start": "90.00", "reactivation": "30.00", "contraction": "60.00",
         "ending": "60.00"},
    ]  # fmt: skip
    assert [(one.customers_lost, one.customers_back, one.subscriptions) for one in found] == [
        (0, 0, 2), (0, 0, 2), (1, 0, 1), (0, 1, 2),
    ]  # fmt: skip


async def test_a_breakdown_is_the_whole(selling: Selling) -> None:
    """Two seats are 60.00 and support 15.00 of January's 75.00."""
    shop = selling.shop
    account = await shop.customer()
    await shop.subscribed(account, ("seats", "2"), ("support", "1"), now=utc(1, 10))
    await selling.close_until(2)
    by_product = await selling.parts(1, 1, by="product")
    assert [(one.code, f"{one.amounts[0]:.2f}") for one in by_product] == [
        ("seats", "60.00"), ("support", "15.00"),
    ]  # fmt: skip
    by_plan = await selling.parts(1, 1, by="plan")
    assert [(one.code, f"{one.amounts[0]:.2f}") for one in by_plan] == [("simple", "75.00")]


async def test_a_month_in_arrears_is_final_once_it_is_billed(selling: Selling) -> None:
    """In January 30.00 were sold; nothing is charged before the closing of February."""
    shop = selling.shop
    await shop.subscribed(await shop.customer(), ("seats", "1"), now=utc(1))
    (month,) = await selling.months(1, 1)
    assert (moves(month), month.is_final) == ({}, False)
    await selling.close_until(2)
    (month,) = await selling.months(1, 1)
    assert (moves(month), month.is_final) == ({"new": "30.00", "ending": "30.00"}, True)


@pytest.mark.parametrize("seed", range(4))
async def test_start_and_movements_are_always_the_end(selling: Selling, seed: int) -> None:
    """Lives in many ways: every month adds up, begins where the last ended, and has its parts.

    And those who came and went make up the number of customers.
    """
    chance = random.Random(seed)
    clients = [Client(selling, f"Client {number}") for number in range(3)]
    for month in range(1, 7):
        for client in clients:
            await client.does(chance, month)
        await selling.close_until(month + 1, 1)
    found = await selling.months(1, 6)
    assert any(one.ending for one in found)
    for before, after in pairwise(found):
        assert before.ending == after.start
        assert before.customers == after.customers_before
    for one in found:
        came = one.start + one.new + one.reactivation + one.expansion
        assert came - one.contraction - one.churn == one.ending
        assert one.customers == (
            one.customers_before + one.customers_new + one.customers_back - one.customers_lost
        )
    for parts in (
        await selling.parts(1, 6, by="plan"),
        await selling.parts(1, 6, by="product"),
    ):
        for place, one in enumerate(found):
            assert sum(part.amounts[place] for part in parts) == one.ending


@dataclass(slots=True)
class Client:
    """A customer who does something each month, or nothing."""

    selling: Selling
    name: str
    account: UUID | None = None
    held: list[tuple[UUID, bool]] = field(default_factory=list)

    async def does(self, chance: random.Random, month: int) -> None:
        """Subscribe, change the seats or leave."""
        choice = chance.choice(["subscribe", "seats", "end", "nothing"])
        if choice == "subscribe":
            await self.subscribes(chance, utc(month, chance.randint(1, 28), 9))
            await self.selling.close_until(month, 28)
        elif self.held and choice == "seats" and self.held[-1][1]:
            wanted = chance.randint(10, 20)
            await self.selling.seats(self.held[-1][0], wanted, at=utc(month, 28, 10))
        elif self.held and choice == "end":
            await self.selling.end(self.held.pop()[0], at=utc(month, 28, 11))

    async def subscribes(self, chance: random.Random, day: datetime) -> None:
        """Take some seats on terms of some kind."""
        if self.account is None:
            self.account = await self.selling.shop.customer(self.name, country="US")
        terms = chance.choice(["ahead", "monthly", "yearly"])
        seats = ("seats", str(chance.randint(1, 9)))
        made = await self.selling.shop.subscribed(self.account, seats, terms=terms, now=day)
        self.held.append((made.id, terms == "ahead"))
