"""The hooks: one per kind of contribution.

Each is called once, when the host is built, and returns named objects. No hook is
called per event or per invoice, and none can see or change what another plugin
returned. A name that two plugins claim keeps the host from starting.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.plugin_api.channel import Channel
from core.plugin_api.markers import hookspec
from core.plugin_api.outside import Observer, PaymentGateway, Provisioner
from core.plugin_api.price_model import PriceModel
from core.plugin_api.tax_engine import TaxEngine


@hookspec
def register_channels() -> Sequence[Channel[Any]]:
    """Contribute sources of usage.

    :returns: the channels; each name unique over all plugins, each unit within its
        channel, and the names of event classes and enums unique in the schema.
    """
    raise NotImplementedError


@hookspec
def register_price_models() -> Sequence[PriceModel]:
    """Contribute ways to price a quantity, beside `flat`, `tiered` and `package`.

    :returns: the price models; a rate names one in its `model`.
    """
    raise NotImplementedError


@hookspec
def register_payment_gateways() -> Sequence[PaymentGateway]:
    """Contribute providers that collect money.

    :returns: the gateways; called by workers only, outside of any transaction.
    """
    raise NotImplementedError


@hookspec
def register_tax_engines() -> Sequence[TaxEngine]:
    """Contribute ways to decide tax rates.

    :returns: the engines; pure, a tenant chooses one by its name.
    """
    raise NotImplementedError


@hookspec
def register_provisioners() -> Sequence[Provisioner]:
    """Contribute providers at which services are switched on and off.

    :returns: the provisioners; called by the outbox worker only.
    """
    raise NotImplementedError


@hookspec
def register_observers() -> Sequence[Observer]:
    """Contribute listeners to what happened.

    :returns: the observers; called by the outbox worker after the commit, at least once.
    """
    raise NotImplementedError
