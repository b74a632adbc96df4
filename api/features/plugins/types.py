"""Plugins as the schema shows them; of where they lie on a machine it tells nothing."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Final

import strawberry

from api.access import requires
from api.context import Info
from api.features.plugins.loading import load_parked_by, load_rejected_on
from core.plugin_host import PluginHost, PluginListing
from core.plugin_kit.records import CheckRecord
from core.tenancy import Capability

_CHANNELS: Final = "register_channels"


@strawberry.enum(description="Whether a plugin is at work.")
class PluginState(Enum):
    """States of plugins; with one that fails, no server starts."""

    SERVED = strawberry.enum_value("served", description="What it contributes is there.")
    DISABLED = strawberry.enum_value(
        "disabled",
        description="It is left out. What is stored of it stays readable; subscriptions that "
        "need it are parked until it is enabled.",
    )


@strawberry.enum(description="How the events of a period become one quantity.")
class UnitAggregation(Enum):
    """Ways to aggregate."""

    SUM = strawberry.enum_value("sum", description="All of them are added.")
    MAX = strawberry.enum_value("max", description="The highest counts.")
    LAST = strawberry.enum_value("last", description="The last one counts.")
    AVERAGE = strawberry.enum_value("average", description="Their mean counts.")


@strawberry.type(description="What a channel counts.")
class PluginUnit:
    """A unit of a channel."""

    name: str = strawberry.field(description="Its name, as a catalogue's `meters` gives it.")
    label: str = strawberry.field(description="What people call it.")
    aggregation: UnitAggregation = strawberry.field(
        description="How a period's events become one quantity."
    )


@strawberry.type(description="A named thing that a plugin contributes: a channel, say.")
class PluginContribution:
    """A contribution."""

    hook: str = strawberry.field(description="Through which hook: `register_channels`, say.")
    name: str = strawberry.field(description="Its name, unique among those of its hook.")
    units: list[PluginUnit] = strawberry.field(
        description="What it counts, where it is a channel; empty for everything else."
    )


@strawberry.type(description="A property that a plugin lacks.")
class PluginCheckFailure:
    """A failed check of the conformance suite."""

    channel: str = strawberry.field(
        description="The channel that was checked; empty for the plugin as a whole."
    )
    check: str = strawberry.field(description="The check's name, for programs.")
    message: str = strawberry.field(description="What its author must do.")


@strawberry.type(
    description="What `forfait plugin check` last said of this version on the server's machine."
)
class PluginConformance:
    """The last check of a plugin."""

    conforms: bool = strawberry.field(description="Whether no check failed.")
    checked_at: datetime = strawberry.field(description="When it was checked.")
    passed: int = strawberry.field(description="Checks that it passed.")
    failed: list[PluginCheckFailure] = strawberry.field(
        description="Checks that it failed, 50 at most."
    )

    @classmethod
    def of(cls, record: CheckRecord) -> PluginConformance:
        """Show a record."""
        return cls(
            conforms=record.conforms,
            checked_at=record.checked_at,
            passed=record.passed,
            failed=[
                PluginCheckFailure(channel=one.channel, check=one.check, message=one.message)
                for one in record.failed
            ],
        )


@strawberry.type(
    description="What a plugin keeps from being billed at this seller. What its gateways and "
    "provisioners answer stands with each collection and request, and is tried again there."
)
class PluginFailures:
    """Failures of a plugin: what waits, and what was rejected lately."""

    parked_subscriptions: int = strawberry.field(
        description="Subscriptions that are parked because it failed; 0 when none is. "
        "`parkedSubscriptions` lists them."
    )
    last_at: datetime | None = strawberry.field(description="When it parked one last.")
    last_reason: str | None = strawberry.field(description="Why, in words.")
    failed_events: int = strawberry.field(
        description="Events of its channels that it failed on in the last 24 hours, and that "
        "were rejected with PLUGIN_FAILED; the server's log says where it failed."
    )
    rejected_events: int = strawberry.field(
        description="Events of its channels that were rejected with INVALID_VALUE in the last "
        "24 hours, by its own check or for a value that no event of it takes."
    )


@strawberry.type(description="A plugin of this installation.")
class Plugin:
    """A plugin."""

    name: str = strawberry.field(description="Its name.")
    version: str = strawberry.field(description="The version of its package.")
    is_built_in: bool = strawberry.field(
        description="Whether it is Forfait's own; others run in processes of their own."
    )
    state: PluginState = strawberry.field(description="Whether it is at work.")
    requires_api: str | None = strawberry.field(
        description="The version of the plugin contract that it was written against: `1.1`; "
        "null while it is disabled, since it is not loaded."
    )
    hooks: list[str] = strawberry.field(description="The hooks that it implements.")
    contributions: list[PluginContribution] = strawberry.field(
        description="What it contributes, by hook and name."
    )
    deprecations: list[str] = strawberry.field(
        description="What it uses that a later version of the contract lacks."
    )
    conformance: PluginConformance | None = strawberry.field(
        description="What the conformance suite last said of it; null until this version is "
        "checked with `forfait plugin check`."
    )

    @strawberry.field(
        description="What it keeps from being billed at this seller, as far as the caller sees."
    )
    @requires(Capability.INVOICE_READ)
    async def failures(self, info: Info) -> PluginFailures:
        """Count by the database, once for all plugins."""
        loaders = info.context.loaders
        channels = [each.name for each in self.contributions if each.hook == _CHANNELS]
        parked = await loaders.of(load_parked_by).load(self.name)
        rejected = [
            each for each in await loaders.of(load_rejected_on).load_many(channels) if each
        ]
        return PluginFailures(
            parked_subscriptions=parked.subscriptions if parked else 0,
            last_at=parked.last_at if parked else None,
            last_reason=parked.last_reason if parked else None,
            failed_events=sum(each.failed for each in rejected),
            rejected_events=sum(each.invalid for each in rejected),
        )

    @classmethod
    def of(
        cls, listing: PluginListing, *, host: PluginHost, record: CheckRecord | None
    ) -> Plugin:
        """Show a plugin."""
        required = listing.requires_api
        return cls(
            name=listing.name,
            version=listing.version,
            is_built_in=listing.is_built_in,
            state=PluginState(listing.state),
            requires_api=None if required is None else f"{required[0]}.{required[1]}",
            hooks=list(listing.hooks),
            contributions=[
                PluginContribution(hook=hook, name=name, units=_units(host, hook, name))
                for hook, names in listing.contributions.items()
                for name in names
            ],
            deprecations=list(listing.deprecations),
            conformance=None if record is None else PluginConformance.of(record),
        )


def _units(host: PluginHost, hook: str, name: str) -> list[PluginUnit]:
    if hook != _CHANNELS:
        return []
    return [
        PluginUnit(
            name=unit.name,
            label=unit.label,
            aggregation=UnitAggregation(unit.aggregation),
        )
        for unit in host.channels[name].units.values()
    ]
