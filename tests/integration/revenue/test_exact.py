"""Recurring revenue is the price of a whole period, whatever part of it was charged.

A cent of rounding on one day of a month is thirty cents of the month: the price is read from
the working of the line that charged the part, and never guessed from its amount.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.db import Database
from core.discounts.grant import GrantDiscount, grant_discount
from tests.building import open_shop, utc

from .conftest import Selling, moves

CATALOGUE = """
products:
  seats: {kind: licence, name: Seats, unit_label: seat}
  support: {kind: termed_service, name: Support}
  hosting: {kind: termed_service, name: Hosting}
  gold: {kind: termed_service, name: Gold}
price_plans:
  odd:
    name: Odd prices
    currency: EUR
    rates:
      seats: {base: 19.99}
      support: {base: 15}
      hosting: {base: 100, per: year}
      gold:
        {driver: maturity, model: tiered, base: 19.99,
        tiers: [{from: 1, to: 3, price: 10}, {from: 4, price: 19.99}]}
  gross:
    name: With tax
    currency: EUR
    tax: inclusive
    rates:
      seats: {base: 36}
  stairs:
    name: Cheaper by the dozen
    currency: EUR
    rates:
      seats:
        {model: tiered, base: 14.99,
        tiers: [{from: 1, to: 3, price: 19.99}, {from: 4, price: 14.99}]}
billing_terms:
  monthly:
    {name: Monthly, plans: [odd, gross, stairs], default_plan: odd, discounts: flexible}
  yearly:
    {name: Yearly, frequency: year, usage_frequency: month, fixed_charges: advance,
    plans: [odd], discounts: flexible}
  seconds: {name: By the second, proration: second, plans: [odd], discounts: flexible}
  whole: {name: Whole months, proration: none, plans: [odd]}
  ahead:
    {name: Ahead, anchor: anniversary, fixed_charges: advance, plans: [odd, stairs],
    fewer: credit}
discounts:
  tenth: {name: A tenth, method: ad_hoc, percent: 10}
  later: {name: Five more, method: ad_hoc, percent: 5, level: 2}
  money: {name: Money off, method: ad_hoc, amount: 5, currency: EUR, per: month}
