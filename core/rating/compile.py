"""Price plan versions made ready for pricing, once for many invoices.

A conditional plan that holds is laid over its base plan: it prices what it has rates for,
the base plan the rest. Every rate knows the version that it is of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import ClassVar, Final
from uuid import UUID

from core.kernel.decimals import exact
from core.kernel.errors import Refusal
from core.kernel.frequency import Frequency
from core.rating.engine import CompiledRate
from core.rating.plan import Commitment, PlanVersion, TaxMode
from core.rating.price_model import PriceModels, RateMissing
from core.rating.variants import (
    CompiledVariant,
    HeldVariant,
    RateKey,
    compiled_variants,
    held_variants,
)

ONCE: Final = Fraction(1)


class PlansDisagree(Refusal):
    """A conditional plan and its base plan differ in currency or in tax mode."""

    code: ClassVar[str] = "PLANS_DISAGREE"


class CompiledPlan:
    """A plan version with its rates prepared. Shared by all snapshots that price by it.

    `source` is what it was compiled from: send that to another process, not this. `base`
    prices what this one has no rate for; its commitment counts where this has none, and
    `commitment_id` is the version that states it. `held` are the variants of its own rates
    that stand in their place.
    """

    __slots__ = (
        "_decided",
        "_fee_rates",
        "_rates",
        "_variants",
        "base",
        "commitment",
        "commitment_id",
        "currency",
        "held",
        "id",
        "source",
        "tax_mode",
    )

    def __init__(
        self,
        source: PlanVersion,
        rates: Mapping[tuple[UUID, str], CompiledRate],
        *,
        base: CompiledPlan | None = None,
        variants: Mapping[RateKey, tuple[CompiledVariant, ...]] | None = None,
        held: tuple[HeldVariant, ...] = (),
    ) -> None:
        self.source = source
        self.held = held
        self._variants = variants or {}
        self._decided: dict[tuple[HeldVariant, ...], CompiledPlan] = {}
        self.base = base
        self.id: UUID = source.id
        self.currency: str = source.currency
        self.tax_mode: TaxMode = source.tax_mode
        self.commitment: Commitment | None = source.commitment
        self.commitment_id: UUID = source.id
        if base is not None and source.commitment is None:
            self.commitment, self.commitment_id = base.commitment, base.commitment_id
        self._rates = rates
        self._fee_rates: dict[tuple[UUID, Frequency], tuple[CompiledRate, Fraction]] = {}

    def over(self, base: CompiledPlan) -> CompiledPlan:
        """Return this plan laid over its base plan; nothing is compiled again.

        Raises:
            PlansDisagree: their amounts cannot stand on one invoice.
        """
        if (self.currency, self.tax_mode) != (base.currency, base.tax_mode):
            raise PlansDisagree(
                f"{self._name} is in {self.currency}, {self.tax_mode}, its base plan"
                f" {base.source.code} in {base.currency}, {base.tax_mode}; make them agree"
            )
        return CompiledPlan(
            self.source, self._rates, base=base, variants=self._variants, held=self.held
        )

    @property
    def has_variants(self) -> bool:
        """Tell whether rates of it, or of its base plan, have variants."""
        return bool(self._variants) or (self.base is not None and self.base.has_variants)

    def some_variant(self, asks: Callable[[CompiledVariant], bool]) -> bool:
        """Tell whether any variant of its own is as asked."""
        return any(asks(one) for listed in self._variants.values() for one in listed)

    def decided(
        self, context: Mapping[str, object], *, product_id: UUID | None = None
    ) -> CompiledPlan:
        """Return the plan with the variants of its own rates that hold in a context.

        Of one product alone where it is named: for what is asked about an item.

        Raises:
            ConditionFailed: the condition of a variant cannot be decided.
        """
        asked = self._variants
        if product_id is not None:
            asked = {key: each for key, each in asked.items() if key.product_id == product_id}
        return self.holding(held_variants(asked, context)) if asked else self

    def holding(self, held: Iterable[HeldVariant]) -> CompiledPlan:
        """Return the plan with these variants in place; the same object for the same ones."""
        key = tuple(held)
        if not key:
            return self
        found = self._decided.get(key)
        if found is None:
            rates = dict(self._rates)
            for product_id, frequency, place in key:
                variants = self._variants[RateKey(product_id, frequency)]
                rates[product_id, frequency] = variants[place].rate
            found = CompiledPlan(
                self.source, rates, base=self.base, variants=self._variants, held=key
            )
            self._decided[key] = found
        return found

    def goes_by_maturity(self, product_id: UUID) -> bool:
        """Tell whether the months of a product's life decide its price."""
        own = [rate for key, rate in self._rates.items() if key[0] == product_id]
        if not own and self.base is not None:
            return self.base.goes_by_maturity(product_id)
        return any(rate.rate.driver == "maturity" for rate in own)

    def rate_of(self, product_id: UUID) -> CompiledRate:
        """Return the rate of what does not recur: usage, goods, services."""
        rate = self._rates.get((product_id, ""))
        if rate is None:
            return self._lacking().rate_of(product_id)
        return rate

    def has_dimensions(self, product_id: UUID) -> bool:
        """Tell whether a usage product is priced dimension by dimension."""
        rate = self.rate_or_none(product_id)
        return rate is None or rate.has_dimensions

    def unused_rate(self, product_id: UUID) -> CompiledRate | None:
        """Return the rate of a usage product that owes a fee without any use."""
        rate = self.rate_or_none(product_id)
        return rate if rate is not None and rate.owes_unused else None

    def version_of(self, product_id: UUID) -> UUID:
        """Return the version that prices a product's usage; this one where none does."""
        rate = self.rate_or_none(product_id)
        return self.id if rate is None else rate.plan_version_id

    def sources(self) -> tuple[PlanVersion, ...]:
        """Return the version that this was compiled from and its base plan's, if any."""
        return tuple(layer.source for layer in self.layers())

    def layers(self) -> tuple[CompiledPlan, ...]:
        """Return this plan and the base plan under it, if any."""
        return (self,) if self.base is None else (self, *self.base.layers())

    def rate_or_none(self, product_id: UUID) -> CompiledRate | None:
        """Return what `rate_of` does, or None where no rate is known."""
        rate = self._rates.get((product_id, ""))
        if rate is None and self.base is not None:
            return self.base.rate_or_none(product_id)
        return rate

    def _lacking(self) -> CompiledPlan:
        """Return the plan to ask for what this one has no rate for."""
        if self.base is None:
            raise RateMissing(f"{self._name} has no rate for this product; add one")
        return self.base

    def fee_rate(self, product_id: UUID, frequency: Frequency) -> tuple[CompiledRate, Fraction]:
        """Return a recurring rate and how many times a whole period owes its price.

        A rate of that very frequency is owed once. Otherwise the rate without a
        frequency is owed k / per times for a period of k months.
        """
        found = self._fee_rates.get((product_id, frequency))
        if found is None:
            found = self._found(product_id, frequency)
            self._fee_rates[product_id, frequency] = found
        return found

    def _found(self, product_id: UUID, frequency: Frequency) -> tuple[CompiledRate, Fraction]:
        own = self._rates.get((product_id, frequency_key(frequency)))
        if own is not None:
            return own, ONCE
        rate = self._rates.get((product_id, ""))
        if rate is None:
            return self._lacking().fee_rate(product_id, frequency)
        if frequency.months is None:
            raise RateMissing(
                f"{self._name} has no rate for every {frequency}; a price by the month"
                " cannot be turned into one"
            )
        return rate, Fraction(frequency.months, rate.rate.per_months or 1)

    @property
    def _name(self) -> str:
        return f"price plan {self.source.code} version {self.source.number}"


def compile_plan(source: PlanVersion, models: PriceModels) -> CompiledPlan:
    """Prepare every rate of a plan version; keep the result by the version's id."""
    with exact():
        rates = {
            (row.product_id, _key(row.frequency)): CompiledRate(row.rate, models, of=source.id)
            for row in source.rates
        }
        variants = {
            RateKey(row.product_id, _key(row.frequency)): compiled_variants(
                row.variants, models, of=source.id
            )
            for row in source.rates
            if row.variants
        }
    return CompiledPlan(source, rates, variants=variants)


def frequency_key(frequency: Frequency) -> str:
    """Return one text for equal frequencies: a year and 12 months are both "12M"."""
    months = frequency.months
    return f"{months}M" if months is not None else f"{frequency.days}D"


def _key(text: str) -> str:
    return frequency_key(Frequency.parse(text)) if text else ""
