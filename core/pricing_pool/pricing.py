"""Price quantities by a third-party price model in a child process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, cast

from core.plugin_api import Charge, PriceModel, Rate, Step
from core.plugin_host import Hosted, NonsenseAnswer, PluginHost, check_charge
from core.plugin_host.refusals import described_exception, readable
from core.pricing_pool.faults import ChildFault
from core.pricing_pool.pool import PricingPool

MAX_OFFENDERS: Final = 3
"""Quantities of one call that may hang or end a child; then the rest is left unpriced."""

_PRICE: Final = "core.pricing_pool.pricing:price_in_child"
_Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class PricingFault:
    """Why one quantity has no price: the plugin, its version, and its reason."""

    plugin: str
    version: str
    reason: str

    def __str__(self) -> str:
        return f"plugin {self.plugin} {self.version} could not price: {self.reason}"


async def price_quantities(
    model: Hosted[PriceModel],
    priced: Sequence[tuple[Rate, Decimal]],
    *,
    pool: PricingPool,
) -> list[Charge | PricingFault]:
    """Return a checked charge, or the fault, for each rate and quantity, in order.

    A call that hangs or ends its child is tried one by one, so that a fault stays with
    its own quantity.
    """
    return await pool.in_thread(lambda: _priced(model, list(priced), pool=pool))


def _priced(
    model: Hosted[PriceModel], priced: list[tuple[Rate, Decimal]], *, pool: PricingPool
) -> list[Charge | PricingFault]:
    if not priced:
        return []
    try:
        return _asked(model, priced, pool=pool)
    except ChildFault as fault:
        if len(priced) == 1:
            return [_fault(model, str(fault))]
    return _one_by_one(model, priced, pool=pool)


def _one_by_one(
    model: Hosted[PriceModel], priced: list[tuple[Rate, Decimal]], *, pool: PricingPool
) -> list[Charge | PricingFault]:
    answers: list[Charge | PricingFault] = []
    offenders = 0
    for one in priced:
        if offenders == MAX_OFFENDERS:
            answers.append(_fault(model, f"it failed {MAX_OFFENDERS} times before this one"))
            continue
        try:
            answers += _asked(model, [one], pool=pool)
        except ChildFault as fault:
            offenders += 1
            answers.append(_fault(model, str(fault)))
    return answers


def _asked(
    model: Hosted[PriceModel], priced: list[tuple[Rate, Decimal]], *, pool: PricingPool
) -> list[Charge | PricingFault]:
    rates, indexes = _distinct([rate for rate, _quantity in priced])
    payload = (model.name, rates, indexes, tuple(quantity for _rate, quantity in priced))
    rows = pool.call(_PRICE, payload)
    if not isinstance(rows, tuple) or len(rows) != len(priced):
        raise ChildFault("not every quantity was answered once", kind="nonsense")
    return [_read(model, row) for row in rows]


def _distinct(rates: list[Rate]) -> tuple[tuple[Rate, ...], tuple[int, ...]]:
    """Send each rate object once: a plan's rate prices many subscriptions."""
    numbers: dict[int, int] = {}
    kept: list[Rate] = []
    for rate in rates:
        if id(rate) not in numbers:
            numbers[id(rate)] = len(kept)
            kept.append(rate)
    return tuple(kept), tuple(numbers[id(rate)] for rate in rates)


def _read(model: Hosted[PriceModel], row: _Row) -> Charge | PricingFault:
    match row:
        case ("priced", amount, tuple(steps)):
            try:
                charge = Charge(cast("Decimal", amount), tuple(Step(*step) for step in steps))
                return check_charge(charge)
            except (NonsenseAnswer, TypeError) as nonsense:
                return _fault(model, str(nonsense))
        case ("failed", str(reason)):
            return _fault(model, reason)
        case _:
            return _fault(model, "its answer is malformed")


def _fault(model: Hosted[PriceModel], reason: str) -> PricingFault:
    return PricingFault(model.plugin.name, model.plugin.version, readable(reason))


def price_in_child(
    host: PluginHost,
    payload: tuple[str, tuple[Rate, ...], tuple[int, ...], tuple[Decimal, ...]],
) -> tuple[_Row, ...]:
    """Price quantities by one model; runs in a child."""
    name, rates, indexes, quantities = payload
    model = host.price_models[name]
    return tuple(
        _price_row(model, rates[index], quantity)
        for index, quantity in zip(indexes, quantities, strict=True)
    )


def _price_row(model: Hosted[PriceModel], rate: Rate, quantity: Decimal) -> _Row:
    try:
        charge = check_charge(model.contribution.price(rate, quantity))
    except NonsenseAnswer as nonsense:
        return "failed", str(nonsense)
    except Exception as error:  # noqa: BLE001 - one quantity's failure stays its own
        return "failed", described_exception(error, model.plugin)
    return "priced", charge.amount, tuple(tuple(step) for step in charge.steps)
