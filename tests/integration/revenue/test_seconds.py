"""Recurring revenue where parts of periods are priced by the second."""

from __future__ import annotations

import pytest

from core.db import Database
from tests.building import open_shop, utc

from .conftest import CATALOGUE, Selling, moves

SECONDS = CATALOGUE + (
    "  seconds: {name: By the second, proration: second, plans: [simple]}\n"
    "  seconds-ahead: {name: Ahead by the second, proration: second, fixed_charges: advance,"
    " plans: [simple]}\n"
)


@pytest.mark.parametrize("terms", ["seconds", "seconds-ahead"])
async def test_the_last_hours_of_a_month_count_as_a_whole_one(db: Database, terms: str) -> None:
    """Support at 15.00 from 30 January, 18:00: 30 of 744 hours are 0.60.

    0.595 to 0.605 times 744 / 30 are 14.76 to 15.00: 15.00, as in February. By days, two of
    them, it would count 9.30, and February would have grown by 5.70.
    """
    selling = Selling(await open_shop(db, catalogue=SECONDS))
    account = await selling.shop.customer(country="US")
    await selling.shop.subscribed(account, ("support", "1"), terms=terms, now=utc(1, 30, 18))
    await selling.close_until(1, 31)
    await selling.close_until(3, 1)

    assert [moves(one) for one in await selling.months(1, 2)] == [
        {"new": "15.00", "ending": "15.00"},
        {"start": "15.00", "ending": "15.00"},
    ]
