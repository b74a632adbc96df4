"""What a definition allows: dates, values, windows; boundaries first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.catalogue.schema.discounts import DiscountDefinition, RangeDefinition
from core.discounts.records import Target
from core.discounts.refusals import (
    DiscountDatesRefused,
    DiscountNotOffered,
    DiscountOutOfRange,
    DiscountValueFixed,
    DiscountValueMissing,
)
from core.discounts.rules import (
    Value,
    chosen_duration,
    chosen_value,
    duration_of,
    may_be_given,
    reduced_products,
    uses_of,
    window_from,
)
from core.kernel.frequency import Frequency

A, B, C = (UUID(int=number) for number in (1, 2, 3))
NEW_YEAR = datetime(2016, 1, 1, tzinfo=UTC)
TARGET = Target(
    id=A,
    kind="subscription",
    account_id=B,
    currency="EUR",
    zone="Europe/Paris",
    starts_at=datetime(2015, 1, 10, 9, tzinfo=UTC),
    agreement_date=date(2014, 12, 24),
    terms_version_id=C,
    is_open=True,
    now=datetime(2015, 3, 1, tzinfo=UTC),
)


def defined(**more: Any) -> DiscountDefinition:
    """A discount of 10 %, in normal form."""
    given = {"code": "d", "name": "D", "method": "ad_hoc", "percent": Decimal(10), **more}
    return DiscountDefinition(**given)


@pytest.mark.parametrize(
    ("at", "state", "given"),
    [
        (datetime(2014, 12, 31, 23, 59, 59, tzinfo=UTC), "effective", False),
        (datetime(2015, 1, 1, tzinfo=UTC), "effective", True),
        (datetime(2015, 12, 31, 23, 59, 59, tzinfo=UTC), "effective", True),
        (NEW_YEAR, "effective", False),
        (datetime(2015, 6, 1, tzinfo=UTC), "not_effective", False),
    ],
)
def test_validity_begins_with_its_first_instant_and_ends_before_its_last(
    at: datetime, state: str, given: bool
) -> None:
    """2015, from the first second to the last; the end is exclusive."""
    definition = defined(
        valid_from=datetime(2015, 1, 1, tzinfo=UTC), valid_until=NEW_YEAR, state=state
    )
    assert may_be_given(definition, at) is given


@pytest.mark.parametrize(
    ("more", "start", "end"),
    [
        ({}, datetime(2015, 1, 10, 9, tzinfo=UTC), None),
        ({"starts": "agreement_date"}, datetime(2014, 12, 23, 23, tzinfo=UTC), None),
        ({"starts": "2015-02-01T00:00:00Z"}, datetime(2015, 2, 1, tzinfo=UTC), None),
        ({"expires": NEW_YEAR}, datetime(2015, 1, 10, 9, tzinfo=UTC), NEW_YEAR),
        # Whole local days: from 10 January to 10 July at midnight, which is 22:00 in summer.
        (
            {"lasts": "6 months"},
            datetime(2015, 1, 10, 9, tzinfo=UTC),
            datetime(2015, 7, 9, 22, tzinfo=UTC),
        ),
    ],
)
def test_the_duration_follows_the_definition(
    more: dict[str, Any], start: datetime, end: datetime | None
) -> None:
    """From the service's start, the agreement, or a date; until a date, or for a length."""
    assert duration_of(defined(**more), TARGET) == (start, end)


def test_a_grants_own_dates_lie_within_the_definitions() -> None:
    """A part of it may be chosen, and nothing beyond; what is over is not offered."""
    definition = defined(expires=NEW_YEAR)
    may, june = datetime(2015, 5, 1, tzinfo=UTC), datetime(2015, 6, 1, tzinfo=UTC)
    chosen = chosen_duration(definition, TARGET, effective_from=may, expires_at=june)
    assert chosen == (may, june)
    early = datetime(2015, 1, 9, tzinfo=UTC)
    late = datetime(2016, 1, 2, tzinfo=UTC)
    for dates in ((early, None), (None, late), (june, may), (may, may)):
        with pytest.raises(DiscountDatesRefused):
            chosen_duration(definition, TARGET, effective_from=dates[0], expires_at=dates[1])
    with pytest.raises(DiscountNotOffered):
        over = replace(TARGET, now=NEW_YEAR)
        chosen_duration(definition, over, effective_from=None, expires_at=None)


RANGE = RangeDefinition(of="amount", start=Decimal(5), upto=Decimal(20))


@pytest.mark.parametrize(
    ("amount", "refusal"),
    [
        ("4.99", DiscountOutOfRange),
        ("5", None),
        ("20", None),
        ("20.01", DiscountOutOfRange),
        ("7.001", DiscountOutOfRange),  # finer than a cent
        (None, DiscountValueMissing),
    ],
)
def test_a_value_is_picked_from_the_range(
    amount: str | None, refusal: type[Exception] | None
) -> None:
    """Both limits are in it."""
    definition = defined(percent=None, range=RANGE, currency="EUR", per="month")
    picked = None if amount is None else Decimal(amount)
    if refusal is None:
        assert chosen_value(definition, percent=None, amount=picked) == Value(amount=picked)
        return
    with pytest.raises(refusal):
        chosen_value(definition, percent=None, amount=picked)


def test_a_fixed_value_is_not_to_be_given() -> None:
    """Neither is a percentage where money is picked."""
    with pytest.raises(DiscountValueFixed):
        chosen_value(defined(), percent=Decimal(10), amount=None)
    with pytest.raises(DiscountValueFixed):
        ranged = defined(percent=None, range=RANGE, currency="EUR", per="month")
        chosen_value(ranged, percent=Decimal(10), amount=None)


def test_one_grant_is_one_bill_where_times_count_anew() -> None:
    """Three a year are three grants; three in all are one grant of three bills."""
    assert uses_of(defined(times=3, times_per="year")) == 1
    assert uses_of(defined(times=3)) == 3
    assert uses_of(defined()) is None


def test_a_window_is_of_whole_local_days() -> None:
    """A month from 31 January ends with February's last day, exclusive."""
    noon = datetime(2015, 1, 31, 11, tzinfo=UTC)
    window = window_from(noon, length=Frequency(1, "month"), zone="Europe/Paris")
    assert window.start == datetime(2015, 1, 30, 23, tzinfo=UTC)
    assert window.end == datetime(2015, 2, 27, 23, tzinfo=UTC)


def test_products_and_types_are_reduced_together() -> None:
    """Nothing named is everything; what is not there is an empty set."""
    held = [(A, "gold", "main"), (B, "sport", None), (C, "film", "extra")]
    assert reduced_products(defined(), held) is None
    both = defined(products=("sport",), product_types=("main",))
    assert reduced_products(both, held) == {A, B}
    assert reduced_products(defined(products=("none",)), held) == frozenset()
