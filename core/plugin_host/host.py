"""The host: finds plugins, checks them, and hands out what they contribute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, cast

from core.plugin_api.outside import Observer, PaymentGateway, Provisioner
from core.plugin_api.price_model import PriceModel
from core.plugin_api.tax_engine import TaxEngine
from core.plugin_host.contract import CHECKS
from core.plugin_host.hosted import Hosted, HostedChannel, PluginListing
from core.plugin_host.refusals import (
    PluginProblem,
    PluginsRefused,
    UnfitPlugin,
    described_exception,
)
from core.plugin_host.registration import register
from core.plugin_host.sources import PluginSource, folder_sources, installed_sources, source_of
from core.plugin_host.versions import deprecations_in

PRICING_HOOKS: Final = frozenset(
    {"register_channels", "register_price_models", "register_tax_engines"}
)
"""Hooks whose contributions measure, price and tax: a third party's run in child processes."""


@dataclass(slots=True)
class _Census:
    """What has been taken so far, while the host is being built."""

    taken: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {hook: {} for hook in CHECKS}
    )
    type_names: dict[str, str] = field(default_factory=dict)
    listings: list[PluginListing] = field(default_factory=list)
    problems: list[PluginProblem] = field(default_factory=list)


class PluginHost:
    """All plugins of this process, checked. Built once, and frozen from then on.

    Without an argument it takes the plugins that installed packages name in the
    entry-point group `forfait.plugins`. Otherwise it takes just those given: sources,
    modules, or objects (third-party all, unless a source says otherwise). The one-file
    plugins of a folder come on top. A plugin that is `disabled` by name is not loaded: what it
    contributes is not there, and what is stored of it stays readable.

    It refuses to start, with `PluginsRefused` naming every plugin and why, when one of
    them cannot be imported, requires another API, implements an unknown hook, breaks the
    contract, or claims a name that is taken.
    """

    def __init__(
        self,
        plugins: Iterable[object] | None = None,
        *,
        plugins_dir: Path | None = None,
        disabled: Iterable[str] = (),
    ) -> None:
        census = _taken(_sources(plugins, plugins_dir), frozenset(disabled))
        if census.problems:
            raise PluginsRefused(census.problems)
        self._listings = tuple(census.listings)
        self._taken = MappingProxyType(
            {hook: MappingProxyType(named) for hook, named in census.taken.items()}
        )

    @property
    def channels(self) -> Mapping[str, HostedChannel]:
        """Return the channels by name."""
        return cast("Mapping[str, HostedChannel]", self._taken["register_channels"])

    @property
    def price_models(self) -> Mapping[str, Hosted[PriceModel]]:
        """Return the plugins' price models by name, without Forfait's own."""
        return self._taken["register_price_models"]

    @property
    def payment_gateways(self) -> Mapping[str, Hosted[PaymentGateway]]:
        """Return the payment gateways by name."""
        return self._taken["register_payment_gateways"]

    @property
    def tax_engines(self) -> Mapping[str, Hosted[TaxEngine]]:
        """Return the tax engines by name."""
        return self._taken["register_tax_engines"]

    @property
    def provisioners(self) -> Mapping[str, Hosted[Provisioner]]:
        """Return the provisioners by name."""
        return self._taken["register_provisioners"]

    @property
    def observers(self) -> Mapping[str, Hosted[Observer]]:
        """Return the observers by name."""
        return self._taken["register_observers"]

    @property
    def third_party_sources(self) -> tuple[PluginSource, ...]:
        """Return the sources of plugins with contributions that measure, price or tax."""
        used = {
            hosted.plugin: None
            for hook in sorted(PRICING_HOOKS)
            for hosted in self._taken[hook].values()
            if not hosted.plugin.is_built_in
        }
        return tuple(used)

    def plugins(self) -> tuple[PluginListing, ...]:
        """Return the plugins as operators see them, in the order they were taken."""
        return self._listings

    @property
    def disabled(self) -> tuple[str, ...]:
        """Return the names of the plugins that are there and left out."""
        return tuple(one.name for one in self._listings if one.state == "disabled")


