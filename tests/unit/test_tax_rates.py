"""Who taxes a sale, and at which rate."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from core.tax.rates import Sale, stated_rates, tax_rates

DAY = date(2026, 1, 1)


@pytest.mark.parametrize(
    ("seller", "buyer", "numbered", "day", "percent"),
    [
        ("FR", "FR", True, DAY, "20"),  # at home, a number changes nothing
        ("FR", "DE", False, DAY, "19"),  # a consumer pays its own country's
        ("FR", "DE", True, DAY, "0"),  # reverse charge
        ("FR", "US", False, DAY, "0"),  # an export
        ("GB", "FR", False, DAY, "0"),  # from outside of the union too
        ("CY", "CY", False, date(2015, 6, 1), "19"),
        ("DE", "DE", False, date(2020, 12, 31), "16"),  # the last day of the lowered rate
        ("DE", "DE", False, date(2021, 1, 1), "19"),
        ("FI", "FI", False, date(2024, 8, 31), "24"),
        ("FI", "FI", False, date(2024, 9, 1), "25.5"),
    ],
)
def test_the_rate_follows_from_seller_buyer_and_day(
    *, seller: str, buyer: str, numbered: bool, day: date, percent: str
) -> None:
    """The table of the rule, its boundaries included."""
    found = tax_rates(Sale(seller, buyer, numbered, day), ["standard"], stated={})
    assert found == {"standard": Decimal(percent)}


def test_a_rate_that_nobody_states_is_left_out_and_not_zero() -> None:
    """A class that the country lacks, and a country that we have no rate of."""
    home = Sale("DK", "DK", False, DAY)
    assert tax_rates(home, ["reduced", "zero"], stated={}) == {"zero": Decimal(0)}
    assert tax_rates(Sale("US", "US", False, DAY), ["standard"], stated={}) == {}


def test_what_the_seller_states_wins() -> None:
    """5.5 % for the reduced class, and 10 where the table says 20."""
    stated = stated_rates({"taxRates": {"FR": {"reduced": "5.5", "standard": "10"}}})
    found = tax_rates(Sale("FR", "FR", False, DAY), ["standard", "reduced"], stated=stated)
    assert found == {"standard": Decimal(10), "reduced": Decimal("5.5")}
