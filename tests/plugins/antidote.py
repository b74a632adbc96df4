"""The poison's next version: the same price model, mended."""

from __future__ import annotations

from core.plugin_api import Charge, Step, hookimpl

REQUIRES_API = (1, 0)
__version__ = "6.7"


class MendedModel:
    """Base times quantity, whatever the rate's options ask for."""

    name = "poison_model"

    def validate(self, rate):
        """Find nothing wrong."""
        return []

    def price(self, rate, quantity):
        """Price."""
        amount = rate.base * quantity
        return Charge(amount, (Step("base", "each", quantity, rate.base, amount),))


@hookimpl
def register_price_models():
    """Contribute the model."""
    return [MendedModel()]
