"""Shares of whole minor units, rounded once in integers.

For what is a ratio from the start, such as a tax of 19 in 119 parts: no division of
decimals, and a half is a half.
"""

from __future__ import annotations


def rounded_share(minor: int, *, numerator: int, denominator: int) -> int:
    """Return minor x numerator / denominator, half up away from zero.

    2400 x 19 / 119 is 383 (383.19); 5 x 1 / 2 is 3, and -5 x 1 / 2 is -3. The
    denominator is positive.
    """
    doubled = 2 * minor * numerator
    if doubled < 0:
        return -((denominator - doubled) // (2 * denominator))
    return (doubled + denominator) // (2 * denominator)
