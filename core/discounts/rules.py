"""What a definition allows: when it may be given, for how long, how much, how often. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from core.billing.snapshot import DiscountKind
from core.catalogue.entries import Entry
from core.catalogue.schema.discounts import DiscountDefinition
from core.discounts.records import Target
from core.discounts.refusals import (
    DiscountDatesRefused,
    DiscountNotOffered,
    DiscountOutOfRange,
    DiscountValueFixed,
    DiscountValueMissing,
)
from core.kernel.clock import in_utc
from core.kernel.condition_context import Variable, documented_schema
from core.kernel.conditions import Condition
from core.kernel.frequency import Frequency
from core.kernel.money import minor_digits, round_to
from core.kernel.periods import Period, local_day, start_of_day


@dataclass(frozen=True, slots=True)
class Value:
    """How much: a percentage, or money in a currency, or neither where time is free."""

    percent: Decimal | None = None
    amount: Decimal | None = None


def definition_of(entry: Entry) -> DiscountDefinition:
    """Return the definition of an entry that is a discount."""
    assert isinstance(entry.definition, DiscountDefinition)
    return entry.definition


def kind_of(definition: DiscountDefinition) -> DiscountKind:
    """Return what the definition's value is."""
    if definition.free:
        return "free_time"
    return "percent" if definition.is_percentage else "money"


def free_months(definition: DiscountDefinition) -> Decimal:
    """Return the months of free time that it gives on each product."""
    months = Frequency.parse(definition.free).months
    assert months is not None  # checked when it was stored
    return Decimal(months)


def per_of(definition: DiscountDefinition) -> Frequency | None:
    """Return the time that its money stands for, None for the whole of a job."""
    return Frequency.parse(definition.per) if definition.per else None


def criteria_of(definition: DiscountDefinition) -> Condition | None:
    """Compile its criteria, over what its kind of target, a bill and its windows offer."""
    if not definition.when:
        return None
    variables: tuple[Variable, ...] = ("account", definition.of, "bill")
    windows = [window.name for window in definition.usage_windows]
    schema = documented_schema(variables=variables, usage_windows=windows)
    return Condition.compile(definition.when, schema=schema)


def counts_usage(definition: DiscountDefinition) -> bool:
    """Tell whether its criteria are there and count usage in windows."""
    return bool(definition.when and definition.usage_windows)


def asks_the_bill(condition: Condition) -> bool:
    """Tell whether criteria can be decided only where there is a bill."""
    return any(name == "bill" for name, _fields in condition.reads)


def may_be_given(definition: DiscountDefinition, at: datetime) -> bool:
    """Tell whether it is effective and valid at an instant; the end is exclusive."""
    since, until = _instant(definition.valid_from), _instant(definition.valid_until)
    return (
        definition.state == "effective"
        and (since is None or since <= at)
        and (until is None or at < until)
    )


def _instant(moment: date | datetime | None) -> datetime | None:
    """Return an instant of a definition in normal form, where dates have become instants."""
    if moment is None:
        return None
    assert isinstance(moment, datetime)
    return in_utc(moment)


def duration_of(
    definition: DiscountDefinition, target: Target
) -> tuple[datetime, datetime | None]:
    """Return from when until when (exclusive) it reduces the target's bills.

    A length counts whole local days from the start: 6 months from 10 January end on 10 July.
    """
    start = target.starts_at
    if definition.starts == "agreement_date":
        start = start_of_day(target.agreement_date, target.zone)
    elif (fixed := definition.fixed_start) is not None:
        start = in_utc(fixed)
    if definition.lasts:
        first = local_day(start, target.zone)
        after = Frequency.parse(definition.lasts).after(first, 1)
        return start, start_of_day(after, target.zone)
    return start, _instant(definition.expires)


