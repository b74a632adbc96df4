"""What a rate asks, stretch by stretch of its quantity scale: the rows of a price list. Pure.

Every amount is the engine's own answer for one quantity: the upper limit of a tier, the first
unit or batch where there is no limit. Call it inside `exact()`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from core.plugin_api.values import ZERO, Rate, RateTable, TableSlot
from core.rating.engine import CompiledRate
from core.rating.price_models.scale import segments_of

ONE: Final = Decimal(1)


class PricePoint(NamedTuple):
    """What `quantity` costs; it stands for all that is above `above`, up to `upto`.

    By maturity the limits are months of life, and the amount is that of one unit for one of
    these months. `dimension` is a table's row, empty for all others, None without a table.
    """

    above: Decimal
    upto: Decimal | None
    quantity: Decimal
    amount: Decimal
    dimension: str | None = None


class _Month(NamedTuple):
    """A whole month of life."""

    number: int
    numerator: int = 1
    denominator: int = 1


def price_points(
    rate: CompiledRate, *, at: datetime, dimension: str | None = None
) -> Iterator[PricePoint]:
    """Price each stretch of a rate, in each row of its table at an instant.

    With `dimension`, in the row that prices that alone; a rate without a table has no rows.
    """
    table = rate.rate.table
    if table is None:
        yield from _stretches(rate, dimension=None, slot=0)
        return
    state = _state(table, at)
    if state is None:
        return
    for name in _rows(state, dimension):
        yield from _stretches(rate, dimension=name, slot=state.number)


def _state(table: RateTable, at: datetime) -> TableSlot | None:
    """Return the state of a table that holds at an instant."""
    begun = [slot for slot in table.slots if slot.starts_at is None or slot.starts_at <= at]
    return begun[-1] if begun else None


def _rows(state: TableSlot, dimension: str | None) -> list[str]:
    if dimension is None:
        return [*sorted(state.rows), *([""] if state.default is not None else [])]
    if dimension in state.rows:
        return [dimension]
    return [""] if state.default is not None else []


def _stretches(rate: CompiledRate, *, dimension: str | None, slot: int) -> Iterator[PricePoint]:
    for above, upto in _limits(rate.rate):
        if rate.rate.driver == "maturity":
            month = _Month(int(above) + 1)
            amount = rate.price_months(ONE, [month]).amount
            yield PricePoint(above, upto, ONE, amount, dimension)
            continue
        quantity = upto if upto is not None else above + (rate.rate.package_size or ONE)
        charge = rate.price_usage(
            quantity, events=int(quantity), dimension=dimension or "", slot=slot
        )
        yield PricePoint(above, upto, quantity, charge.amount, dimension)


def _limits(rate: Rate) -> Iterator[tuple[Decimal, Decimal | None]]:
    """Return the stretches of the scale; what is free comes first, and moves the others."""
    free = ZERO if rate.driver == "maturity" else rate.free_units
    if free:
        yield ZERO, free
    for segment in segments_of(replace(rate, table=None)):
        upper = None if segment.upper is None else segment.upper + free
        yield segment.lower + free, upper
