"""A third party's plugin with one price model, which fails as the rate's options ask."""

from __future__ import annotations

from core.plugin_api import hookimpl
from tests.plugins.poison import PoisonModel

REQUIRES_API = (1, 0)
__version__ = "6.6"


@hookimpl
def register_price_models():
    """Contribute the model."""
    return [PoisonModel()]
