"""Edges of the scale that a turned-round comparison would move."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.billing.snapshot import LifeMonth
from core.rating.price_models import BUILT_IN
from tests.unit.rating.rates import price, price_slice, rate, tier


@pytest.mark.parametrize(
    ("quantity", "amount"), [("2.5", "25.0"), ("2.6", "20.8"), ("3", "24"), ("3.5", "28.0")]
)
def test_a_tier_follows_on_by_one_from_a_broken_limit_too(quantity: str, amount: str) -> None:
    """From 3.5 after to 2.5 leaves no gap: 3 x 8 is 24, and not 3 x 99."""
    scale = rate("flat", tier("1", "2.5", "10"), tier("3.5", None, "8"), base="99")
    charge = price(rate=scale, quantity=Decimal(quantity), models=BUILT_IN)
    assert charge.amount == Decimal(amount)


@pytest.mark.parametrize("model", ["flat", "tiered", "package"])
@pytest.mark.parametrize(("quantity", "free"), [("3", "3"), ("5", "5"), ("7", "5")])
def test_no_more_is_shown_as_free_than_was_used(model: str, quantity: str, free: str) -> None:
    """Of five free ones, three are three."""
    size = "1" if model == "package" else None
    of = rate(model, base="2", free_units="5", package_size=size)
    charge = price(rate=of, quantity=Decimal(quantity), models=BUILT_IN)
    assert [step.quantity for step in charge.steps if step.kind == "free_units"] == [
        Decimal(free)
    ]


def test_a_price_for_a_year_by_maturity_is_a_twelfth_each_month() -> None:
    """120 a year for two seats: 20 a month, and 10 for half of the second one."""
    of = rate("flat", base="120", driver="maturity", per_months=12)
    months = [LifeMonth(1), LifeMonth(2, 14, 28)]
    charge = price_slice(rate=of, quantity=Decimal(2), months=months, models=BUILT_IN)
    assert charge.amount == 30
    assert [step.amount for step in charge.steps] == [20, 10]
