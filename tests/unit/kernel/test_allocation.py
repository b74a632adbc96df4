"""Parts always sum to the whole."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel.allocation import allocate, round_together

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


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [
        (["5.5", "2.5", "3"], [6, 2, 3]),  # 11: one half up, the first
        (["0.25", "0.25"], [1, 0]),  # 0.5 rounds up
        (["0.2", "0.2"], [0, 0]),
        (["1000", "0.25", "0.25"], [1000, 1, 0]),  # a whole one stays
        (["0.99", "0.17", "0.17", "0.17"], [1, 1, 0, 0]),  # 1.5 is 2, and no part passes 1
        ([], []),
    ],
)
def test_parts_are_rounded_to_their_rounded_sum(exact, rounded):
    """Literal cases; what is left goes to the largest remainders."""
    assert round_together([Fraction(part) for part in exact]) == rounded


@given(st.lists(st.fractions(0, 10**6, max_denominator=10**6), max_size=20))
def test_no_part_is_rounded_by_one_or_more(exact):
    """Each becomes the whole number below or above; together they are half up."""
    rounded = round_together(exact)
    assert all(abs(after - before) < 1 for after, before in zip(rounded, exact, strict=True))
    assert sum(rounded) == int(sum(exact, Fraction(1, 2)))
