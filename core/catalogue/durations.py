"""Durations that may be bought in advance, compared exactly. Pure.

A year is twelve months and a week seven days; a number of days is no number of months, so
that such durations never meet.
"""

from __future__ import annotations

from typing import Final, Literal

from core.catalogue.schema import DurationDefinition

Measure = Literal["months", "days"]
_IN: Final[dict[str, tuple[Measure, int]]] = {
    "month": ("months", 1),
    "year": ("months", 12),
    "day": ("days", 1),
    "week": ("days", 7),
}


def span_of(duration: DurationDefinition) -> tuple[Measure, int, int]:
    """Return the shortest and longest length, inclusive, and what they count."""
    measure, factor = _IN[duration.unit]
    return measure, duration.start * factor, duration.upto * factor


def overlap(one: DurationDefinition, other: DurationDefinition) -> bool:
    """Tell whether some subscription could ask for some length by both."""
    measure, least, most = span_of(one)
    its, shortest, longest = span_of(other)
    meets = measure == its and least <= longest and shortest <= most
    either = not one.types or not other.types
    return meets and (either or not set(one.types).isdisjoint(other.types))
