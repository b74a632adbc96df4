"""Split a total into parts that sum to it again: the largest-remainder method.

The one allocator: tax over lines, a credit over slices, a minimum over products.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import lcm

from core.kernel.ratios import rounded_share


def allocate(total_minor: int, weights: Sequence[int | Decimal]) -> list[int]:
    """Split whole minor units by weight; the parts always sum to the total.

    Each part differs from its exact share by less than one. What is left after
    rounding down goes to the largest fractions, and among equal ones to the first:
    100 over 1, 1, 1 is 34, 33, 33. A negative total mirrors the positive one, so that
    a correction takes back just what was given. Weights may have both signs (a line
    and its discount); only their proportion counts. Weights that sum to zero say
    nothing about proportion, and the total is split in equal parts.
    """
    if not weights:
        if total_minor:
            raise ValueError(f"{total_minor} cannot be split into no parts")
        return []
    if total_minor < 0:
        return [-part for part in allocate(-total_minor, weights)]
    whole_weights = _whole(weights)
    weight_sum = sum(whole_weights)
    if weight_sum < 0:
        whole_weights, weight_sum = [-weight for weight in whole_weights], -weight_sum
    elif weight_sum == 0:
        whole_weights, weight_sum = [1] * len(weights), len(weights)
    return _largest_remainder(total_minor, weights=whole_weights, weight_sum=weight_sum)


def round_together(exact: Sequence[Fraction]) -> list[int]:
    """Round parts so that they sum to their rounded sum, half up; none is rounded past 1.

    Each becomes the whole number below or above it, and a whole one stays what it is:
    5.5, 2.5 and 3 sum to 11 and become 6, 2 and 3. Parts are 0 or more.
    """
    whole = sum(exact, Fraction(0))
    total = rounded_share(whole.numerator, numerator=1, denominator=whole.denominator)
    common = lcm(*(part.denominator for part in exact))
    return _topped_up(
        total, [divmod(part.numerator * (common // part.denominator), common) for part in exact]
    )


def _whole(weights: Sequence[int | Decimal]) -> list[int]:
    """Return integers in the same proportion, exactly."""
    if all(isinstance(weight, int) for weight in weights):
        return [int(weight) for weight in weights]
    ratios = [_ratio(weight) for weight in weights]
    denominator = lcm(*(below for _above, below in ratios))
    return [above * (denominator // below) for above, below in ratios]


def _ratio(weight: int | Decimal) -> tuple[int, int]:
    if not isinstance(weight, int | Decimal):
        raise TypeError(f"a weight is an int or a Decimal, not {type(weight).__name__}")
    return weight.as_integer_ratio()


def _largest_remainder(total: int, *, weights: list[int], weight_sum: int) -> list[int]:
    divided = [divmod(total * weight, weight_sum) for weight in weights]
    return _topped_up(total, divided)


def _topped_up(total: int, divided: Sequence[tuple[int, int]]) -> list[int]:
    """Give what is missing to the largest remainders, one unit each."""
    parts = [quotient for quotient, _remainder in divided]
    left_over = total - sum(parts)
    if left_over:
        # sorted() is stable: among equal remainders the first index comes first.
        by_remainder = sorted(range(len(parts)), key=lambda index: -divided[index][1])
        for index in by_remainder[:left_over]:
            parts[index] += 1
    return parts
