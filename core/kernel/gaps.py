"""What is left of a time when others are taken out of it."""

from __future__ import annotations

from collections.abc import Collection

from core.kernel.periods import Period


def gaps(whole: Period, taken: Collection[Period]) -> list[Period]:
    """Return what is left of a period: [1, 31) less [5, 9) is [1, 5) and [9, 31)."""
    if not taken:
        return [whole]
    left: list[Period] = []
    start = whole.start
    for part in sorted(taken, key=lambda part: part.start):
        if part.end <= start or part.start >= whole.end:
            continue
        if part.start > start:
            left.append(Period(start, part.start))
        start = part.end
    if start < whole.end:
        left.append(Period(start, whole.end))
    return left
