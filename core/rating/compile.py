"""Price plan versions made ready for pricing, once for many invoices."""

from __future__ import annotations

from fractions import Fraction
from typing import Final
from uuid import UUID

from core.kernel.decimals import exact
from core.kernel.frequency import Frequency
from core.rating.engine import CompiledRate
from core.rating.plan import Commitment, PlanVersion, TaxMode
from core.rating.price_model import PriceModels, RateMissing

ONCE: Final = Fraction(1)


class CompiledPlan:
    """A plan version with its rates prepared. Shared by all snapshots that price by it.

    `source` is what it was compiled from: send that to another process, not this.
    """

    __slots__ = ("_fee_rates", "_rates", "commitment", "currency", "id", "source", "tax_mode")

    def __init__(self, source: PlanVersion, models: PriceModels) -> None:
        self.source = source
        self.id: UUID = source.id
        self.currency: str = source.currency
        self.tax_mode: TaxMode = source.tax_mode
        self.commitment: Commitment | None = source.commitment
        self._rates: dict[tuple[UUID, str], CompiledRate] = {
            (row.product_id, _key(row.frequency)): CompiledRate(row.rate, models)
            for row in source.rates
        }
        self._fee_rates: dict[tuple[UUID, Frequency], tuple[CompiledRate, Fraction]] = {}

    def rate_of(self, product_id: UUID) -> CompiledRate:
        """Return the rate of what does not recur: usage, goods, services."""
        rate = self._rates.get((product_id, ""))
        if rate is None:
            raise RateMissing(f"{self._name} has no rate for this product; add one")
        return rate

    def has_dimensions(self, product_id: UUID) -> bool:
        """Tell whether a usage product is priced dimension by dimension."""
        rate = self._rates.get((product_id, ""))
        return rate is None or rate.has_dimensions

    def unused_rate(self, product_id: UUID) -> CompiledRate | None:
        """Return the rate of a usage product that owes a fee without any use."""
        rate = self._rates.get((product_id, ""))
        return rate if rate is not None and rate.owes_unused else None

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
        rate = self.rate_of(product_id)
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
        return CompiledPlan(source, models)


def frequency_key(frequency: Frequency) -> str:
    """Return one text for equal frequencies: a year and 12 months are both "12M"."""
    months = frequency.months
    return f"{months}M" if months is not None else f"{frequency.days}D"


def _key(text: str) -> str:
    return frequency_key(Frequency.parse(text)) if text else ""
