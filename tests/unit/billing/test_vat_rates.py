"""The built-in VAT rates: by country, class and date; the unknown is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from core.billing.vat_rates import TaxRateUnknown, tax_rate, tax_rates

EU = [
    "AT",
    "BE",
    "BG",
    "CY",
    "CZ",
    "DE",
    "DK",
    "EE",
    "ES",
    "FI",
    "FR",
    "GR",
    "HR",
    "HU",
    "IE",
    "IT",
    "LT",
    "LU",
    "LV",
    "MT",
    "NL",
    "PL",
    "PT",
    "RO",
    "SE",
    "SI",
    "SK",
]


@pytest.mark.parametrize(
    ("country", "tax_class", "on", "rate"),
    [
        ("CY", "standard", "2014-01-13", "19"),
        ("CY", "standard", "2014-01-12", "18"),
        ("FR", "standard", "2014-01-01", "20"),
        ("FR", "standard", "2013-12-31", "19.6"),
        ("BE", "standard", "2026-11-21", "21"),
        ("DE", "standard", "2020-06-30", "19"),
        ("DE", "standard", "2020-07-01", "16"),
        ("DE", "standard", "2021-01-01", "19"),
        ("CH", "standard", "2024-01-01", "8.1"),
        ("NO", "standard", "2026-11-21", "25"),
        ("GB", "standard", "2026-11-21", "20"),
        ("FR", "reduced", "2026-11-21", "10"),
        ("FR", "reduced_low", "2026-11-21", "5.5"),
        ("BE", "reduced", "2026-11-21", "12"),
        ("BE", "reduced_low", "2026-11-21", "6"),
        ("DE", "reduced", "2026-11-21", "7"),
        ("CY", "reduced", "2026-11-21", "9"),
        ("CY", "reduced_low", "2026-11-21", "5"),
        ("DK", "zero", "2026-11-21", "0"),
        ("DK", "exempt", "2026-11-21", "0"),
    ],
)
def test_a_rate_is_the_one_in_force_on_the_day(
    country: str, tax_class: str, on: str, rate: str
) -> None:
    """The day of a change has the new rate."""
    assert tax_rate(country, tax_class, date.fromisoformat(on)) == Decimal(rate)


@pytest.mark.parametrize("country", [*EU, "GB", "CH", "NO"])
def test_every_country_listed_has_a_plausible_standard_rate(country: str) -> None:
    """All 27 members of the Union and three neighbours, from 2017 to today."""
    for year in range(2017, 2027):
        assert 7 < tax_rate(country, "standard", date(year, 1, 1)) <= 27


@pytest.mark.parametrize(
    ("country", "tax_class", "on", "says"),
    [
        ("US", "standard", "2026-01-01", "'US'"),
        ("us", "zero", "2026-01-01", "'us'"),
        ("FR", "luxury", "2026-01-01", "no tax class"),
        ("DK", "reduced", "2026-01-01", "no reduced VAT rate of DK"),
        ("CH", "standard", "2010-12-31", "no standard VAT rate of CH"),
    ],
)
def test_an_unknown_rate_is_refused(country: str, tax_class: str, on: str, says: str) -> None:
    """Never zero because nothing is known."""
    with pytest.raises(TaxRateUnknown, match=says):
        tax_rate(country, tax_class, date.fromisoformat(on))


def test_all_rates_of_a_day_leave_out_the_classes_that_are_not_known() -> None:
    """Denmark has no reduced rate; a country without a standard rate is refused."""
    assert dict(tax_rates("DK", date(2026, 1, 1))) == {
        "standard": Decimal(25),
        "zero": Decimal(0),
        "exempt": Decimal(0),
    }
    with pytest.raises(TaxRateUnknown):
        tax_rates("US", date(2026, 1, 1))
