"""Shares of minor units round half away from zero, in integers."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel.decimals import exact
from core.kernel.ratios import rounded_share


@pytest.mark.parametrize(
    ("minor", "numerator", "denominator", "share"),
    [
        (2400, 19, 119, 383),  # 383.19
        (5, 1, 2, 3),
        (-5, 1, 2, -3),
        (4, 1, 2, 2),
        (1, 1, 3, 0),
        (-1, 1, 3, 0),
        (2, 1, 3, 1),
        (0, 19, 119, 0),
        (100, 0, 100, 0),
    ],
)
def test_a_half_rounds_away_from_zero(
    minor: int, numerator: int, denominator: int, share: int
) -> None:
    """2.5 is 3, and -2.5 is -3."""
    assert rounded_share(minor, numerator=numerator, denominator=denominator) == share


@given(st.integers(-(10**15), 10**15), st.integers(0, 3000), st.integers(1, 13_000))
def test_it_agrees_with_decimal_division(minor: int, numerator: int, denominator: int) -> None:
    """The same as dividing exactly and quantizing half up."""
    with exact():
        quotient = Decimal(minor * numerator) / denominator
        expected = int(quotient.quantize(Decimal(1), ROUND_HALF_UP))
    assert rounded_share(minor, numerator=numerator, denominator=denominator) == expected
