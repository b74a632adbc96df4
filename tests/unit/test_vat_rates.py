"""The built-in VAT rates: by country, class and date; the unknown is None."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from core.tax.vat_rates import EUROPEAN_UNION, vat_rate


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
    assert vat_rate(country, tax_class, date.fromisoformat(on)) == Decimal(rate)


@pytest.mark.parametrize("country", [*sorted(EUROPEAN_UNION), "GB", "CH", "NO"])
def test_every_country_listed_has_a_plausible_standard_rate(country: str) -> None:
    """All 27 members of the Union and three neighbours, from 2017 to today."""
    for year in range(2017, 2027):
        rate = vat_rate(country, "standard", date(year, 1, 1))
        assert rate is not None
        assert 7 < rate <= 27


@pytest.mark.parametrize(
    ("country", "tax_class", "on"),
    [
        ("US", "standard", "2026-01-01"),
        ("us", "zero", "2026-01-01"),
        ("FR", "luxury", "2026-01-01"),
        ("DK", "reduced", "2026-01-01"),
        ("CH", "standard", "2010-12-31"),
    ],
)
def test_an_unknown_rate_is_none(country: str, tax_class: str, on: str) -> None:
    """Never zero because nothing is known."""
    assert vat_rate(country, tax_class, date.fromisoformat(on)) is None
