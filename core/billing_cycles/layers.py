"""How many units of an item are charged at each time: layers, less what was given back. Pure.

A slice of two units on top of a slice of three is five units charged. Units that were given
back are not charged any more, and may be charged again by a layer above.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Final, NamedTuple

from core.billing_cycles.rows import ChargedSlice
from core.kernel.periods import Period

NONE: Final = Decimal(0)


class LiveSpan(NamedTuple):
    """A time in which the same number of units is charged."""

    period: Period
    quantity: Decimal


def live_spans(whole: Period, charged: Sequence[ChargedSlice]) -> list[LiveSpan]:
    """Divide a time where the units charged of one item change; neighbours differ."""
    if not charged:
        return [LiveSpan(whole, NONE)]
    found: list[LiveSpan] = []
    for part in _cut(whole, charged):
        quantity = sum((_units(one) for one in charged if _covers(one, part)), NONE)
        if found and found[-1].quantity == quantity:
            part = Period(found.pop().period.start, part.end)  # noqa: PLW2901
        found.append(LiveSpan(part, quantity))
    return found


def _cut(whole: Period, charged: Iterable[ChargedSlice]) -> Iterator[Period]:
    borders: set[datetime] = {whole.start, whole.end}
    for one in charged:
        borders.update((one.slice.start, one.slice.end))
    ordered = sorted(at for at in borders if whole.start <= at <= whole.end)
    for start, end in pairwise(ordered):
        yield Period(start, end)


def _units(one: ChargedSlice) -> Decimal:
    return -one.quantity if one.is_credit else one.quantity


def _covers(one: ChargedSlice, part: Period) -> bool:
    return one.slice.start <= part.start and part.end <= one.slice.end


def layer_above(part: Period, charged: Iterable[ChargedSlice]) -> int:
    """Return the layer of a new slice: above every one that it overlaps, given back or not."""
    layers = (
        one.layer
        for one in charged
        if not one.is_credit and one.slice.overlap(part) is not None
    )
    return max(layers, default=0) + 1
