"""Parts always sum to the whole."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel.allocation import allocate

WEIGHTS = st.lists(
    st.one_of(st.integers(0, 10**6), st.decimals(min_value=0, max_value=10**6, places=4)),
    min_size=1,
    max_size=30,
)
TOTALS = st.integers(-(10**12), 10**12)


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),  # the cent left over goes to the first of equals
        (-100, [1, 1, 1], [-34, -33, -33]),  # and comes back from there
        (5, [3, 7], [2, 3]),  # 1.5 and 3.5: the first of two equal halves
        (1000, [Decimal("0.5"), Decimal("1.5")], [250, 750]),
        (1, [0, 0, 0], [1, 0, 0]),  # no proportion: equal parts
        (10, [0, 5, 0], [0, 10, 0]),
        (80, [100, -20], [100, -20]),  # a line and its discount
        (80, [-100, 20], [100, -20]),
        (0, [], []),
        (7, [1], [7]),
    ],
)
def test_a_total_is_split_by_weight(total, weights, parts):
    """Literal cases, ties and signs included."""
    assert allocate(total, weights) == parts


@given(TOTALS, WEIGHTS)
def test_parts_sum_to_the_whole_and_lie_next_to_their_exact_share(total, weights):
    """Each part is less than one minor unit from total x weight / sum of weights."""
    parts = allocate(total, weights)
    assert sum(parts) == total
    weight_sum = sum(Fraction(weight) for weight in weights)
    for part, weight in zip(parts, weights, strict=True):
        share = Fraction(weight) / weight_sum if weight_sum else Fraction(1, len(weights))
        assert abs(part - total * share) < 1


@given(TOTALS, WEIGHTS)
def test_a_correction_is_split_as_the_original(total, weights):
    """The parts of -total are the negated parts of total."""
    assert allocate(-total, weights) == [-part for part in allocate(total, weights)]


def test_what_cannot_be_split_rises():
    """Something over no parts, and weights that are floats, are bugs."""
    with pytest.raises(ValueError, match="no parts"):
        allocate(1, [])
    with pytest.raises(TypeError, match="float"):
        allocate(1, [0.5, 0.5])
