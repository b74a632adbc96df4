"""How a period's readings of a gauge become one quantity. Pure.

The value that held when the period began counts too: a gauge keeps its value until told
otherwise. `max` is the highest value seen in the period, `last` the one that held at its
end, `average` the mean weighted by the time that each value held.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from core.kernel.decimals import EXACT
from core.kernel.money import round_to
from core.kernel.periods import Period

GaugePolicy = Literal["max", "last", "average"]

AVERAGE_PLACES: Final = 9
"""Decimals of an average, those of every quantity; it is rounded once, half up."""

_MICROSECOND: Final = timedelta(microseconds=1)
_NOTHING: Final = Decimal(0)


class Reading(NamedTuple):
    """A value that a gauge has from an instant on."""

    at: datetime
    value: Decimal


def gauge_quantity(
    policy: GaugePolicy, *, opening: Decimal | None, readings: Sequence[Reading], period: Period
) -> Decimal:
    """Return the quantity that a period is priced by.

    `opening` is the value that held just before the period, None when the gauge was
    never set before: it then counts as 0. `readings` lie in the period, in the order of
    their time (of two at one instant, the later in the list holds). No reading at all
    and no opening value is 0.
    """
    return _POLICIES[policy](opening or _NOTHING, readings, period)


def _highest(opening: Decimal, readings: Sequence[Reading], period: Period) -> Decimal:
    seen = [reading.value for reading in readings]
    if not readings or readings[0].at > period.start:
        seen.append(opening)  # one that is replaced at the very start was not seen in it
    return max(seen)


def _last(opening: Decimal, readings: Sequence[Reading], _period: Period) -> Decimal:
    return readings[-1].value if readings else opening


def _average(opening: Decimal, readings: Sequence[Reading], period: Period) -> Decimal:
    """Weigh each value by the microseconds that it held.

    10 for 15 of 30 days and then 13 is 11.5. The sum is exact; the division keeps 60
    digits, far more than tell a quotient by microseconds from a half at the 9th place.
    """
    if period.is_empty:
        return opening
    weighted = _NOTHING
    value, since = opening, period.start
    for reading in readings:
        weighted = EXACT.add(weighted, _held(value, since=since, until=reading.at))
        value, since = reading.value, reading.at
    weighted = EXACT.add(weighted, _held(value, since=since, until=period.end))
    whole = Decimal((period.end - period.start) // _MICROSECOND)
    return round_to(EXACT.divide(weighted, whole), AVERAGE_PLACES)


def _held(value: Decimal, *, since: datetime, until: datetime) -> Decimal:
    return EXACT.multiply(value, Decimal((until - since) // _MICROSECOND))


_Policy = Callable[[Decimal, Sequence[Reading], Period], Decimal]
_POLICIES: Final[Mapping[GaugePolicy, _Policy]] = {
    "max": _highest,
    "last": _last,
    "average": _average,
}
