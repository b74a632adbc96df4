"""Tiered: each tier prices its own part.

1: 20, 2 to 5: 15, 6 and more: 10; five are 1 x 20 + 4 x 15 = 80. A gap, and what lies
outside all tiers, has the base rate. With a package size, each tier's part is counted in
batches of its own. A fixed fee is owed for every tier reached, the first also at 0.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Final, NamedTuple

from core.kernel.decimals import exact
from core.kernel.errors import Problem
from core.plugin_api.values import ZERO, Charge, Rate, Step
from core.rating.price_model import Pricer
from core.rating.price_models.scale import (
    Segment,
    batches,
    fee_steps,
    free_step,
    priced,
    segments_of,
    upper_limits,
)
from core.rating.working import prepared


class _Below(NamedTuple):
    """Everything under a segment: its cumulative amount and its steps, ready."""

    amount: Decimal
    steps: tuple[Step, ...]
    unpriced: Segment | None


class TieredPricer:
    """A tiered rate, prepared: full tiers cost an addition each time, not a product."""

    __slots__ = ("_below", "_counted", "_fee_steps", "_free", "_segments", "_uppers")

    def __init__(self, rate: Rate) -> None:
        self._segments = segments_of(rate)
        self._uppers = upper_limits(self._segments)
        self._fee_steps = [fee_steps(segment) for segment in self._segments]
        self._free = rate.free_units
        self._counted: Callable[[Decimal], Decimal] | None = None
        if rate.package_size is not None:
            self._counted = partial(batches, size=rate.package_size, is_exact=False)
        self._below = self._cumulated()

    def _cumulated(self) -> list[_Below]:
        below = [_Below(ZERO, (), None)]
        for segment, fees in zip(self._segments[:-1], self._fee_steps, strict=False):
            amount, steps, unpriced = below[-1]
            assert segment.upper is not None  # only the last one is open
            if segment.price is None:
                below.append(_Below(amount, steps, unpriced or segment))
                continue
            step = prepared(self._step(segment, segment.upper - segment.lower, segment.price))
            below.append(
                _Below(amount + step.amount + segment.fee, (*steps, step, *fees), unpriced)
            )
        return below

    def _step(self, segment: Segment, part: Decimal, price: Decimal) -> Step:
        counted = part if self._counted is None else self._counted(part)
        return Step(segment.kind, segment.label, counted, price, counted * price)

    def __call__(self, quantity: Decimal) -> Charge:
        """Price a quantity; free units come off before the tiers are filled."""
        free_steps: tuple[Step, ...] = ()
        if self._free:
            free_steps = (free_step(self._free, quantity),)
            quantity = max(ZERO, quantity - self._free)
        index = bisect_left(self._uppers, quantity)
        segment = self._segments[index]
        amount, steps, unpriced = self._below[index]
        if unpriced is not None:
            priced(unpriced)
        part = quantity - segment.lower
        price = priced(segment) if part else segment.price or ZERO
        step = self._step(segment, part, price)
        if free_steps:
            steps = free_steps + steps
        if segment.fee:
            total = amount + step.amount + segment.fee
            return Charge(total, (*steps, step, *self._fee_steps[index]))
        return Charge(amount + step.amount, (*steps, step))


class Tiered:
    """Each tier prices its own part."""

    name: Final = "tiered"

    def validate(self, rate: Rate) -> list[Problem]:
        """Refuse a share of a batch: that is a tier with a price per unit."""
        if rate.package_size is None or rate.rounding == "up":
            return []
        return [
            Problem(
                "ROUNDING_NOT_ALLOWED",
                "a tiered rate counts started batches; for exact shares state the price of"
                " one unit and no package_size",
                ("rounding",),
            )
        ]

    def compile(self, rate: Rate, /) -> Pricer:
        """Prepare a rate."""
        return TieredPricer(rate)

    def price(self, rate: Rate, quantity: Decimal, /) -> Charge:
        """Price one quantity."""
        with exact():
            return TieredPricer(rate)(quantity)
