"""Which units of which charged slices are given back: the highest layers first. Pure.

Of a slice of 10 units in [6 July, 6 August), 4 are given back from 10 July: 4 of 10 units,
27 of 31 days. Days are whole local ones, the day of the change given back. Under proration
`none` any day of a slice owes all of it, so only a slice that is unused altogether is given
back; by the second, its exact time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple
from uuid import UUID

from core.kernel.periods import Period, ProrationPolicy, days_in, prorated_share
from core.kernel.proration import Share

NONE: Final = Decimal(0)


class Unused(NamedTuple):
    """Units of an item that are not used from a time on.

    Without a quantity, all units that are charged; without `until_at`, to the end of what is
    charged.
    """

    item_id: UUID
    from_at: datetime
    quantity: Decimal | None = None
    until_at: datetime | None = None


class Given(NamedTuple):
    """Units and a time of a slice that were given back."""

    period: Period
    quantity: Decimal


@dataclass(slots=True)
class Slice:
    """A slice of an item that was charged, with what was given back of it so far.

    `line` is the line that charged it, `reduced_by` those of its discounts.
    """

    item_id: UUID
    revision: int
    kind: str
    layer: int
    period: Period
    quantity: Decimal
    invoice_id: UUID
    line: int
    reduced_by: tuple[int, ...]
    zone: str
    policy: ProrationPolicy
    given: list[Given]

    def share_of(self, part: Period) -> Share:
        """Return how much of the slice's time a part of it is."""
        whole = self.period
        if part == whole:
            return Share(1, 1)
        if self.policy == "none" or (self.policy == "day" and not days_in(whole, self.zone)):
            return Share(0, 1)
        return prorated_share(part, whole, zone=self.zone, policy=self.policy)

    def share_given(self) -> Fraction:
        """Return how much of the slice was given back: of all units and all days."""
        return sum(
            (
                Fraction(*self.share_of(one.period)) * Fraction(one.quantity)
                for one in self.given
            ),
            Fraction(0),
        ) / Fraction(self.quantity)

    def unused(self) -> list[Period]:
        """Return the time in which nobody uses the slice: all of its units were given back."""
        borders = {at for one in self.given for at in (one.period.start, one.period.end)}
        found: list[Period] = []
        for start, end in pairwise(sorted(borders)):
            if self.live(Period(start, end)) > 0:
                continue
            if found and found[-1].end == start:
                start = found.pop().start  # noqa: PLW2901
            found.append(Period(start, end))
        return found

    def share_unused(self) -> Fraction:
        """Return how much of the slice's time nobody uses."""
        return sum((Fraction(*self.share_of(one)) for one in self.unused()), Fraction(0))

    def live(self, part: Period) -> Decimal:
        """Return the units that are charged in a part; it holds no border of what was given."""
        if not (self.period.start <= part.start and part.end <= self.period.end):
            return NONE
        given = (one.quantity for one in self.given if one.period.overlap(part) is not None)
        return self.quantity - sum(given, NONE)


class Take(NamedTuple):
    """Units of a slice to be given back for a part of its time."""

    slice: Slice
    given: Given


def takes(slices: Sequence[Slice], unused: Unused) -> list[Take]:
    """Choose what to give back of one item; the slices keep it, for what comes after."""
    own = [
        one
        for one in slices
        if one.item_id == unused.item_id and _end(one, unused) > unused.from_at
    ]
    own.sort(key=lambda one: (one.layer, one.period.start), reverse=True)
    found: dict[int, list[Given]] = {}
    for part in _parts(own, unused):
        left = unused.quantity
        for place, one in enumerate(own):
            units = one.live(part) if left is None else min(left, one.live(part))
            if units > 0:
                _add(found.setdefault(place, []), Given(part, units))
                left = None if left is None else left - units
    chosen = [Take(own[place], given) for place in sorted(found) for given in found[place]]
    for take in chosen:
        take.slice.given.append(take.given)
    return chosen


def _end(one: Slice, unused: Unused) -> datetime:
    end = one.period.end
    return end if unused.until_at is None else min(end, unused.until_at)


def _parts(slices: Iterable[Slice], unused: Unused) -> Iterator[Period]:
    """Cut the unused time wherever the units charged may change."""
    borders = {unused.from_at}
    for one in slices:
        borders.update((one.period.start, _end(one, unused)))
        for given in one.given:
            borders.update((given.period.start, given.period.end))
    last = max((_end(one, unused) for one in slices), default=unused.from_at)
    ordered = sorted(at for at in borders if unused.from_at <= at <= last)
    for start, end in pairwise(ordered):
        yield Period(start, end)


def _add(found: list[Given], given: Given) -> None:
    """Join a part to the one before where it goes on with the same units."""
    if found and found[-1].period.end == given.period.start:
        before = found[-1]
        if before.quantity == given.quantity:
            found[-1] = Given(Period(before.period.start, given.period.end), given.quantity)
            return
    found.append(given)
