"""Rates written short, for tests."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from core.plugin_api.values import Rate, Tier


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


LABOUR = (tier("1", "1", "20"), tier("2", "5", "15"), tier("6", None, "10"))
"""One hour 20, up to five 15, six and more 10."""
GOODS = (tier("1", "1", "10"), tier("2", "2", "9"), tier("3", "3", "8"), tier("4", None, "7"))
CHANNELS = (tier("1", "1", "5"), tier("2", "2", "4"), tier("3", "3", "3"), tier("4", None, "2"))
GENERIC = (tier("1", "1", "10"), tier("2", None, "8"))
