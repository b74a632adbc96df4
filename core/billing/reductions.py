"""What discounts take off lines: percentages level by level, then money.

Percentages of one level are summed and applied once to what earlier levels left: 100 with
5 % at level 1 and 10 % at level 2 is 85.50, both at level 1 is 85.00. A level is rounded
once over its lines. Nothing takes more than a line has left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

from core.billing.lines import CumulativeLine, PricedLine
from core.billing.snapshot import Discount, FeeItem, FeesPart, Product, Reduction
from core.kernel.allocation import allocate, round_together
from core.plugin_api.values import Step
from core.rating.working import plain

HUNDRED: Final = Decimal(100)
NAMELESS: Final = "Discount"
"""What a discount is called that bites no more, where some of it is given back."""

Line = PricedLine | CumulativeLine
Facts = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Cut:
    """What one discount takes off one line, in minor units, and how it came to that."""

    name: str
    amount: int
    label: str
    facts: Facts

    def step(self, unit: Decimal) -> Step:
        """Return the working of the discount's line."""
        return Step("discount", self.label, None, None, -self.amount * unit, self.facts)


@dataclass(slots=True)
class Room:
    """A line that may be reduced, and what is left of it in minor units.

    `before` is what earlier invoices took off it, by discount; `free_from` is how many
    months of its slice are free already.
    """

    line: Line
    product: Product
    left: int
    from_at: datetime
    until_at: datetime
    is_usage: bool = False
    fees: FeesPart | None = None
    item: FeeItem | None = None
    before: Mapping[str, int] = field(default_factory=dict)
    cuts: dict[str, Cut] = field(default_factory=dict)
    free_from: Fraction = Fraction(0)

    def take(self, reduction: Reduction, amount: int, label: str, facts: Facts = ()) -> None:
        """Take an amount off; it is never more than what is left."""
        if not amount:
            return
        self.left -= amount
        known = self.cuts.get(reduction.key)
        if known is not None:
            known.amount += amount
            return
        told = (("discount", reduction.code), *facts)
        self.cuts[reduction.key] = Cut(reduction.name, amount, label, told)


def reduction_of(discount: Discount, *, key: str) -> Reduction:
    """Return how a discount bites."""
    return Reduction(
        key,
        discount.code,
        discount.name,
        discount.kind,
        discount.value,
        discount.level,
        discount.scope,
        discount.products,
        discount.from_at,
        discount.until_at,
    )


def bites(reduction: Reduction, room: Room) -> bool:
    """Tell whether a discount is on a line: its scope, products and time."""
    if reduction.scope != "any" and (reduction.scope == "usage") is not room.is_usage:
        return False
    if reduction.products is not None and room.product.id not in reduction.products:
        return False
    return meets(reduction, room.from_at, room.until_at)


def meets(reduction: Reduction, start: datetime, end: datetime) -> bool:
    """Tell whether a time meets a discount's; an instant must lie in it."""
    if reduction.from_at is None:
        return True
    first = max(reduction.from_at, start)
    if reduction.until_at is not None and first >= reduction.until_at:
        return False
    return first < end or first == start == end


def take_percentages(
    rooms: Sequence[Room], reductions: Iterable[Reduction], *, unit: Decimal
) -> None:
    """Apply percentages, one level after the other, each on what is left."""
    by_level: dict[int, list[Reduction]] = {}
    for reduction in reductions:
        if reduction.kind == "percent":
            by_level.setdefault(reduction.level, []).append(reduction)
    for level in sorted(by_level):
        _take_level(rooms, by_level[level], unit=unit)


def _take_level(
    rooms: Sequence[Room], reductions: Sequence[Reduction], *, unit: Decimal
) -> None:
    biting = [
        (room, found)
        for room in rooms
        if room.left > 0 and (found := [one for one in reductions if bites(one, room)])
    ]
    if not biting:
        return
    exact = [_share(found) * room.left for room, found in biting]
    for (room, found), amount in zip(biting, round_together(exact), strict=True):
        left = plain(room.left * unit)
        alone = len(found) == 1
        parts = [amount] if alone else allocate(amount, [one.value for one in found])
        for one, part in zip(found, parts, strict=True):
            told = plain(one.value)
            facts = (("percent", told), ("level", str(one.level)))
            room.take(one, part, f"{told} % of {left}", facts)


def _share(found: Sequence[Reduction]) -> Fraction:
    """Return what percentages of a level take together: 10 and 5.5 are 31/200."""
    if len(found) == 1:
        return _hundredths(found[0].value)
    return _hundredths(min(HUNDRED, sum((one.value for one in found), Decimal(0))))


@lru_cache(maxsize=1024)
def _hundredths(percent: Decimal) -> Fraction:
    return Fraction(percent) / 100


def take_money(
    pools: Iterable[tuple[Sequence[Room], Reduction]], budget: int, *, unit: Decimal
) -> int:
    """Take money off the lines of all pools, shared by what they have left.

    What earlier invoices of a period took stays with its lines. Each pool names the
    discount by its own key. Return what was not needed.
    """
    open_rooms: list[tuple[Room, Reduction]] = []
    label = f"{plain(budget * unit)} off"
    for rooms, reduction in pools:
        for room in rooms:
            if room.left > 0 and bites(reduction, room):
                kept = min(room.before.get(reduction.key, 0), room.left)
                room.take(reduction, kept, label)
                budget -= kept
                open_rooms.append((room, reduction))
    lefts = [room.left for room, _reduction in open_rooms]
    total = max(0, min(budget, sum(lefts)))
    if total:
        for (room, reduction), part in zip(open_rooms, allocate(total, lefts), strict=True):
            room.take(reduction, part, label)
    return max(0, budget - total)
