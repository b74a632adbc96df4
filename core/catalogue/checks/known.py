"""What the checks may look at: the wanted definitions, and the stored ones behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from core.catalogue.errors import UNKNOWN_CODE, UNKNOWN_UNIT
from core.catalogue.schema import (
    Catalogue,
    Definition,
    ProductDefinition,
    RateTableDefinition,
    Section,
)
from core.catalogue.wording import meant
from core.kernel.errors import Problem
from core.rating.price_model import PriceModels
from core.rating.price_models import BUILT_IN

WORDS: Mapping[Section, str] = {
    "gauges": "gauge",
    "products": "product",
    "rate_tables": "rate table",
    "price_plans": "price plan",
    "billing_terms": "billing terms",
    "segments": "segment",
    "udr_types": "UDR type",
    "usage_definitions": "usage definition",
    "usage_catalogues": "usage catalogue",
    "discounts": "discount",
    "usage_rules": "usage rule",
    "buy_in_advance": "definition of buying in advance",
    "job_types": "job type",
    "features": "feature",
}

LISTS: Mapping[Section, str] = {
    "gauges": "gauges",
    "products": "products",
    "rate_tables": "rateTables",
    "price_plans": "pricePlans",
    "billing_terms": "billingTerms",
    "segments": "segments",
    "udr_types": "udrTypes",
    "usage_definitions": "usageDefinitions",
    "usage_catalogues": "usageCatalogues",
    "discounts": "discounts",
    "usage_rules": "usageRules",
    "buy_in_advance": "buyInAdvanceDefinitions",
    "job_types": "jobTypes",
    "features": "features",
}
"""The query that lists a section's entries, which refusals name: not every caller may be told
a code that is nearly theirs, since entries can be hidden from units and customers."""


@dataclass(frozen=True, slots=True)
class Installed:
    """What the installed plugins offer: units by channel, and price models by name.

    Without `channels`, what a usage service meters is not checked. Events of the channels
    that are `priced_by_event` have their price when they are stored. `rule_sets` are those of
    the channels with windows; without them, none is checked.
    """

    channels: Mapping[str, frozenset[str]] | None = None
    priced_by_event: frozenset[str] = frozenset()
    rule_sets: Mapping[str, frozenset[str]] | None = None
    models: PriceModels = field(default_factory=lambda: BUILT_IN)


@dataclass(slots=True)
class Known:
    """Wanted and stored definitions; the wanted ones hide the stored ones.

    `broken` are codes whose wanted definition could not be read: naming them is no fault.
    Without `units`, those of the tenant, the units that a definition lists are not checked.
    """

    wanted: Catalogue
    stored: Catalogue
    zone: str
    now: datetime
    broken: frozenset[tuple[str, str]] = frozenset()
    installed: Installed = field(default_factory=Installed)
    units: frozenset[str] | None = None
    _all: dict[Section, dict[str, Definition]] = field(default_factory=dict)

    def all(self, section: Section) -> dict[str, Definition]:
        """Return every definition of a section by code, as it will be."""
        if section not in self._all:
            merged = self.stored.by_code(section) | self.wanted.by_code(section)
            self._all[section] = merged
        return self._all[section]

    def is_broken(self, section: Section, code: str) -> bool:
        """Tell whether the code stands for a definition that could not be read."""
        return (section, code) in self.broken

    def product(self, code: str) -> ProductDefinition | None:
        """Return a product, or None."""
        found = self.all("products").get(code)
        return found if isinstance(found, ProductDefinition) else None

    def table(self, code: str) -> RateTableDefinition | None:
        """Return a rate table, or None."""
        found = self.all("rate_tables").get(code)
        return found if isinstance(found, RateTableDefinition) else None

    def unknown_units(self, codes: Iterable[str], path: tuple[str, ...]) -> list[Problem]:
        """Return a problem for every org unit that does not exist."""
        units = self.units
        if units is None:
            return []
        return [
            Problem(
                UNKNOWN_UNIT,
                f"there is no org unit {code!r}{meant(code, units) or '; create it first'}",
                (*path, str(index)),
            )
            for index, code in enumerate(codes)
            if code not in units
        ]

    def unknown(self, section: Section, code: str, path: tuple[str, ...]) -> list[Problem]:
        """Return a problem when nothing has this code."""
        if code in self.all(section) or self.is_broken(section, code):
            return []
        word = WORDS[section]
        hint = (
            meant(code, self.all(section)) or f"; define it under {section}, or mend the code"
        )
        told = f"there is no {word} {code!r}{hint}"
        return [Problem(UNKNOWN_CODE[section], told, path)]
