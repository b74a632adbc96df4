"""Package: started batches x price, or exactly the part of a batch used.

12,345 e-mails by the 1,000 are 13 batches, `exact` 12.345. Free units come off first.
Tier limits count units, not batches: the tier that holds the units prices all batches.
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
    batches,
    fee_steps,
    free_step,
    priced,
    segments_of,
    upper_limits,
)
from core.rating.working import plain


class PackagePricer:
    """A package rate, prepared."""

    __slots__ = ("_fee_steps", "_free", "_is_exact", "_label", "_segments", "_size", "_uppers")

    def __init__(self, rate: Rate) -> None:
        assert rate.package_size is not None  # validation
        self._size = rate.package_size
        self._is_exact = rate.rounding == "exact"
        self._free = rate.free_units
        self._segments = segments_of(rate)
        self._uppers = upper_limits(self._segments)
        self._fee_steps = [fee_steps(segment) for segment in self._segments]
        how = "batches" if self._is_exact else "started batches"
        self._label = f"{how} of {plain(self._size)}"

    def __call__(self, quantity: Decimal) -> Charge:
        """Price a quantity of units."""
        steps: tuple[Step, ...] = ()
        if self._free:
            steps = (free_step(self._free, quantity),)
            quantity = max(ZERO, quantity - self._free)
        index = bisect_left(self._uppers, quantity)
        segment = self._segments[index]
        price = priced(segment) if quantity else segment.price or ZERO
        count = batches(quantity, size=self._size, is_exact=self._is_exact)
        amount = quantity * price / self._size if self._is_exact else count * price
        facts: tuple[tuple[str, str], ...] = (("units", plain(quantity)),)
        if self._uppers:
            facts += (("tier", segment.label),)
        steps = (*steps, Step("package", self._label, count, price, amount, facts))
        if segment.fee:
            return Charge(amount + segment.fee, steps + self._fee_steps[index])
        return Charge(amount, steps)


class Package:
    """Started batches x price, or pro rata of a batch."""

    name: Final = "package"

    def validate(self, rate: Rate) -> list[Problem]:
        """Ask for the size of a batch."""
        if rate.package_size is not None:
            return []
        return [
            Problem(
                "PACKAGE_SIZE_MISSING",
                "a package rate needs package_size: how many units make a batch",
                ("package_size",),
            )
        ]

    def compile(self, rate: Rate, /) -> Pricer:
        """Prepare a rate."""
        return PackagePricer(rate)

    def price(self, rate: Rate, quantity: Decimal, /) -> Charge:
        """Price one quantity."""
        with exact():
            return PackagePricer(rate)(quantity)
