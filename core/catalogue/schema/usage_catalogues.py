"""Usage definitions and catalogues: services that are ordered, with their rates."""

# ruff: noqa: RUF009 - key() makes a dataclass field

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from core.catalogue.schema.fields import EntryState, key

UsageCatalogueState = Literal["effective", "not_effective", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionalRateDefinition:
    """A price that holds where everything stated here fits; what is not stated always does."""

    price: Decimal = key("The price of one unit.", refused_when="it is negative")
    from_time: str = key(
        "First local minute, `00:01`.",
        name="from",
        default="",
        default_text="any time",
        refused_when="only one of `from` and `to` is given, or it is no time of day",
    )
    to_time: str = key(
        "Last local minute, inclusive: `06:59` is until 07:00; it may be after midnight.",
        name="to",
        default="",
        default_text="any time",
    )
    methods: tuple[str, ...] = key("Usage methods.", default=(), default_text="any")
    devices: tuple[str, ...] = key("Devices.", default=(), default_text="any")
    source_categories: tuple[str, ...] = key(
        "Source categories.", default=(), default_text="any"
    )
    usage_from: Decimal | None = key(
        "Least amount of usage, inclusive.", default=None, default_text="any"
    )
    usage_to: Decimal | None = key(
        "Largest amount of usage, inclusive.",
        default=None,
        default_text="any",
        refused_when="it is below `usage_from`",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultRateDefinition:
    """Rates that services of a product type begin with."""

    product_type: str = key(
        "The product type.", refused_when="the definition does not allow it"
    )
    base: Decimal = key("The price of one unit.", refused_when="it is negative")
    rates: tuple[ConditionalRateDefinition, ...] = key(
        "Prices in its place.", default=(), refused_when="two of them overlap"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageDefinition:
    """What usage catalogues may hold. One is active at most."""

    code: str = key("Stable code of the definition, unique in the tenant.")
    name: str = key("Name shown to people.")
    state: EntryState = key(
        "Whether new catalogues are made by it.",
        default="active",
        refused_when="another one is active",
    )
    product_types: tuple[str, ...] = key(
        "Types of usage services that may be offered.",
        refused_when="it is empty, or a product of another kind has one of them",
    )
    providers: tuple[str, ...] = key(
        "Providers that may be asked to provide.", refused_when="it is empty"
    )
    udr_types: tuple[str, ...] = key(
        "UDR types of orders, by code.",
        default=(),
        default_text="all",
        refused_when="one does not exist",
    )
    defaults: tuple[DefaultRateDefinition, ...] = key(
        "Rates that services begin with, by product type.",
        default=(),
        keyed_by="product_type",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidityDefinition:
    """A time in which a usage catalogue is offered."""

    starts: date | datetime | None = key(
        "First instant; a date is that day's start in the tenant's zone.",
        name="from",
        default=None,
        default_text="always before",
    )
    until: date | datetime | None = key(
        "End, exclusive.",
        default=None,
        default_text="for good",
        refused_when="it is not after `from`",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageServiceDefinition:
    """A service that can be ordered."""

    product: str = key(
        "Code of the usage service.",
        refused_when="it is no usage service of a type that the definition allows",
    )
    base: Decimal | None = key(
        "The price of one unit where no rate fits.",
        default=None,
        default_text="the one it has; for a new service that of the definition, with its rates",
        refused_when="it is negative, or neither here nor in the definition",
    )
    provisioning_id: str = key("The provider's own name for it.", refused_when="it is empty")
    orderable_from: date | datetime | None = key(
        "From when it can be ordered.", default=None, default_text="always"
    )
    orderable_until: date | datetime | None = key(
        "Until when, exclusive.",
        default=None,
        default_text="for good",
        refused_when="it is not after `orderable_from`",
    )
    rates: tuple[ConditionalRateDefinition, ...] = key(
        "Prices in place of the base.",
        default=(),
        default_text="none; without `base` those that it has, or the definition's",
        refused_when="two of them overlap, or one states no condition",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageCatalogueDefinition:
    """Services that subscribers may order, from one provider."""

    code: str = key("Stable code of the catalogue, unique in the tenant.")
    name: str = key("Name shown to people.")
    state: UsageCatalogueState = key(
        "Only `effective` catalogues are offered.", default="effective"
    )
    currency: str = key("ISO 4217 code of its prices.")
    definition: str = key(
        "Code of the usage definition that it is made by.",
        default="",
        default_text="the one it has, else the active one",
        refused_when="it does not exist, or none is active",
    )
    provider: str = key(
        "The provider that is asked to provide.",
        refused_when="the definition does not name it",
    )
    validity: tuple[ValidityDefinition, ...] = key(
        "When it is offered.",
        default=(),
        default_text="always",
        refused_when="one ends before it begins, or two overlap",
    )
    services: tuple[UsageServiceDefinition, ...] = key(
        "Services by product.",
        default=(),
        default_text="none",
        keyed_by="product",
    )
    termed_services: tuple[str, ...] = key(
        "Products by code: the subscription has one of them active.",
        default=(),
        default_text="any termed service",
        refused_when="one is no termed service",
    )
    when: str = key(
        "Who may order: a condition over account and subscription.",
        default="",
        default_text="everyone",
        detail="condition",
    )
    units: tuple[str, ...] = key(
        "Org units by code whose staff may choose it.",
        default=(),
        default_text="everyone may",
        refused_when="no such unit exists",
    )
