"""A price plan version as it is stored, before it is compiled for pricing."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal, NamedTuple
from uuid import UUID

from core.plugin_api.values import Rate

TaxMode = Literal["exclusive", "inclusive"]


class Commitment(NamedTuple):
    """A minimum owed for each billing period over chosen kinds of products.

    `minimum` is in the plan's currency and tax mode, for one whole period, which is of
    `per_months`. It counts what was charged for products whose code is in `products` or
    whose kind is in `kinds`, before discounts. `tax_class` taxes the shortfall's own line.
    """

    minimum: Decimal
    products: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    tax_class: str = "standard"
    description: str = "Minimum commitment"
    per_months: int = 1

    def counts(self, *, code: str, kind: str) -> bool:
        """Tell whether charges for a product count towards the minimum."""
        return code in self.products or kind in self.kinds


class RateVariant(NamedTuple):
    """A rate in place of another while a condition holds; `name` tells it in the working."""

    name: str
    when: str
    rate: Rate


class PlanRate(NamedTuple):
    """The rate of one product; `frequency` is empty, or as `Frequency.parse` reads it.

    A rate with a frequency prices one whole period of that frequency and no other. The first
    of its `variants` that holds prices in its place.
    """

    product_id: UUID
    rate: Rate
    frequency: str = ""
    variants: tuple[RateVariant, ...] = ()

    def every_rate(self) -> tuple[Rate, ...]:
        """Return the rate itself, and those that may stand in its place."""
        return (self.rate, *(variant.rate for variant in self.variants))


class PlanVersion(NamedTuple):
    """One version of a price plan with everything that its prices depend on.

    Slots of `on_event_date` tables and rates of lacking products may be added later;
    compile again when either grows. A plan with a `base_plan_id` is conditional: it prices
    in place of that plan while `apply_when` holds, and was chosen while `select_when` did;
    empty conditions always hold. `rule_sets` are those that it pins, by channel.
    """

    id: UUID
    code: str
    number: int
    currency: str
    tax_mode: TaxMode
    rates: tuple[PlanRate, ...]
    commitment: Commitment | None = None
    base_plan_id: UUID | None = None
    select_when: str = ""
    apply_when: str = ""
    rule_sets: Mapping[str, str] = {}
