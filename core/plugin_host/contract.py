"""Check what a plugin registers against the contract, and freeze it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar, get_args

from core.plugin_api import Pricing, Unit
from core.plugin_api.channel import (
    Channel,
    ChargingChannel,
    PerEventChannel,
)
from core.plugin_api.outside import Observer, PaymentGateway, Provisioner
from core.plugin_api.price_model import PriceModel
from core.plugin_api.tax_engine import TaxEngine
from core.plugin_api.values import Aggregation
from core.plugin_host.docstrings import described
from core.plugin_host.event_fields import read_event_class
from core.plugin_host.hosted import Hosted, HostedChannel
from core.plugin_host.refusals import UnfitPlugin
from core.plugin_host.sources import PluginSource
from core.plugin_host.windowed import check_counterpart, check_windowed

CORE_PRICE_MODELS: Final = frozenset({"flat", "tiered", "package"})
CORE_GATEWAYS: Final = frozenset({"manual", "test"})

MAX_README: Final = 65_536
MAX_UNITS: Final = 50

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_PRICINGS: Final[tuple[str, ...]] = get_args(Pricing)
_AGGREGATIONS: Final[tuple[str, ...]] = get_args(Aggregation)
ContributionT = TypeVar("ContributionT")


def check_channel(given: object, source: PluginSource) -> HostedChannel:
    """Return the channel as the host keeps it, or raise `UnfitPlugin`."""
    channel: Channel[Any] = _conforming(given, Channel, kind="channel")
    name = _checked_name(channel.name, kind="channel")
    _refuse_asynchronous(channel, kind="channel", names=("measure", "stored", "samples"))
    if channel.pricing == "windowed" and not source.is_built_in:
        raise UnfitPlugin(
            f"channel {name} is windowed, which this release prices for Forfait's own channels "
            "alone; give pricing per_period or per_event"
        )
    _check_pricing(channel, name)
    fields = read_event_class(channel.Event)
    hosted = HostedChannel(
        name=name,
        plugin=source,
        pricing=channel.pricing,
        units=_checked_units(channel, name),
        event_class=channel.Event,
        fields=fields,
        description=described(channel.Event),
        readme=_checked_readme(channel, name),
        channel=channel,
    )
    _check_type_names(hosted)
    check_counterpart(hosted)
    return hosted


def _check_pricing(channel: Channel[Any], name: str) -> None:
    pricing: object = channel.pricing
    if pricing not in _PRICINGS:
        raise UnfitPlugin(
            f"channel {name}: pricing {pricing!r} is none of {_listed(_PRICINGS)}"
        )
    if pricing == "windowed":
        check_windowed(channel, name)
        names = ("replay_key", "measure_window", "window_state")
        _refuse_asynchronous(channel, kind="channel", names=names)
    if pricing == "per_event":
        if not isinstance(channel, PerEventChannel):
            raise UnfitPlugin(f"channel {name} is per_event and lacks service or rate_facts")
        _refuse_asynchronous(channel, kind="channel", names=("service", "rate_facts"))
    if isinstance(channel, ChargingChannel):
        raise UnfitPlugin(
            f"channel {name} has a charge of its own, which this release does not call; "
            "register a price model instead"
        )


def _checked_units(channel: Channel[Any], name: str) -> Mapping[str, Unit]:
    units: object = channel.units
    if not isinstance(units, tuple) or not all(isinstance(unit, Unit) for unit in units):
        raise UnfitPlugin(f"channel {name}: units is no tuple of Unit")
    if not 1 <= len(units) <= MAX_UNITS:
        raise UnfitPlugin(f"channel {name} has {len(units)} units; 1 to {MAX_UNITS} are taken")
    by_name: dict[str, Unit] = {}
    for unit in units:
        _checked_name(unit.name, kind=f"channel {name}: unit")
        if unit.name in by_name:
            raise UnfitPlugin(f"channel {name} has two units named {unit.name}")
        if unit.aggregation not in _AGGREGATIONS:
            raise UnfitPlugin(
                f"channel {name}: unit {unit.name} aggregates by {unit.aggregation!r}; "
                f"use {_listed(_AGGREGATIONS)}"
            )
        if not isinstance(unit.label, str) or not unit.label.strip():
            raise UnfitPlugin(f"channel {name}: unit {unit.name} has no label")
        by_name[unit.name] = unit
    return MappingProxyType(by_name)


def _checked_readme(channel: Channel[Any], name: str) -> str:
    readme: object = channel.readme
    if not isinstance(readme, str) or not readme.strip() or len(readme) > MAX_README:
        raise UnfitPlugin(f"channel {name}: readme is no text of 1 to {MAX_README} characters")
    return readme


def _check_type_names(hosted: HostedChannel) -> None:
    prefix = "".join(word.capitalize() for word in hosted.name.split("_"))
    for named in (hosted.event_class, *hosted.enums):
        if not named.__name__.startswith(prefix):
            raise UnfitPlugin(
                f"channel {hosted.name}: {named.__name__} does not begin with {prefix}; "
                "its name is a type of the schema, which all channels share"
            )


def check_price_model(given: object, source: PluginSource) -> Hosted[PriceModel]:
    """Return the price model as the host keeps it, or raise `UnfitPlugin`."""
    model: PriceModel = _conforming(given, PriceModel, kind="price model")
    name = _checked_name(model.name, kind="price model")
    if name in CORE_PRICE_MODELS:
        raise UnfitPlugin(f"price model {name} has the name of one of Forfait's own")
    _refuse_asynchronous(model, kind=f"price model {name}", names=("validate", "price"))
    return Hosted(name, source, model)


def check_tax_engine(given: object, source: PluginSource) -> Hosted[TaxEngine]:
    """Return the tax engine as the host keeps it, or raise `UnfitPlugin`."""
    engine: TaxEngine = _conforming(given, TaxEngine, kind="tax engine")
    name = _checked_name(engine.name, kind="tax engine")
    _refuse_asynchronous(engine, kind=f"tax engine {name}", names=("rates",))
    return Hosted(name, source, engine)


def check_payment_gateway(given: object, source: PluginSource) -> Hosted[PaymentGateway]:
    """Return the gateway as the host keeps it, or raise `UnfitPlugin`."""
    gateway: PaymentGateway = _conforming(given, PaymentGateway, kind="payment gateway")
    name = _checked_name(gateway.name, kind="payment gateway")
    if name in CORE_GATEWAYS:
        raise UnfitPlugin(f"payment gateway {name} has the name of one of Forfait's own")
    if not isinstance(gateway.collects, bool):
        raise UnfitPlugin(f"payment gateway {name}: collects is neither True nor False")
    _require_asynchronous(gateway, kind=f"payment gateway {name}", method="collect")
    if hasattr(gateway, "refund"):
        _require_asynchronous(gateway, kind=f"payment gateway {name}", method="refund")
    return Hosted(name, source, gateway)


def check_provisioner(given: object, source: PluginSource) -> Hosted[Provisioner]:
    """Return the provisioner as the host keeps it, or raise `UnfitPlugin`."""
    provisioner: Provisioner = _conforming(given, Provisioner, kind="provisioner")
    name = _checked_name(provisioner.name, kind="provisioner")
    _require_asynchronous(provisioner, kind=f"provisioner {name}", method="provision")
    return Hosted(name, source, provisioner)


def check_observer(given: object, source: PluginSource) -> Hosted[Observer]:
    """Return the observer as the host keeps it, or raise `UnfitPlugin`."""
    observer: Observer = _conforming(given, Observer, kind="observer")
    name = _checked_name(observer.name, kind="observer")
    if not isinstance(observer.kinds, frozenset):
        raise UnfitPlugin(f"observer {name}: kinds is no frozenset of texts")
    _require_asynchronous(observer, kind=f"observer {name}", method="observe")
    return Hosted(name, source, observer)


CHECKS: Final[Mapping[str, Callable[[object, PluginSource], HostedChannel | Hosted[Any]]]] = {
    "register_channels": check_channel,
    "register_price_models": check_price_model,
    "register_payment_gateways": check_payment_gateway,
    "register_tax_engines": check_tax_engine,
    "register_provisioners": check_provisioner,
    "register_observers": check_observer,
}
"""The check of each hook's contributions."""


