"""Free time: months of a product's time at the price that these months have.

The first months of an item from the discount's beginning on are free, counted one by one
from the start of each slice; of a month that is cut, its days. A year bought at 12 x 25
has months of 25: three free ones are 75.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final
from uuid import UUID

from core.billing.life import LONGEST_LIFE, MONTHLY
from core.billing.reductions import Room, bites
from core.billing.snapshot import Discount, FeeItem, FeesPart, LifeMonth, Reduction
from core.kernel.money import MAX_DIGITS, minor_digits, round_to
from core.kernel.periods import Period, period_number
from core.kernel.proration import prorated_share
from core.kernel.ratios import rounded_share
from core.kernel.zones import local_day
from core.rating.engine import CompiledRate
from core.rating.working import plain

NOTHING: Final = Fraction(0)
Spent = dict[UUID, Decimal]


def length_in_months(period: Period, zone: str) -> Fraction:
    """Count the months from a period's first local day; a cut one counts its days."""
    anchor = local_day(period.start, zone)
    months = NOTHING
    for index in range(LONGEST_LIFE):
        month = period_number(index, anchor=anchor, frequency=MONTHLY, zone=zone)
        if month.end <= period.end:
            months += 1
            continue
        part = month.overlap(period)
        if part is not None:
            months += Fraction(*prorated_share(part, month, zone=zone, policy="day"))
        break
    return months


def take_free_time(
    rooms: list[Room], discount: Discount, reduction: Reduction, *, currency: str, nth: int = 1
) -> Spent:
    """Make the items' next months free, in the order of time; return the months spent.

    `nth` tells the grants of one definition that spend months of one bill, in their order.
    """
    spent: Spent = {}
    budgets: dict[UUID, Decimal] = {}
    for room in sorted(rooms, key=lambda room: room.from_at):
        item, part = room.item, room.fees
        if item is None or part is None or room.line.from_at == room.line.until_at:
            continue
        if not bites(reduction, room):
            continue
        budget = budgets.get(item.item_id, discount.free_time.get(item.item_id, discount.value))
        months = _take(
            room, part, item, reduction, Fraction(budget), currency=currency, nth=nth
        )
        if months:
            taken = round_to(Decimal(months.numerator) / months.denominator, MAX_DIGITS)
            taken = min(taken, budget)
            budgets[item.item_id] = budget - taken
            spent[item.item_id] = spent.get(item.item_id, Decimal(0)) + taken
    return spent


def _take(
    room: Room,
    part: FeesPart,
    item: FeeItem,
    reduction: Reduction,
    budget: Fraction,
    *,
    currency: str,
    nth: int,
) -> Fraction:
    """Take the price of a slice's free months; return how many they are."""
    whole = _months_of(part, item)
    first, last = (
        min(whole, _until(at, part, item, whole=whole)) for at in _bounds(room, reduction)
    )
    first = max(first, room.free_from)
    months = min(budget, last - first)
    if months <= 0:
        return NOTHING
    places = minor_digits(currency)
    price = _price(room, part, item, first=first, months=months, whole=whole)
    minor = price * 10**places
    amount = rounded_share(minor.numerator, numerator=1, denominator=minor.denominator)
    counted = plain(Decimal(months.numerator) / months.denominator)
    told = (("months", counted), *((("grant", str(nth)),) if nth > 1 else ()))
    room.take(reduction, min(amount, room.left), f"{counted} months free", told)
    room.free_from = first + months
    return months


def _bounds(room: Room, reduction: Reduction) -> tuple[datetime, datetime]:
    start, end = room.from_at, room.until_at
    if reduction.from_at is not None:
        start = max(start, reduction.from_at)
    return start, end if reduction.until_at is None else min(end, reduction.until_at)


def _until(at: datetime, part: FeesPart, item: FeeItem, *, whole: Fraction) -> Fraction:
    """Return how many of a slice's months end by an instant."""
    if at == item.slice.end:
        return whole
    return length_in_months(Period(item.slice.start, at), part.zone)


def _months_of(part: FeesPart, item: FeeItem) -> Fraction:
    if _by_maturity(part, item) is not None:
        return sum((_share(month) for month in item.life), NOTHING)
    months = part.terms.frequency.months
    if item.slice == part.whole and months is not None:
        return part.spans * months
    return length_in_months(item.slice, part.zone)


def _by_maturity(part: FeesPart, item: FeeItem) -> CompiledRate | None:
    """Return the rate of an item whose months have prices of their own."""
    rate, _times = (item.plan or part.plan).fee_rate(item.product_id, part.terms.frequency)
    return rate if rate.rate.driver == "maturity" else None


def _share(month: LifeMonth) -> Fraction:
    return Fraction(month.numerator, month.denominator)


def _price(
    room: Room,
    part: FeesPart,
    item: FeeItem,
    *,
    first: Fraction,
    months: Fraction,
    whole: Fraction,
) -> Fraction:
    """Return the price of some months of a slice; by maturity each has its own."""
    rate = _by_maturity(part, item)
    if rate is None:
        return Fraction(room.line.amount) * months / whole
    price, place = NOTHING, NOTHING
    for month in item.life:
        end = place + _share(month)
        shared = min(end, first + months) - max(place, first)
        if shared > 0:
            units = item.quantity - item.over
            charge = rate.price_months(units, (LifeMonth(month.number),))
            price += Fraction(charge.amount) * shared
        place = end
    return price