def survey(
    plugins: Iterable[object] | None = None,
    *,
    plugins_dir: Path | None = None,
    disabled: Iterable[str] = (),
) -> tuple[PluginListing, ...]:
    """Return how each plugin would fare, failures included; refuses none of them."""
    return tuple(_taken(_sources(plugins, plugins_dir), frozenset(disabled)).listings)


def _sources(
    plugins: Iterable[object] | None, plugins_dir: Path | None
) -> tuple[PluginSource, ...]:
    if plugins is None:
        found = installed_sources()
    else:
        found = tuple(source_of(plugin) for plugin in plugins)
    return found if plugins_dir is None else (*found, *folder_sources(plugins_dir))


def _taken(sources: tuple[PluginSource, ...], disabled: frozenset[str]) -> _Census:
    census = _Census()
    names: set[str] = set()
    for source in sources:
        if source.name in names:
            _note_failure(census, source, ["another plugin has the same name"])
            continue
        names.add(source.name)
        if source.name in disabled:
            census.listings.append(_listing(source, state="disabled"))
        else:
            _take(census, source)
    return census


def _take(census: _Census, source: PluginSource) -> None:
    try:
        registered = register(source)
    except UnfitPlugin as unfit:
        _note_failure(census, source, [str(unfit)])
        return
    contributions: dict[str, list[str]] = {hook: [] for hook in sorted(registered.by_hook)}
    failures: list[str] = []
    for hook, names in contributions.items():
        for given in registered.by_hook[hook]:
            try:
                names.append(_take_one(census, hook=hook, given=given, source=source))
            except UnfitPlugin as unfit:
                failures.append(str(unfit))
            except Exception as error:  # noqa: BLE001 - a property of the plugin's own
                failures.append(f"{hook}: {described_exception(error, source)}")
    if failures:
        _note_failure(census, source, failures)
        return
    census.listings.append(
        _listing(
            source,
            hooks=tuple(contributions),
            contributions=MappingProxyType(
                {hook: tuple(names) for hook, names in contributions.items()}
            ),
            deprecations=deprecations_in(registered.by_hook),
            requires_api=registered.requires_api,
        )
    )


def _listing(source: PluginSource, **found: Any) -> PluginListing:
    return PluginListing(
        name=source.name,
        version=source.version,
        is_built_in=source.is_built_in,
        origin=source.origin,
        **found,
    )


def _take_one(census: _Census, *, hook: str, given: object, source: PluginSource) -> str:
    hosted = CHECKS[hook](given, source)
    taken = census.taken[hook]
    kind = hook.removeprefix("register_").removesuffix("s").replace("_", " ")
    if hosted.name in taken:
        holder = taken[hosted.name].plugin
        raise UnfitPlugin(f"{kind} {hosted.name} is taken by plugin {holder.title}")
    if isinstance(hosted, HostedChannel):
        _claim_type_names(census, hosted)
    taken[hosted.name] = hosted
    return hosted.name


def _claim_type_names(census: _Census, hosted: HostedChannel) -> None:
    names = [named.__name__ for named in (hosted.event_class, *hosted.enums)]
    for name in names:
        holder = census.type_names.get(name)
        if holder is not None:
            raise UnfitPlugin(
                f"channel {hosted.name}: the type {name} is taken by channel {holder}"
            )
    census.type_names.update(dict.fromkeys(names, hosted.name))


def _note_failure(census: _Census, source: PluginSource, failures: list[str]) -> None:
    """Note why a plugin is not taken; one of a file with the file."""
    where = f"{source.file}: " if source.file is not None else ""
    told = tuple(f"{where}{failure}" for failure in failures)
    census.problems.extend(PluginProblem(source.name, source.version, one) for one in told)
    census.listings.append(_listing(source, failures=told, state="failed"))
