"""What items cost for a whole period: which of two plans is more, and for which items. Pure.

A change is an upgrade where the present items, at the quantities that are to be, cost more
for a whole period of the terms that are to hold than they cost now for one of the present
terms. A year for 324.00 in place of a month for 30.00 is one: more is agreed and paid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from core.catalogue.records import Product
from core.kernel.decimals import exact
from core.kernel.frequency import Frequency
from core.rating.compile import CompiledPlan
from core.rating.price_model import RateMissing
from core.subscriptions.offers import is_measured, is_sold_once
from core.subscriptions.records import Item

NOTHING: Final = Decimal(0)


class Side(NamedTuple):
    """A plan and the frequency that its fees are charged at."""

    plan: CompiledPlan
    frequency: Frequency


def recurs(item: Item, products: Mapping[UUID, Product]) -> bool:
    """Tell whether an item is charged by the time that it is held."""
    product = products[item.product_id]
    return not (item.is_trial or is_measured(product) or is_sold_once(product))


def amount_of(side: Side, product_id: UUID, quantity: Decimal) -> Decimal:
    """Return what units of a product cost for a whole period; nothing where unpriced.

    A rate by maturity is taken at its price of the first month.
    """
    try:
        rate, times = side.plan.fee_rate(product_id, side.frequency)
    except RateMissing:
        return NOTHING
    with exact():
        if rate.rate.driver == "maturity":
            return rate.price_months(quantity, (_FIRST_MONTH,)).amount
        return rate.price(quantity).amount * times.numerator / times.denominator


def total_of(side: Side, items: Iterable[tuple[UUID, Decimal]]) -> Decimal:
    """Return what items (product, units) cost for a whole period."""
    return sum((amount_of(side, *item) for item in items), NOTHING)


class _Month(NamedTuple):
    number: int
    numerator: int
    denominator: int


_FIRST_MONTH: Final = _Month(1, 1, 1)