def chosen_duration(
    definition: DiscountDefinition,
    target: Target,
    *,
    effective_from: datetime | None,
    expires_at: datetime | None,
) -> tuple[datetime, datetime | None]:
    """Return a grant's own duration: the definition's, or a part of it.

    Raises:
        DiscountDatesRefused: it begins before or ends after the definition's, or is empty.
        DiscountNotOffered: the definition's own time is over.
    """
    start, end = duration_of(definition, target)
    if end is not None and end <= max(start, target.now):
        raise DiscountNotOffered(
            f"{definition.code} reduces bills until {end.isoformat()} only; choose another",
            path=("definition",),
        )
    if effective_from is not None and effective_from < start:
        raise DiscountDatesRefused(
            f"it begins on {start.isoformat()} at the earliest", path=("effectiveFrom",)
        )
    if expires_at is not None and end is not None and expires_at > end:
        raise DiscountDatesRefused(
            f"it ends on {end.isoformat()} at the latest", path=("expiresAt",)
        )
    chosen = (effective_from or start, expires_at or end)
    if chosen[1] is not None and chosen[1] <= chosen[0]:
        raise DiscountDatesRefused("it ends before it begins", path=("expiresAt",))
    return chosen


def chosen_value(
    definition: DiscountDefinition, *, percent: Decimal | None, amount: Decimal | None
) -> Value:
    """Return the value of a grant: the definition's, or the one picked from its range.

    Raises:
        DiscountValueMissing: there is a range, and no value of its kind.
        DiscountValueFixed: the value is fixed, or of the other kind.
        DiscountOutOfRange: the value is outside the range, or finer than the currency.
    """
    if definition.range is None:
        if percent is not None or amount is not None:
            given = "percent" if percent is not None else "amount"
            raise DiscountValueFixed(f"the value of {definition.code} is fixed", path=(given,))
        return Value(definition.percent, definition.amount)
    of = definition.range.of
    picked, other = (percent, amount) if of == "percent" else (amount, percent)
    if other is not None:
        wrong = "amount" if of == "percent" else "percent"
        raise DiscountValueFixed(f"{definition.code} takes `{of}`", path=(wrong,))
    least, most = definition.range.start, definition.range.upto
    if picked is None:
        raise DiscountValueMissing(f"pick `{of}` from {least:f} to {most:f}", path=(of,))
    if not least <= picked <= most:
        raise DiscountOutOfRange(
            f"{picked:f} is not from {least:f} to {most:f}; pick another", path=(of,)
        )
    places = 6 if of == "percent" else minor_digits(definition.currency)
    if round_to(picked, places) != picked:
        raise DiscountOutOfRange(f"{picked:f} has more than {places} decimals", path=(of,))
    return Value(percent=picked) if of == "percent" else Value(amount=picked)


def uses_of(definition: DiscountDefinition) -> int | None:
    """Return how many bills one grant may reduce; None is any number.

    Where `times` counts anew in each `times_per`, each grant is for one bill, and what is
    counted is grants.
    """
    return 1 if definition.times_per and definition.method == "ad_hoc" else definition.times


def counts_on_target(definition: DiscountDefinition) -> bool:
    """Tell whether `times` counts once and for all on a target, over all its grants."""
    return definition.times is not None and not definition.times_per


def window_from(start: datetime, *, length: Frequency, zone: str) -> Period:
    """Return the window of whole local days that begins with a first use.

    A year from any hour of 10 March 2015: until 10 March 2016, at midnight.
    """
    first = local_day(start, zone)
    return Period(start_of_day(first, zone), start_of_day(length.after(first, 1), zone))


def reduced_products(
    definition: DiscountDefinition, products: Collection[tuple[UUID, str, str | None]]
) -> frozenset[UUID] | None:
    """Return the products that it reduces, of (id, code, type); None is all of them."""
    if not definition.products and not definition.product_types:
        return None
    return frozenset(
        product_id
        for product_id, code, type_ in products
        if code in definition.products
        or (type_ is not None and type_ in definition.product_types)
    )
