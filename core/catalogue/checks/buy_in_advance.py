"""What definitions of buying in advance must hold to, and which entry is the active one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any, Final

from core.catalogue.checks.known import WORDS, Known
from core.catalogue.checks.parts import Path, check_length
from core.catalogue.durations import overlap
from core.catalogue.errors import ANOTHER_IS_ACTIVE, BAD_VALUE, MISSING_KEY, OVERLAP
from core.catalogue.schema import BuyInAdvanceDefinition, DurationDefinition, EntrySection
from core.kernel.errors import Problem

ONE_ACTIVE: Final[tuple[EntrySection, ...]] = ("usage_definitions", "buy_in_advance")
"""Sections of which one entry at most is active."""
MAX_DURATIONS: Final = 100


def check_buy_in_advance(
    definition: BuyInAdvanceDefinition, _known: Known
) -> Iterator[Problem]:
    """Check each duration, and that no two of them mean the same subscription."""
    path = ("buy_in_advance", definition.code, "durations")
    durations = definition.durations
    if not durations:
        told = "nothing may be asked for; add durations: [{from: 3, to: 12}]"
        yield Problem(MISSING_KEY, told, path)
    if len(durations) > MAX_DURATIONS:
        yield Problem(BAD_VALUE, f"at most {MAX_DURATIONS} durations are taken", path)
        return
    problems: list[Problem] = []
    for index, duration in enumerate(durations):
        problems += _duration(duration, (*path, str(index)))
    yield from problems
    if problems:
        return
    for (first, one), (second, other) in combinations(enumerate(durations), 2):
        if overlap(one, other):
            told = f"it overlaps duration {first + 1} of the list for the same subscription "
            told += "types; tell them apart by length or by types"
            yield Problem(OVERLAP, told, (*path, str(second)))


def check_one_active(section: EntrySection, known: Known) -> Iterator[Problem]:
    """Let one entry of the section be active at most, once all is applied."""
    merged: dict[str, Any] = known.all(section)
    active = sorted(code for code, found in merged.items() if found.state == "active")
    if len(active) < 2:
        return
    for code in active:
        if code in known.wanted.by_code(section):
            others = ", ".join(other for other in active if other != code)
            told = f"one {WORDS[section]} is active at a time, and {others} is too; set "
            told += "state: inactive there, in the same file"
            yield Problem(ANOTHER_IS_ACTIVE, told, (section, code, "state"))


def _duration(duration: DurationDefinition, path: Path) -> Iterator[Problem]:
    if duration.start < 1:
        yield Problem(BAD_VALUE, f"{duration.start} is no length; give 1 or more", path)
        return
    yield from check_length(f"{duration.upto} {duration.unit}s", (*path, "to"))
    if duration.upto < duration.start:
        told = f"{duration.upto} is below {duration.start}; give at least that"
        yield Problem(BAD_VALUE, told, (*path, "to"))
