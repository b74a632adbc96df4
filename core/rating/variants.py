"""Variants of rates: which one stands in a rate's place, asked of a context.

The first that holds counts; where none does, the rate itself prices. A variant speaks of what
it reads: one that asks about the job does not hold for a subscription, nor one that asks about
the item where there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from core.kernel.condition_context import Variable, documented_schema
from core.kernel.conditions import Condition
from core.plugin_api.values import ZERO, Step
from core.rating.engine import CompiledRate
from core.rating.plan import RateVariant
from core.rating.price_model import PriceModels
from core.rating.working import prepared

READABLE: Final[tuple[Variable, ...]] = ("account", "subscription", "job", "item")
"""What the condition of a variant may read; of usage and of gauges all but the item."""


class RateKey(NamedTuple):
    """A rate of a plan version: of a product, and of a frequency or of all ("")."""

    product_id: UUID
    frequency: str


class HeldVariant(NamedTuple):
    """Which variant of a rate held, by its place from 0."""

    product_id: UUID
    frequency: str
    place: int


class CompiledVariant(NamedTuple):
    """A variant ready to be asked and to price."""

    condition: Condition
    rate: CompiledRate

    def reads(self, variable: str) -> bool:
        """Tell whether its condition asks about a variable."""
        return any(name == variable for name, _fields in self.condition.reads)


def compiled_variants(
    variants: Iterable[RateVariant], models: PriceModels, *, of: UUID
) -> tuple[CompiledVariant, ...]:
    """Prepare the variants of a rate of a plan version; their charges say which one it was."""
    schema = documented_schema(variables=READABLE)
    found = []
    for name, when, rate in variants:
        told = name or when
        note = prepared(Step("variant", told, None, None, ZERO, (("when", when),)))
        compiled = CompiledRate(rate, models, of=of, note=(note,))
        found.append(CompiledVariant(Condition.compile(when, schema=schema), compiled))
    return tuple(found)


def held_variants(
    variants: Mapping[RateKey, Sequence[CompiledVariant]], context: Mapping[str, object]
) -> tuple[HeldVariant, ...]:
    """Return the first variant of each rate that holds in a context.

    Raises:
        ConditionFailed: one of them cannot be decided.
    """
    found = []
    for key, listed in variants.items():
        for place, variant in enumerate(listed):
            is_about_it = all(name in context for name, _fields in variant.condition.reads)
            if is_about_it and variant.condition.evaluate(context):
                found.append(HeldVariant(*key, place))
                break
    return tuple(found)
