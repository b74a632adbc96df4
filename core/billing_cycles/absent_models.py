"""Stand-ins for price models that no plugin has: their invoices are parked, and no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NoReturn

from core.kernel.errors import Problem
from core.plugin_api.values import Rate
from core.plugin_host import PluginMissing
from core.rating.plan import PlanVersion


class AbsentModel:
    """Stands for a price model whose plugin is not installed, or disabled."""

    def __init__(self, name: str, *, disabled: Sequence[str]) -> None:
        self.name = name
        self._disabled = disabled

    def validate(self, _rate: Rate) -> Sequence[Problem]:
        """Accept the rate: it was checked when the catalogue was applied."""
        return ()

    def price(self, _rate: Rate, _quantity: Decimal) -> NoReturn:
        """Refuse what needs this model.

        Raises:
            PluginMissing: always; it is told to the operator.
        """
        raise PluginMissing.of(f"the price model {self.name}", disabled=self._disabled)


def with_absent(
    models: Mapping[str, Any], version: PlanVersion, *, disabled: Sequence[str]
) -> Mapping[str, Any]:
    """Return the models, and a stand-in for each that a plan names and nobody has."""
    absent = {
        rate.model: AbsentModel(rate.model, disabled=disabled)
        for each in version.rates
        for rate in each.every_rate()
        if rate.model not in models
    }
    return {**models, **absent} if absent else models
