"""The months of an item's life that a slice covers, for rates by maturity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from core.billing.snapshot import LifeMonth
from core.kernel.frequency import Frequency
from core.kernel.periods import Period, period_number
from core.kernel.proration import prorated_share
from core.kernel.zones import local_day

MONTHLY: Final = Frequency(1, "month")
LONGEST_LIFE: Final = 1_200


def life_months(
    item: Period,
    slice: Period,  # noqa: A002 - the domain's word
    *,
    zone: str,
    suspended: Sequence[Period] = (),
) -> tuple[LifeMonth, ...]:
    """Number the months from the local day on which the item began, from 1.

    A slice that cuts a month owes its days of it. A month that lies wholly in a
    suspension does not count: it has no number and nothing is owed for it.
    """
    months = []
    for number, month in _numbered(item, slice.end, zone=zone, suspended=suspended):
        part = month.overlap(slice)
        if part is None:
            continue
        if part == month:
            months.append(LifeMonth(number))
        else:
            share = prorated_share(part, month, zone=zone, policy="day")
            if share.numerator:
                months.append(LifeMonth(number, share.numerator, share.denominator))
    return tuple(months)


def _numbered(
    item: Period, end: datetime, *, zone: str, suspended: Sequence[Period]
) -> Iterator[tuple[int, Period]]:
    anchor = local_day(item.start, zone)
    number = 0
    for index in range(LONGEST_LIFE):
        month = period_number(index, anchor=anchor, frequency=MONTHLY, zone=zone)
        if month.start >= end:
            return
        if any(rest.start <= month.start and month.end <= rest.end for rest in suspended):
            continue
        number += 1
        yield number, month
