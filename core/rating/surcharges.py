"""A percentage on top of unit prices: a provider's rate, and what the seller adds to it.

Both are rounded to the surcharge's precision, each by itself: 0.0691 and 20 % of it, 0.0138,
are 0.0829 a message. The working shows them as two steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final, NamedTuple

from core.kernel.decimals import EXACT
from core.kernel.money import round_to
from core.plugin_api.values import Charge, Rate, Step, Surcharge
from core.rating.price_model import Pricer
from core.rating.working import plain

HUNDRED: Final = Decimal(100)


class Split(NamedTuple):
    """A unit price before its surcharge, and the surcharge."""

    price: Decimal
    extra: Decimal


Splits = Mapping[Decimal, Split]
"""The parts of unit prices, by their sum: no two prices have the same sum."""


def split(price: Decimal, surcharge: Surcharge) -> Split:
    """Return a unit price and what is added to it, each rounded."""
    rounded = round_to(price, surcharge.precision)
    part = EXACT.divide(EXACT.multiply(rounded, surcharge.percent), HUNDRED)
    return Split(rounded, round_to(part, surcharge.precision))


def with_surcharge(rate: Rate) -> tuple[Rate, Splits]:
    """Return a rate whose unit prices include the surcharge; fixed fees do not bear it."""
    surcharge = rate.surcharge
    if surcharge is None:
        return rate, {}
    splits: dict[Decimal, Split] = {}

    def total(price: Decimal) -> Decimal:
        parts = split(price, surcharge)
        splits[parts.price + parts.extra] = parts
        return parts.price + parts.extra

    base = None if rate.base is None else total(rate.base)
    tiers = tuple(replace(tier, price=total(tier.price)) for tier in rate.tiers)
    return replace(rate, base=base, tiers=tiers, surcharge=None), splits


def shown_apart(pricer: Pricer, splits: Splits, surcharge: Surcharge) -> Pricer:
    """Let the working of a pricer's charges show the surcharge by itself."""

    def priced_with_surcharge(quantity: Decimal) -> Charge:
        charge = pricer(quantity)
        return Charge(charge.amount, apart(charge.steps, splits, surcharge))

    return priced_with_surcharge


def apart(steps: tuple[Step, ...], splits: Splits, surcharge: Surcharge) -> tuple[Step, ...]:
    """Divide each step of a unit price into the price and its surcharge."""
    return tuple(each for step in steps for each in _divided(step, splits, surcharge))


def _divided(step: Step, splits: Splits, surcharge: Surcharge) -> Iterator[Step]:
    parts = None if step.unit_price is None else splits.get(step.unit_price)
    if parts is None or not parts.extra or step.kind == "fee":
        yield step
        return
    whole = parts.price + parts.extra
    extra = step.amount * parts.extra / whole
    percent = plain(surcharge.percent)
    yield Step(
        step.kind, step.label, step.quantity, parts.price, step.amount - extra, step.facts
    )
    facts = (("percent", percent),)
    yield Step("surcharge", f"plus {percent} %", step.quantity, parts.extra, extra, facts)
