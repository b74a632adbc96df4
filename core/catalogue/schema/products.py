"""What is sold: gauges and products of every kind."""

# ruff: noqa: RUF009 - key() makes a dataclass field

from __future__ import annotations

from dataclasses import dataclass

from core.catalogue.schema.fields import BilledIn, GaugePolicy, ProductKind, State, key
from core.catalogue.schema.grants import GrantDefinition, TrialDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class GaugeDefinition:
    """A level that is set for an account, such as the number of profiles hosted."""

    code: str = key("Stable code of the gauge, unique in the tenant.")
    name: str = key("Name shown to people.")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetersDefinition:
    """Which usage a usage service sells."""

    channel: str = key(
        "Channel of a plugin whose events are sold.",
        refused_when="no installed plugin registers it",
    )
    unit: str = key("Unit of that channel.", refused_when="the channel does not count it")


@dataclass(frozen=True, slots=True, kw_only=True)
class GaugeQuantityDefinition:
    """Take the quantity of a period from a gauge."""

    gauge: str = key("Code of the gauge.", refused_when="no such gauge exists")
    policy: GaugePolicy = key(
        "Which value of the period counts: the highest, the last, or the average over time.",
        default="max",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDefinition:
    """Anything that is sold."""

    code: str = key("Stable code of the product, unique in the tenant.")
    kind: ProductKind = key(
        "What kind of product it is; decides how it may be priced.",
        refused_when="it differs from the stored product's: a kind is for good",
    )
    name: str = key("Name shown on invoices.")
    type: str | None = key("The tenant's own word for a group of products.", default=None)
    description: str = key("Longer text for people.", default="")
    unit_label: str = key("What one unit is called (e-mail, user, seat).", default="")
    tax_class: str = key("Tax class; the tenant's tax rates are by class.", default="standard")
    meters: MetersDefinition | None = key(
        "The usage that a usage service sells.",
        default=None,
        refused_when="absent on a usage service, present on another kind, or changed later",
    )
    quantity_from: GaugeQuantityDefinition | None = key(
        "Take the quantity from a gauge instead of the item's.",
        default=None,
        refused_when="the kind does not recur, or it is changed later",
    )
    billed_in: BilledIn | None = key(
        "Bill this product in advance or in arrears, whatever the billing terms say.",
        default=None,
        default_text="as the billing terms say",
        refused_when="the kind does not recur; `advance` with `quantity_from`",
    )
    members: tuple[str, ...] = key(
        "Modules of a suite, by code; access to any of them counts once.",
        default=(),
        refused_when="the product or a member is no module, or a stored member is left out",
    )
    grants: tuple[GrantDefinition, ...] = key(
        "What it allows to who has it, and how much.",
        default=(),
        default_text="nothing",
        refused_when="a feature is granted twice",
    )
    trial: TrialDefinition | None = key(
        "A trial that anybody may ask for, once.",
        default=None,
        default_text="none, but staff may give one",
        refused_when="the kind does not recur",
    )
    needs: tuple[str, ...] = key(
        "Modules or suites by code: an item of it belongs to an item of one of them, and ends "
        "with that.",
        default=(),
        default_text="it stands by itself",
        refused_when="one is no module, or the product is neither pack nor one-time service",
    )
    fulfils: str = key(
        "Name of the task that is opened when it is sold (`First training`).",
        default="",
        default_text="none is",
        refused_when="the product is a usage service",
    )
    state: State = key("`retired` products are no longer offered.", default="active")
