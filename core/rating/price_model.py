"""Pricers, and what pricing refuses.

A price model (`core.plugin_api.price_model`) that can be compiled turns a rate into a
pricer, a function from a quantity to a charge. Plugins may offer models of their own
under another name; theirs price through `price` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import ClassVar, Protocol, runtime_checkable

from core.kernel.errors import Refusal
from core.plugin_api.price_model import PriceModel
from core.plugin_api.values import Charge, Rate

Pricer = Callable[[Decimal], Charge]
"""Prices one quantity. Called inside `core.kernel.decimals.exact()`."""


@runtime_checkable
class CompilingModel(Protocol):
    """A model that prepares a rate once for pricing many quantities."""

    def compile(self, rate: Rate, /) -> Pricer:
        """Return the pricer of a rate."""
        ...


PriceModels = Mapping[str, PriceModel]


class RateMissing(Refusal):
    """Nothing says what a quantity costs: no rate, no row of a table, no base rate."""

    code: ClassVar[str] = "RATE_MISSING"


class QuantityRefused(Refusal):
    """A quantity to be priced is negative or not finite."""

    code: ClassVar[str] = "QUANTITY_REFUSED"


class UnknownPriceModel(Refusal):
    """A rate names a price model that no plugin offers."""

    code: ClassVar[str] = "UNKNOWN_PRICE_MODEL"


class PriceModelFault(Refusal):
    """A plugin's price model returned something that is no charge."""

    code: ClassVar[str] = "PRICE_MODEL_FAULT"
