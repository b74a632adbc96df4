"""The rules of counting by their date, and the zones by their prefix. Data, no code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

WORLD: Final = "WORLD"


@dataclass(frozen=True, slots=True)
class Increments:
    """How seconds are rounded up: at least `first`, then in steps of `then`."""

    in_force_from: date
    source: str
    first: int
    then: int

    def billed(self, seconds: int) -> int:
        """Return what a call of so many seconds counts: 95 are 120 at 60/60."""
        if seconds <= self.first:
            return self.first
        steps = -(-(seconds - self.first) // self.then)  # rounded up
        return self.first + steps * self.then


RULES: Final = (
    Increments(date(2000, 1, 1), "price list of 2000 (chosen)", first=60, then=60),
    Increments(date(2026, 2, 1), "price list of February 2026 (chosen)", first=30, then=1),
)
"""In the order of their days; before the first one's day, the first one holds."""

ZONES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "+33": "FR",
        "+336": "FR-MOBILE",
        "+337": "FR-MOBILE",
        "+32": "EU",
        "+34": "EU",
        "+39": "EU",
        "+49": "EU",
        "+44": "GB",
        "+1": "US",
    }
)
"""The zone of each prefix; the longest one that a number begins with decides."""

_LONGEST: Final = max(map(len, ZONES))


def rules_on(day: date) -> Increments:
    """Return the rules that hold on a day."""
    held = RULES[0]
    for rules in RULES:
        if rules.in_force_from <= day:
            held = rules
    return held


def prefix_of(number: str) -> str:
    """Return the longest known prefix of a number, or `+` where none is known."""
    for length in range(min(_LONGEST, len(number)), 0, -1):
        if number[:length] in ZONES:
            return number[:length]
    return "+"


def zone_of(number: str) -> str:
    """Return the zone of a number, or of the prefix that is kept of it."""
    return ZONES.get(prefix_of(number), WORLD)
