"""A version of a usage catalogue, made ready to price orders. Pure.

Times of day are local, in whole minutes, and include their last minute: from 00:01 to 06:59
is until just before 07:00:00. A window whose end is before its beginning crosses midnight.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from core.catalogue.schema.usage_catalogues import (
    ConditionalRateDefinition,
    UsageCatalogueDefinition,
    UsageServiceDefinition,
    ValidityDefinition,
)
from core.kernel.clock import in_utc
from core.kernel.condition_context import documented_schema
from core.kernel.conditions import Condition
from core.kernel.zones import start_of_day, time_zone
from core.plugin_api.values import RateFacts

MAX_LABEL: Final = 56
"""Characters of a rate's name; it becomes an event's dimension, which has 64."""
_ONE: Final = Decimal(1)
_MINUTES_OF_HOUR: Final = 60


class UnitPrice(NamedTuple):
    """The price of one unit, and the name of the rate that it is; empty is the base."""

    price: Decimal
    label: str


@dataclass(frozen=True, slots=True)
class Window:
    """A time from an instant on, until another one; without bounds it is always."""

    from_at: datetime | None
    until_at: datetime | None

    def holds(self, at: datetime) -> bool:
        """Tell whether an instant is within."""
        return (self.from_at is None or self.from_at <= at) and (
            self.until_at is None or at < self.until_at
        )


@dataclass(frozen=True, slots=True)
class ConditionalRate:
    """A price that holds where everything stated fits."""

    price: Decimal
    label: str
    minutes: tuple[int, int] | None
    methods: frozenset[str]
    devices: frozenset[str]
    source_categories: frozenset[str]
    usage_from: Decimal | None
    usage_to: Decimal | None

    def fits(self, facts: RateFacts, *, minute: int) -> bool:
        """Tell whether an order at a local minute of the day has this price."""
        if self.minutes is not None and not _within(minute, *self.minutes):
            return False
        if self.methods and facts.method not in self.methods:
            return False
        if self.devices and facts.device not in self.devices:
            return False
        if self.source_categories and facts.source_category not in self.source_categories:
            return False
        amount = _ONE if facts.amount is None else facts.amount
        if self.usage_from is not None and amount < self.usage_from:
            return False
        return self.usage_to is None or amount <= self.usage_to


@dataclass(frozen=True, slots=True)
class CompiledService:
    """A service with its prices; `goes_by_time` when one of them has a time of day."""

    product: str
    base: Decimal
    provisioning_id: str
    orderable: Window
    rates: tuple[ConditionalRate, ...]
    goes_by_time: bool

    def unit_price(self, facts: RateFacts, *, minute: int) -> UnitPrice:
        """Return the price of one unit at a local minute of the day."""
        for rate in self.rates:
            if rate.fits(facts, minute=minute):
                return UnitPrice(rate.price, rate.label)
        return UnitPrice(self.base, "")


@dataclass(frozen=True, slots=True)
class CompiledCatalogue:
    """A version of a usage catalogue; `id` is the entry's, which goes on with new versions."""

    id: UUID
    version_id: UUID
    code: str
    name: str
    provider: str
    currency: str
    definition: str
    validity: tuple[Window, ...]
    termed_services: frozenset[str]
    services: dict[str, CompiledService]
    condition: Condition | None

    def is_valid(self, at: datetime) -> bool:
        """Tell whether it is offered at an instant."""
        return not self.validity or any(window.holds(at) for window in self.validity)


def compile_catalogue(
    definition: UsageCatalogueDefinition, *, entry_id: UUID, version_id: UUID, zone: str
) -> CompiledCatalogue:
    """Prepare a catalogue; its dates are days of the tenant's zone."""
    when = definition.when
    schema = documented_schema(variables=("account", "subscription"))
    return CompiledCatalogue(
        id=entry_id,
        version_id=version_id,
        code=definition.code,
        name=definition.name,
        provider=definition.provider,
        currency=definition.currency,
        definition=definition.definition,
        validity=tuple(_validity(one, zone) for one in definition.validity),
        termed_services=frozenset(definition.termed_services),
        services={one.product: _service(one, zone) for one in definition.services},
        condition=Condition.compile(when, schema=schema) if when else None,
    )


def local_minute(at: datetime, zone: str) -> int:
    """Return the minute of the local day, from 0 to 1439."""
    local = at.astimezone(time_zone(zone))
    return local.hour * _MINUTES_OF_HOUR + local.minute


def _validity(definition: ValidityDefinition, zone: str) -> Window:
    return Window(_instant(definition.starts, zone), _instant(definition.until, zone))


def _service(definition: UsageServiceDefinition, zone: str) -> CompiledService:
    assert definition.base is not None, "a stored service has its base price"
    rates = _rates(definition.rates)
    return CompiledService(
        product=definition.product,
        base=definition.base,
        provisioning_id=definition.provisioning_id,
        orderable=Window(
            _instant(definition.orderable_from, zone),
            _instant(definition.orderable_until, zone),
        ),
        rates=rates,
        goes_by_time=any(rate.minutes is not None for rate in rates),
    )


def _rates(definitions: Iterable[ConditionalRateDefinition]) -> tuple[ConditionalRate, ...]:
    """Prepare the rates; a name that is too long, or no ASCII, is a number instead."""
    made: list[ConditionalRate] = []
    for number, one in enumerate(definitions, start=1):
        label = _label(one)
        made.append(
            ConditionalRate(
                one.price,
                label if len(label) <= MAX_LABEL and label.isascii() else f"rate {number}",
                (_minute(one.from_time), _minute(one.to_time)) if one.from_time else None,
                frozenset(one.methods),
                frozenset(one.devices),
                frozenset(one.source_categories),
                one.usage_from,
                one.usage_to,
            )
        )
    return tuple(made)


def _label(one: ConditionalRateDefinition) -> str:
    """Name a rate by what it states: `00:01-06:59 tv`."""
    parts = [f"{one.from_time}-{one.to_time}"] if one.from_time else []
    parts += ["/".join(names) for names in (one.methods, one.devices) if names]
    if one.source_categories:
        parts.append("from " + "/".join(one.source_categories))
    if one.usage_from is not None or one.usage_to is not None:
        least = "" if one.usage_from is None else f"{one.usage_from:f}"
        most = "" if one.usage_to is None else f"{one.usage_to:f}"
        parts.append(f"{least}..{most}")
    return " ".join(parts)


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * _MINUTES_OF_HOUR + int(minutes)


def _within(minute: int, first: int, last: int) -> bool:
    if first <= last:
        return first <= minute <= last
    return minute >= first or minute <= last


def _instant(given: date | datetime | None, zone: str) -> datetime | None:
    if given is None:
        return None
    return in_utc(given) if isinstance(given, datetime) else start_of_day(given, zone)
