"""A way to price a quantity."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol, runtime_checkable

from core.kernel.errors import Problem
from core.plugin_api.values import Charge, Rate


@runtime_checkable
class PriceModel(Protocol):
    """Price a quantity by a rate. Pure, and exact: the line is rounded later, once.

    A plugin's own parameters are in `rate.options`.
    """

    @property
    def name(self) -> str:
        """Return the model's name as rates give it: lower case, digits and `_`, unique."""
        ...

    def validate(self, rate: Rate) -> Sequence[Problem]:
        """Return what is wrong with a rate of this model; empty when it can be priced."""
        ...

    def price(self, rate: Rate, quantity: Decimal) -> Charge:
        """Return the price of a quantity, with its working."""
        ...
