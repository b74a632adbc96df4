"""Flat: the tier that holds the quantity prices all of it.

1: 20, 2 to 5: 15, 6 and more: 10; five are 5 x 15 = 75. No tier holds it: the base rate
does. A fixed fee is that of the tier which holds the quantity.
"""

from __future__ import annotations

from bisect import bisect_left
from decimal import Decimal
from typing import Final

from core.kernel.decimals import exact
from core.kernel.errors import Problem
from core.plugin_api.values import ZERO, Charge, Rate, Step
from core.rating.price_model import Pricer
from core.rating.price_models.scale import (
    fee_steps,
    free_step,
    priced,
    segments_of,
    upper_limits,
)


class FlatPricer:
    """A flat rate, prepared."""

    __slots__ = ("_fee_steps", "_free", "_segments", "_uppers")

    def __init__(self, rate: Rate) -> None:
        self._segments = segments_of(rate)
        self._uppers = upper_limits(self._segments)
        self._fee_steps = [fee_steps(segment) for segment in self._segments]
        self._free = rate.free_units

    def __call__(self, quantity: Decimal) -> Charge:
        """Price a quantity; free units come off before the tier is looked up."""
        steps: tuple[Step, ...] = ()
        if self._free:
            steps = (free_step(self._free, quantity),)
            quantity = max(ZERO, quantity - self._free)
        index = bisect_left(self._uppers, quantity)
        segment = self._segments[index]
        price = priced(segment) if quantity else segment.price or ZERO
        amount = quantity * price
        steps = (*steps, Step(segment.kind, segment.label, quantity, price, amount))
        if segment.fee:
            return Charge(amount + segment.fee, steps + self._fee_steps[index])
        return Charge(amount, steps)


class Flat:
    """The tier that holds the quantity prices all of it."""

    name: Final = "flat"

    def validate(self, rate: Rate) -> list[Problem]:
        """Refuse what only packages have."""
        if rate.package_size is None:
            return []
        return [
            Problem(
                "PACKAGE_SIZE_NOT_ALLOWED",
                "a flat rate has no package size; use the model package",
                ("package_size",),
            )
        ]

    def compile(self, rate: Rate, /) -> Pricer:
        """Prepare a rate."""
        return FlatPricer(rate)

    def price(self, rate: Rate, quantity: Decimal, /) -> Charge:
        """Price one quantity."""
        with exact():
            return FlatPricer(rate)(quantity)
