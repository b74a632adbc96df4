"""Rates written short, for tests."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.kernel.decimals import exact
from core.plugin_api.values import Charge, Rate, Tier, Usage
from core.rating.engine import CompiledRate, MonthOfLife
from core.rating.price_model import PriceModels


def tier(start: str, upto: str | None, price: str, fee: str = "0") -> Tier:
    """One tier from texts."""
    end = None if upto is None else Decimal(upto)
    return Tier(Decimal(start), end, Decimal(price), Decimal(fee))


def rate(model: str, *tiers: Tier, driver: str | None = "quantity", **more: Any) -> Rate:
    """A rate with decimals given as texts."""
    decimals = ("base", "package_size", "free_units")
    for name in decimals:
        if isinstance(more.get(name), str):
            more[name] = Decimal(more[name])
    return Rate(model, driver, tiers=tiers, **more)  # type: ignore[arg-type]


PLAN_VERSION = UUID(int=900)


def compiled(of: Rate, models: PriceModels) -> CompiledRate:
    """A rate made ready for pricing."""
    return CompiledRate(of, models, of=PLAN_VERSION)


def price(*, rate: Rate, quantity: Decimal, models: PriceModels) -> Charge:
    """A quantity of units, seats or hours, priced."""
    with exact():
        return compiled(rate, models).price(quantity)


def price_slice(
    *, rate: Rate, quantity: Decimal, months: Iterable[MonthOfLife], models: PriceModels
) -> Charge:
    """Months of an item's life, priced by maturity."""
    with exact():
        return compiled(rate, models).price_months(quantity, months)


def price_usage(*, rate: Rate, usage: Usage, models: PriceModels) -> Charge:
    """The usage of one unit in one dimension and slot, priced."""
    with exact():
        return compiled(rate, models).price_usage(
            usage.quantity, events=usage.events, dimension=usage.dimension, slot=usage.slot
        )


LABOUR = (tier("1", "1", "20"), tier("2", "5", "15"), tier("6", None, "10"))
"""One hour 20, up to five 15, six and more 10."""
GOODS = (tier("1", "1", "10"), tier("2", "2", "9"), tier("3", "3", "8"), tier("4", None, "7"))
CHANNELS = (tier("1", "1", "5"), tier("2", "2", "4"), tier("3", "3", "3"), tier("4", None, "2"))
GENERIC = (tier("1", "1", "10"), tier("2", None, "8"))
