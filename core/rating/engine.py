"""The one place where a price is computed.

`CompiledRate` prices fees, months of an item's life and usage. Amounts are exact; the
invoice rounds a line.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from math import lcm
from typing import NamedTuple, Protocol
from uuid import UUID

from core.plugin_api.values import ZERO, Charge, Rate, Step, TableSlot
from core.rating.price_model import (
    CompilingModel,
    PriceModelFault,
    PriceModels,
    Pricer,
    QuantityRefused,
    RateMissing,
    UnknownPriceModel,
)
from core.rating.price_models.scale import priced, segments_of, unit_price, upper_limits
from core.rating.surcharges import apart, shown_apart, with_surcharge
from core.rating.working import PreparedStep, prepared


class MonthOfLife(Protocol):
    """A month of an item's life, counted from 1, and the share of it to charge."""

    @property
    def number(self) -> int:
        """Which month of the life."""
        ...

    @property
    def numerator(self) -> int:
        """The days charged."""
        ...

    @property
    def denominator(self) -> int:
        """The days in the month."""
        ...


class _Row(NamedTuple):
    pricer: Pricer
    note: tuple[PreparedStep, ...]


class CompiledRate:
    """A rate made ready to price many quantities. Call it inside `exact()`.

    `plan_version_id` is the price plan version that it belongs to. `note` begins the working
    of each of its charges.
    """

    __slots__ = (
        "_by_events",
        "_models",
        "_note",
        "_pricer",
        "_rows",
        "_slots",
        "plan_version_id",
        "rate",
    )

    def __init__(
        self,
        rate: Rate,
        models: PriceModels,
        *,
        of: UUID,
        note: tuple[PreparedStep, ...] = (),
    ) -> None:
        self.rate = rate
        self.plan_version_id = of
        self._models = models
        self._note = note
        self._by_events = rate.counts == "events"
        self._pricer = None if rate.table else _noted(pricer_of(rate, models), note)
        self._slots = {slot.number: slot for slot in rate.table.slots} if rate.table else {}
        self._rows: dict[tuple[str | None, int], _Row] = {}

    @property
    def has_dimensions(self) -> bool:
        """Tell whether dimensions are priced apart: only a table does."""
        return self.rate.table is not None

    @property
    def owes_unused(self) -> bool:
        """Tell whether a fee is owed without any use: the first tier has one.

        A table must have a default row, which is that of no use; it keeps one state, since
        those with dates have no tiers.
        """
        tiers, table = self.rate.tiers, self.rate.table
        has_row = table is None or table.slots[0].default is not None
        return bool(tiers and tiers[0].fee and has_row)

    def price(self, quantity: Decimal) -> Charge:
        """Price a quantity of units, seats or hours."""
        if self._pricer is None:
            return self.price_usage(quantity, events=0)
        if not (quantity.is_finite() and quantity >= 0):
            raise _refused(quantity)
        return self._pricer(quantity)

    def price_usage(
        self,
        quantity: Decimal,
        *,
        events: int,
        dimension: str = "",
        slot: int = 0,
    ) -> Charge:
        """Price a period's total of one dimension at the table slot of its events."""
        if self._by_events:
            quantity = Decimal(events)
        if not (quantity.is_finite() and quantity >= 0):
            raise _refused(quantity)
        if self._pricer is not None:
            return self._pricer(quantity)
        row = self._rows.get((dimension, slot)) or self._row(dimension, slot)
        charge = row.pricer(quantity)
        return Charge(charge.amount, row.note + charge.steps)

    def _row(self, dimension: str, slot: int) -> _Row:
        table = self.rate.table
        assert table is not None
        state = self._slots.get(slot)
        if state is None:
            raise RateMissing(f"table {table.code} has no slot {slot}")
        if dimension in state.rows:
            return self._cached(state, dimension, state.rows[dimension])
        if state.default is None:
            raise RateMissing(
                f"table {table.code} (slot {slot}) has no row for {dimension!r} and no"
                " default row; add one of them"
            )
        return self._cached(state, None, state.default)

    def _cached(self, state: TableSlot, row: str | None, price: Decimal) -> _Row:
        """Keep a pricer for each row of the table; unknown dimensions share the default's."""
        found = self._rows.get((row, state.number))
        if found is None:
            assert self.rate.table is not None
            code = self.rate.table.code
            name = "default row" if row is None else row
            facts = (("table", code), ("slot", str(state.number)), ("row", row or "default"))
            own_price = unit_price(self.rate, price)
            note = prepared(Step("table", f"{code}: {name}", None, own_price, ZERO, facts))
            rate = replace(self.rate, base=price, table=None)
            found = _Row(pricer_of(rate, self._models), (*self._note, note))
            self._rows[row, state.number] = found
        return found

    def price_months(self, quantity: Decimal, months: Iterable[MonthOfLife]) -> Charge:
        """Price months of an item's life, each at the tier that holds its number."""
        if not (quantity.is_finite() and quantity >= 0):
            raise _refused(quantity)
        rate, splits = with_surcharge(self.rate)
        segments = segments_of(rate)
        uppers = upper_limits(segments)
        per_months = self.rate.per_months or 1
        listed = tuple(months)
        # One division at the end: thirds of months that make a whole must do so exactly.
        common = lcm(*(month.denominator for month in listed))
        numerator = ZERO
        steps: list[Step] = []
        for month in listed:
            price = priced(segments[bisect_left(uppers, Decimal(month.number))])
            owed = quantity * price * month.numerator
            numerator += owed * (common // month.denominator)
            facts = (("share", f"{month.numerator}/{month.denominator}"),)
            part = owed / (month.denominator * per_months)
            steps.append(
                Step("maturity", f"month {month.number}", quantity, price, part, facts)
            )
        amount = numerator / (common * per_months)
        if self.rate.surcharge is not None:
            return Charge(
                amount, (*self._note, *apart(tuple(steps), splits, self.rate.surcharge))
            )
        return Charge(amount, (*self._note, *steps))


def _noted(pricer: Pricer, note: tuple[PreparedStep, ...]) -> Pricer:
    """Put a note before the working of every charge."""
    if not note:
        return pricer

    def priced_with_note(quantity: Decimal) -> Charge:
        charge = pricer(quantity)
        return Charge(charge.amount, note + charge.steps)

    return priced_with_note


def _refused(quantity: Decimal) -> QuantityRefused:
    return QuantityRefused(f"a quantity of {quantity} has no price; it must be 0 or more")


def pricer_of(rate: Rate, models: PriceModels) -> Pricer:
    """Prepare a rate by its model; a plugin's charges are checked as they come.

    A surcharge is in the prices that the model is given, and shown apart afterwards.
    """
    if rate.surcharge is not None:
        whole, splits = with_surcharge(rate)
        return shown_apart(pricer_of(whole, models), splits, rate.surcharge)
    model = models.get(rate.model)
    if model is None:
        known = ", ".join(sorted(models))
        raise UnknownPriceModel(f"no price model is called {rate.model!r}; known: {known}")
    if isinstance(model, CompilingModel):
        return model.compile(rate)

    def priced_by_plugin(quantity: Decimal) -> Charge:
        return _checked(model.price(rate, quantity), rate.model)

    return priced_by_plugin


def _checked(charge: object, model: str) -> Charge:
    if not isinstance(charge, Charge) or not _is_sound(charge.amount, charge.steps):
        raise PriceModelFault(
            f"price model {model!r} must return a Charge of a finite amount of 0 or more,"
            " with its steps"
        )
    return charge


def _is_sound(amount: object, steps: object) -> bool:
    """Tell whether a plugin's values are of the types that it promised."""
    if not isinstance(amount, Decimal) or not amount.is_finite() or amount < 0:
        return False
    return isinstance(steps, tuple) and all(isinstance(step, Step) for step in steps)
