"""What discounts must hold to: their value, their time, and what they may ask and reduce."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from core.catalogue.checks.discount_targets import check_targets
from core.catalogue.checks.known import Known
from core.catalogue.checks.parts import (
    Path,
    check_currency,
    check_dates,
    check_frequency,
    check_length,
    check_months,
    check_positive,
)
from core.catalogue.checks.values import check_year
from core.catalogue.errors import BAD_VALUE, MISSING_KEY
from core.catalogue.schema import DiscountDefinition
from core.catalogue.schema.discounts import NAMED_STARTS
from core.kernel.errors import Problem
from core.kernel.money import minor_digits

_HUNDRED: Final = Decimal(100)
_FINEST: Final = Decimal("0.000001")
_VALUES: Final = ("percent", "amount", "range", "free")


def check_discount(discount: DiscountDefinition, known: Known) -> Iterator[Problem]:
    """Check one discount."""
    path = ("discounts", discount.code)
    yield from _value(discount, path)
    yield from _money(discount, path)
    yield from _method(discount, known, path)
    yield from _times(discount, path)
    yield from _dates(discount, known, path)
    yield from check_targets(discount, known, path)
    yield from known.unknown_units(discount.units, (*path, "units"))


def _value(discount: DiscountDefinition, path: Path) -> Iterator[Problem]:
    """Check that one value is given, and that it can be one."""
    given = [name for name in _VALUES if getattr(discount, name) not in (None, "")]
    if len(given) != 1:
        told = "say how much, by one of percent, amount, range and free"
        told = f"{told}; here are {', '.join(given)}" if given else told
        code, name = (BAD_VALUE, given[1]) if given else (MISSING_KEY, "percent")
        yield Problem(code, told, (*path, name))
    if discount.percent is not None:
        yield from _percent(discount.percent, (*path, "percent"))
    yield from check_positive(discount.amount, (*path, "amount"))
    if discount.range is not None:
        yield from _range(discount, path)
    yield from check_months(discount.free, (*path, "free"))
    if discount.free and discount.of == "job":
        told = "a job has no time to be free of charge; give a percentage or money"
        yield Problem(BAD_VALUE, told, (*path, "free"))
    if discount.level is not None and not discount.is_percentage:
        told = "levels order percentages, and this is none; remove level"
        yield Problem(BAD_VALUE, told, (*path, "level"))
    elif discount.level is not None and not 1 <= discount.level <= 3:
        yield Problem(
            BAD_VALUE, f"{discount.level} is no level; use 1, 2 or 3", (*path, "level")
        )


def _range(discount: DiscountDefinition, path: Path) -> Iterator[Problem]:
    limits = discount.range
    assert limits is not None
    if discount.method == "auto":
        told = "nobody picks the value of an automatic discount; give one number"
        yield Problem(BAD_VALUE, told, (*path, "range"))
    yield from check_positive(limits.start, (*path, "range", "from"))
    if limits.of == "percent":
        yield from _percent(limits.upto, (*path, "range", "to"))
    if limits.upto <= limits.start:
        told = f"{limits.upto} is not above {limits.start}; there is nothing to pick from"
        yield Problem(BAD_VALUE, told, (*path, "range", "to"))


def _percent(percent: Decimal, path: Path) -> Iterator[Problem]:
    if not 0 < percent <= _HUNDRED:
        told = f"{percent} is no part of a price; give more than 0 and at most 100"
        yield Problem(BAD_VALUE, told, path)
    elif percent % _FINEST:
        told = f"{percent} is finer than a percentage is kept; give at most 6 decimals"
        yield Problem(BAD_VALUE, told, path)


def _money(discount: DiscountDefinition, path: Path) -> Iterator[Problem]:
    """Check currency and unit of time, which belong to money."""
    timed = discount.is_money and discount.of == "subscription"
    for name, wanted, told in (
        ("currency", discount.is_money, "an amount has a currency; add it"),
        ("per", timed, "say for which time the amount is, as per: month"),
    ):
        if wanted and not getattr(discount, name):
            yield Problem(MISSING_KEY, told, (*path, name))
    if discount.currency and not discount.is_money:
        told = "only money has a currency; remove it"
        yield Problem(BAD_VALUE, told, (*path, "currency"))
    elif discount.currency:
        yield from _amounts(discount, path)
    if discount.per and not timed:
        told = "only money on a subscription stands for a time; remove per"
        yield Problem(BAD_VALUE, told, (*path, "per"))
    yield from check_frequency(discount.per, (*path, "per"))


def _amounts(discount: DiscountDefinition, path: Path) -> Iterator[Problem]:
    """Check the currency, and that its amounts can be paid."""
    problems = [*check_currency(discount.currency, (*path, "currency"))]
    yield from problems
    if problems:
        return
    smallest = Decimal(1).scaleb(-minor_digits(discount.currency))
    limits = discount.range
    for amount, at in (
        (discount.amount, ("amount",)),
        (limits.start if limits else None, ("range", "from")),
        (limits.upto if limits else None, ("range", "to")),
    ):
        if amount is not None and amount % smallest:
            told = f"{amount} is no amount of {discount.currency}; the smallest is {smallest}"
            yield Problem(BAD_VALUE, told, (*path, *at))


def _method(discount: DiscountDefinition, known: Known, path: Path) -> Iterator[Problem]:
    if not discount.approval:
        return
    if discount.method == "auto":
        told = "an automatic discount is not given, so nobody approves it; remove approval"
        yield Problem(BAD_VALUE, told, (*path, "approval"))
    for problem in known.unknown_units((discount.approval,), ()):
        yield Problem(problem.code, problem.message, (*path, "approval"))


def _times(discount: DiscountDefinition, path: Path) -> Iterator[Problem]:
    yield from check_positive(discount.times, (*path, "times"))
    yield from check_frequency(discount.times_per, (*path, "times_per"))
    if discount.times_per and discount.times is None:
        told = "say how many times in that time; add times"
        yield Problem(MISSING_KEY, told, (*path, "times"))


def _dates(discount: DiscountDefinition, known: Known, path: Path) -> Iterator[Problem]:
    until = (*path, "valid_until")
    yield from check_dates(discount.valid_from, discount.valid_until, known, path=until)
    if discount.lasts:
        yield from check_length(discount.lasts, (*path, "lasts"))
    if discount.lasts and discount.expires is not None:
        told = "its end is said twice, by lasts and by expires; keep one"
        yield Problem(BAD_VALUE, told, (*path, "lasts"))
    if discount.starts in NAMED_STARTS:
        return
    starts = _moment(discount.starts)
    if starts is None:
        told = f"{discount.starts[:40]!r} is no start; write service_start, agreement_date, "
        told += "2026-01-01, or an instant with its offset"
        yield Problem(BAD_VALUE, told, (*path, "starts"))
        return
    impossible = [*check_year(starts, (*path, "starts"))]
    yield from impossible
    if not impossible:
        yield from check_dates(starts, discount.expires, known, path=(*path, "expires"))


def _moment(text: str) -> date | datetime | None:
    try:
        if len(text) == len("2026-01-01"):
            return date.fromisoformat(text)
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else None
