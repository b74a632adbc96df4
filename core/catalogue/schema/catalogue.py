"""A whole catalogue, or any part of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from core.catalogue.schema.buy_in_advance import BuyInAdvanceDefinition
from core.catalogue.schema.discounts import DiscountDefinition
from core.catalogue.schema.features import FeatureDefinition
from core.catalogue.schema.fields import key
from core.catalogue.schema.job_types import JobTypeDefinition
from core.catalogue.schema.plans import PricePlanDefinition
from core.catalogue.schema.products import GaugeDefinition, ProductDefinition
from core.catalogue.schema.segments import SegmentDefinition
from core.catalogue.schema.tables import RateTableDefinition
from core.catalogue.schema.terms import BillingTermsDefinition
from core.catalogue.schema.udr_types import UdrTypeDefinition
from core.catalogue.schema.usage_catalogues import UsageCatalogueDefinition, UsageDefinition
from core.catalogue.schema.usage_rules import UsageRuleDefinition

EntrySection = Literal[
    "segments",
    "udr_types",
    "usage_definitions",
    "usage_catalogues",
    "discounts",
    "usage_rules",
    "buy_in_advance",
    "job_types",
    "features",
]
"""Sections whose entries are read whole: a head, and versions with a body."""

Section = (
    Literal["gauges", "products", "rate_tables", "price_plans", "billing_terms"] | EntrySection
)
ENTRY_SECTIONS: Final[tuple[EntrySection, ...]] = get_args(EntrySection)
SECTIONS: Final[tuple[Section, ...]] = (
    "gauges",
    "products",
    "rate_tables",
    "price_plans",
    "billing_terms",
    *ENTRY_SECTIONS,
)
"""In the order in which they are written: a row names only rows that come before it."""

EntryDefinition = (
    SegmentDefinition
    | UdrTypeDefinition
    | UsageDefinition
    | UsageCatalogueDefinition
    | DiscountDefinition
    | UsageRuleDefinition
    | BuyInAdvanceDefinition
    | JobTypeDefinition
    | FeatureDefinition
)
Definition = (
    GaugeDefinition
    | ProductDefinition
    | RateTableDefinition
    | PricePlanDefinition
    | BillingTermsDefinition
    | EntryDefinition
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Definitions by section. What a catalogue leaves out, applying it leaves alone."""

    gauges: tuple[GaugeDefinition, ...] = key("Gauges by code.", default=(), keyed_by="code")
    products: tuple[ProductDefinition, ...] = key(
        "Products by code.", default=(), keyed_by="code"
    )
    rate_tables: tuple[RateTableDefinition, ...] = key(
        "Rate tables by code.", default=(), keyed_by="code"
    )
    price_plans: tuple[PricePlanDefinition, ...] = key(
        "Price plans by code.", default=(), keyed_by="code"
    )
    billing_terms: tuple[BillingTermsDefinition, ...] = key(
        "Billing terms by code.", default=(), keyed_by="code"
    )

    segments: tuple[SegmentDefinition, ...] = key(
        "Segments by code.", default=(), keyed_by="code"
    )
    udr_types: tuple[UdrTypeDefinition, ...] = key(
        "Types of usage records by code.", default=(), keyed_by="code"
    )
    usage_definitions: tuple[UsageDefinition, ...] = key(
        "Usage definitions by code.", default=(), keyed_by="code"
    )
    usage_catalogues: tuple[UsageCatalogueDefinition, ...] = key(
        "Usage catalogues by code.", default=(), keyed_by="code"
    )
    discounts: tuple[DiscountDefinition, ...] = key(
        "Discounts by code.", default=(), keyed_by="code"
    )
    usage_rules: tuple[UsageRuleDefinition, ...] = key(
        "Usage rules by code.", default=(), keyed_by="code"
    )
    buy_in_advance: tuple[BuyInAdvanceDefinition, ...] = key(
        "Definitions of buying in advance by code.", default=(), keyed_by="code"
    )
    job_types: tuple[JobTypeDefinition, ...] = key(
        "Job types by code.", default=(), keyed_by="code"
    )
    features: tuple[FeatureDefinition, ...] = key(
        "Features by code.", default=(), keyed_by="code"
    )

    def section(self, name: Section) -> tuple[Definition, ...]:
        """Return the definitions of one section."""
        found: tuple[Definition, ...] = getattr(self, name)
        return found

    def by_code(self, name: Section) -> dict[str, Definition]:
        """Return the definitions of one section by code."""
        return {definition.code: definition for definition in self.section(name)}


DEFINITIONS: Final[dict[EntrySection, type[EntryDefinition]]] = {
    "segments": SegmentDefinition,
    "udr_types": UdrTypeDefinition,
    "usage_definitions": UsageDefinition,
    "usage_catalogues": UsageCatalogueDefinition,
    "discounts": DiscountDefinition,
    "usage_rules": UsageRuleDefinition,
    "buy_in_advance": BuyInAdvanceDefinition,
    "job_types": JobTypeDefinition,
    "features": FeatureDefinition,
}
"""The definition of each section whose entries are read whole."""
