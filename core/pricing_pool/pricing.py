"""Price quantities by a third-party price model in a child process."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import ClassVar, Final, cast

from core.plugin_api import Charge, PriceModel, Rate, Step
from core.plugin_host import Hosted, NonsenseAnswer, PluginHost, check_charge
from core.plugin_host.places import frames_of
from core.plugin_host.refusals import described_exception
from core.pricing_pool.faults import PluginFault, warn_of_faults
from core.pricing_pool.offenders import all_at_once, rows_of
from core.pricing_pool.pool import PricingPool

_PRICE: Final = "core.pricing_pool.pricing:price_in_child"
_Row = tuple[object, ...]


class PricingFault(PluginFault):
    """Why one quantity has no price."""

    __slots__ = ()
    could_not: ClassVar[str] = "price"


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
    answers = await pool.in_thread(
        lambda: all_at_once(
            priced,
            ask=lambda some: _asked(model, some, pool=pool),
            fault=partial(PricingFault.of, model.plugin),
        )
    )
    warn_of_faults(answers, plugin=model.plugin, price_model=model.name)
    return answers


def _asked(
    model: Hosted[PriceModel], priced: Sequence[tuple[Rate, Decimal]], *, pool: PricingPool
) -> list[Charge | PricingFault]:
    rates, indexes = _distinct([rate for rate, _quantity in priced])
    payload = (model.name, rates, indexes, tuple(quantity for _rate, quantity in priced))
    answer = pool.call(_PRICE, payload)
    return [_read(model, row) for row in rows_of(answer, count=len(priced), asked="quantity")]


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
                return PricingFault.of(model.plugin, str(nonsense))
        case ("failed", str(reason), tuple(frames)):
            return PricingFault.of(model.plugin, reason, frames=frames)
        case _:
            return PricingFault.of(model.plugin, "its answer is malformed")


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
        return "failed", str(nonsense), ()
    except Exception as error:  # noqa: BLE001 - one quantity's failure stays its own
        return (
            "failed",
            described_exception(error, model.plugin),
            frames_of(error, model.plugin),
        )
    return "priced", charge.amount, tuple(tuple(step) for step in charge.steps)