"""


@pytest.fixture
async def selling(db: Database) -> Selling:
    """A seller whose prices have cents."""
    return Selling(await open_shop(db, catalogue=CATALOGUE))


ROWS = {
    "19.99 for the last of 31 days: 0.64 charged, of which 31 would be 19.84": (
        "seats", "monthly", "odd", (1, 31, 0), "19.99",
    ),
    "15.00 for 22 of 31 days: 10.65 charged, of which a month would be 15.01": (
        "support", "monthly", "odd", (1, 10, 0), "15.00",
    ),
    "19.99 by the second for 30 of 744 hours: 0.81 charged, a month would be 20.09": (
        "seats", "seconds", "odd", (1, 30, 18), "19.99",
    ),
    "36.00 with 20 % in it for one day: 1.16 with 0.97 net, a month would be 30.10": (
        "seats", "monthly", "gross", (1, 31, 0), "30.00",
    ),
    "100.00 for 12 months, by the month: 8.33; one day is 0.27, of which 31 are 8.37": (
        "hosting", "monthly", "odd", (1, 31, 0), "8.33",
    ),
    "a year of 12 x 19.99 = 239.88 without its first 30 days: 19.99 a month": (
        "seats", "yearly", "odd", (1, 31, 0), "19.99",
    ),
    "100.00 a year on yearly terms, 335 of 365 days: 91.78 charged, 100 / 12 = 8.33": (
        "hosting", "yearly", "odd", (1, 31, 0), "8.33",
    ),
    "any part costs all of it: 19.99 for one day": (
        "seats", "whole", "odd", (1, 31, 0), "19.99",
    ),
    "the first month of life at 10.00, for one of its days: 0.32 charged": (
        "gold", "monthly", "odd", (1, 31, 0), "10.00",
    ),
}  # fmt: skip


Bought = tuple[str, str, str, tuple[int, int, int], str]


@pytest.mark.parametrize("bought", ROWS.values(), ids=ROWS)
async def test_a_part_counts_as_the_price_of_the_whole(
    selling: Selling, bought: Bought
) -> None:
    """One row per way of charging a part, with its arithmetic in the name."""
    product, terms, plan, start, expected = bought
    shop = selling.shop
    account = await shop.customer()
    await shop.subscribed(account, (product, "1"), terms=terms, plan=plan, now=utc(*start))
    await selling.close_until(1, 31)
    await selling.close_until(2)

    (month,) = await selling.months(1, 1)
    assert moves(month) == {"new": expected, "ending": expected}


@pytest.mark.parametrize("terms", ["monthly", "seconds", "yearly"])
async def test_a_percentage_of_a_part_is_that_of_the_whole(
    selling: Selling, terms: str
) -> None:
    """19.99 less 10 %, then 5 % of the rest: 19.99 x 0.9 x 0.95 = 17.09145, in every month.

    The 0.64 of the last day of January are reduced by 0.06 and 0.03: of 31 they would be 17.18.
    """
    shop = selling.shop
    made = await shop.subscribed(
        await shop.customer(), ("seats", "1"), terms=terms, plan="odd", now=utc(1, 31)
    )
    async with shop.at(utc(1, 31)) as tx:
        for code in ("tenth", "later"):
            await grant_discount(tx, GrantDiscount(code, subscription=made.id), unit_id=None)
    await selling.close_until(1, 31)
    await selling.close_until(2)
    await selling.close_until(3)

    assert [moves(one) for one in await selling.months(1, 2)] == [
        {"new": "17.09", "ending": "17.09"},
        {"start": "17.09", "ending": "17.09"},
    ]


async def test_money_off_counts_as_it_was_taken_off(selling: Selling) -> None:
    """5.00 a month off 15.00 from 10 January: 3.55 off 10.65 are a third; 10.00 a month."""
    shop = selling.shop
    made = await shop.subscribed(await shop.customer(), ("support", "1"), now=utc(1, 10),
                                 plan="odd")  # fmt: skip
    async with shop.at(utc(1, 10)) as tx:
        await grant_discount(tx, GrantDiscount("money", subscription=made.id), unit_id=None)
    await selling.close_until(2)
    await selling.close_until(3)

    assert [moves(one) for one in await selling.months(1, 2)] == [
        {"new": "10.00", "ending": "10.00"},
        {"start": "10.00", "ending": "10.00"},
    ]


async def test_seats_bought_on_the_last_day_count_their_own_tier(selling: Selling) -> None:
    """3 at 19.99 on 14 April, 5 from 13 May, one day before the end: 2 x 14.99 more.

    59.97 + 29.98 = 89.95. One of 30 days are 1.00 (0.9993), of which 30 would be 30.00.
    """
    shop = selling.shop
    made = await shop.subscribed(
        await shop.customer(opened=utc(4, 14), country="US"), ("seats", "3"), terms="ahead",
        plan="stairs", now=utc(4, 14),
    )  # fmt: skip
    await selling.close_until(4, 14)
    await selling.seats(made.id, 5, at=utc(4, 30))

    (month,) = await selling.months(4, 4)
    assert moves(month) == {"new": "89.95", "ending": "89.95"}


async def test_seats_given_back_on_the_last_day_count_no_more(selling: Selling) -> None:
    """10 at 19.99 are 199.90; 4 given back for the last day leave 6 x 19.99 = 119.94.

    4 x 19.99 / 30 = 2.67 was given back; 30 times that would be 80.10, not 79.96.
    """
    shop = selling.shop
    made = await shop.subscribed(
        await shop.customer(opened=utc(4), country="US"), ("seats", "10"), terms="ahead",
        plan="odd", now=utc(4),
    )  # fmt: skip
    await selling.close_until(4)
    await selling.seats(made.id, 6, at=utc(4, 30))

    (month,) = await selling.months(4, 4)
    assert moves(month) == {"new": "119.94", "ending": "119.94"}
    ((given_back,),) = await shop.rows("SELECT worth FROM fee_credit WHERE tenant_id = $1")
    assert given_back == Decimal("2.67")


async def test_months_and_their_parts_are_the_same_sum(selling: Selling) -> None:
    """Seats 3 x 19.99 = 59.97, support 15.00 and hosting 8.33 from the 31st: 83.30."""
    shop = selling.shop
    await shop.subscribed(
        await shop.customer(), ("seats", "3"), ("support", "1"), ("hosting", "1"),
        plan="odd", now=utc(1, 31),
    )  # fmt: skip
    await selling.close_until(2)
    await selling.close_until(3)

    found = await selling.months(1, 2)
    assert [moves(one) for one in found] == [
        {"new": "83.30", "ending": "83.30"},
        {"start": "83.30", "ending": "83.30"},
    ]
    parts = await selling.parts(1, 2, by="product")
    assert [(one.code, [f"{amount:.2f}" for amount in one.amounts]) for one in parts] == [
        ("seats", ["59.97", "59.97"]),
        ("support", ["15.00", "15.00"]),
        ("hosting", ["8.33", "8.33"]),
    ]
