"""A whole catalogue, or any part of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from core.catalogue.schema.fields import key
from core.catalogue.schema.plans import PricePlanDefinition
from core.catalogue.schema.products import GaugeDefinition, ProductDefinition
from core.catalogue.schema.tables import RateTableDefinition
from core.catalogue.schema.terms import BillingTermsDefinition

Section = Literal["gauges", "products", "rate_tables", "price_plans", "billing_terms"]
SECTIONS: Final[tuple[Section, ...]] = (
    "gauges",
    "products",
    "rate_tables",
    "price_plans",
    "billing_terms",
)
"""In the order in which they are written: each names only what comes before it."""

Definition = (
    GaugeDefinition
    | ProductDefinition
    | RateTableDefinition
    | PricePlanDefinition
    | BillingTermsDefinition
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

    def section(self, name: Section) -> tuple[Definition, ...]:
        """Return the definitions of one section."""
        found: tuple[Definition, ...] = getattr(self, name)
        return found

    def by_code(self, name: Section) -> dict[str, Definition]:
        """Return the definitions of one section by code."""
        return {definition.code: definition for definition in self.section(name)}
