"""Checks that several sections share: lengths of time, conditions, amounts, dates."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from core.catalogue.checks.known import Known
from core.catalogue.checks.named_segments import check_segments_named
from core.catalogue.delays import LONGEST, parse_delay
from core.catalogue.errors import BAD_VALUE, DUPLICATE_KEY, UNKNOWN_PRODUCT_TYPE
from core.catalogue.normal import instant
from core.catalogue.wording import meant
from core.kernel.condition_context import Variable, documented_schema
from core.kernel.conditions import Condition, ConditionRefused, ConditionSchema
from core.kernel.errors import Problem
from core.kernel.frequency import Frequency, FrequencyRefused
from core.kernel.money import UnknownCurrency, minor_digits

Path = tuple[str, ...]


def check_condition(
    source: str, *, variables: Collection[Variable], known: Known, path: Path
) -> Iterator[Problem]:
    """Check a condition against the documented context; an empty one always holds.

    The segments that it names have to exist.
    """
    yield from check_against(source, documented_schema(variables=variables), path)
    yield from check_segments_named(source, known, path)


def check_against(source: str, schema: ConditionSchema, path: Path) -> Iterator[Problem]:
    """Check a condition against a context of its own."""
    try:
        if source:
            Condition.compile(source, schema=schema)
    except ConditionRefused as refusal:
        yield Problem(refusal.code, refusal.message, path)


def check_frequency(text: str, path: Path, *, needed: bool = False) -> Iterator[Problem]:
    """Check how often something is; empty is never, unless it is needed."""
    if not text and not needed:
        return
    try:
        Frequency.parse(text)
    except FrequencyRefused as refusal:
        yield Problem(refusal.code, refusal.message, path)


def check_length(text: str, path: Path) -> Iterator[Problem]:
    """Check a length of time that has to be there."""
    try:
        Frequency.parse_length(text)
    except FrequencyRefused as refusal:
        yield Problem(refusal.code, refusal.message, path)


def check_months(text: str, path: Path) -> Iterator[Problem]:
    """Check a length of time that is a number of months; empty is none."""
    if not text:
        return
    problems = [*check_length(text, path)]
    yield from problems
    if not problems and Frequency.parse(text).months is None:
        told = f"{text} is no number of months; write it in months or years"
        yield Problem(BAD_VALUE, told, path)


def check_delay(
    text: str, path: Path, *, what: str, longest: timedelta = LONGEST
) -> Iterator[Problem]:
    """Check a delay; `what` may wait, as the message says it."""
    delay = parse_delay(text)
    if delay is None:
        told = f"{text[:40]!r} is no length of time; write 3 days, or 12 hours"
        yield Problem(BAD_VALUE, told, path)
    elif delay > longest:
        yield Problem(BAD_VALUE, f"{what} for {longest.days} days at most; shorten it", path)


def check_currency(code: str, path: Path) -> Iterator[Problem]:
    """Check the code of a currency."""
    try:
        minor_digits(code)
    except UnknownCurrency as refusal:
        yield Problem(refusal.code, refusal.message, path)


def check_positive(number: Decimal | int | None, path: Path) -> Iterator[Problem]:
    """Check a number that is above 0 where it is given."""
    if number is not None and number <= 0:
        yield Problem(BAD_VALUE, f"{number} is not above 0; give more, or leave it out", path)


def check_price(price: Decimal | None, path: Path) -> Iterator[Problem]:
    """Check a price where it is given."""
    if price is not None and price < 0:
        yield Problem(BAD_VALUE, f"{price} is negative; a price is 0 or more", path)


def check_dates(
    starts: date | datetime | None, ends: date | datetime | None, known: Known, *, path: Path
) -> Iterator[Problem]:
    """Check that a time ends after it begins; `path` is that of the end."""
    if starts is None or ends is None:
        return
    if instant(starts, known.zone) >= instant(ends, known.zone):
        told = f"it ends on {ends}, which is not after its start on {starts}; the end itself "
        told += "does not count"
        yield Problem(BAD_VALUE, told, path)


def check_once(values: Iterable[str], path: Path) -> Iterator[Problem]:
    """Check that texts are neither empty nor given twice."""
    seen: set[str] = set()
    for index, value in enumerate(values):
        at = (*path, str(index))
        if not value.strip():
            yield Problem(BAD_VALUE, "the value is empty; remove it", at)
        elif value in seen:
            yield Problem(DUPLICATE_KEY, f"{value!r} is here a second time; keep one", at)
        seen.add(value)


def kinds_of_type(name: str, known: Known) -> frozenset[str]:
    """Return the kinds of all products that have a type."""
    products = (known.product(code) for code in known.all("products"))
    return frozenset(found.kind for found in products if found and found.type == name)


def check_type_exists(name: str, known: Known, path: Path) -> Iterator[Problem]:
    """Check that a product has the type."""
    types = {found.type for code in known.all("products") if (found := known.product(code))}
    if name not in types and not any(section == "products" for section, _ in known.broken):
        hint = meant(name, [found for found in types if found]) or "; give it to a product"
        yield Problem(UNKNOWN_PRODUCT_TYPE, f"no product is of type {name!r}{hint}", path)