def _conforming(given: object, protocol: type[Any], *, kind: str) -> Any:
    if isinstance(given, protocol) and not isinstance(given, type):
        return given
    wanted = sorted(name for name in _members(protocol) if not hasattr(given, name))
    shown = given.__name__ if isinstance(given, type) else type(given).__name__
    if wanted:
        raise UnfitPlugin(f"{shown} is no {kind}: it lacks {_listed(wanted)}")
    raise UnfitPlugin(f"{shown} is a class; register an instance of it")


def _members(protocol: type[Any]) -> set[str]:
    members: set[str] = (
        set(protocol.__protocol_attrs__)
        if hasattr(protocol, "__protocol_attrs__")
        else {name for name in vars(protocol) if not name.startswith("_")}
    )
    return members


def _checked_name(name: object, *, kind: str) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise UnfitPlugin(
            f"{kind} {name!r} is no name; use lower case, digits and _, at most 40"
        )
    return name


def _refuse_asynchronous(given: object, *, kind: str, names: tuple[str, ...]) -> None:
    for name in names:
        method = getattr(given, name)
        if inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method):
            raise UnfitPlugin(
                f"{kind}: {name} is asynchronous; it is pure, and a plain function"
            )


def _require_asynchronous(given: object, *, kind: str, method: str) -> None:
    if not inspect.iscoroutinefunction(getattr(given, method)):
        raise UnfitPlugin(f"{kind}: {method} is not asynchronous; write async def {method}")


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names)
