"""The built-in price models, by the name that rates use."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from core.rating.price_model import PriceModels
from core.rating.price_models.flat import Flat
from core.rating.price_models.package import Package
from core.rating.price_models.tiered import Tiered

BUILT_IN: Final[PriceModels] = MappingProxyType(
    {model.name: model for model in (Flat(), Tiered(), Package())}
)

__all__ = ["BUILT_IN", "Flat", "Package", "Tiered"]
