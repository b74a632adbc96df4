"""When two conditional rates, or two durations, can hold at once: decided exactly."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.catalogue.durations import overlap as durations_overlap
from core.catalogue.rate_overlap import holds_always, minute_spans, overlap
from core.catalogue.schema import ConditionalRateDefinition, DurationDefinition


def rate(times: str = "", **given: Any) -> ConditionalRateDefinition:
    """A rate of 1 at times such as `22:00-05:59`."""
    first, _, last = times.partition("-")
    return ConditionalRateDefinition(price=Decimal(1), from_time=first, to_time=last, **given)


RATES = [
    # times of day: inclusive to the minute, also over midnight
    (rate("00:01-06:59"), rate("07:00-08:00"), False),
    (rate("00:01-06:59"), rate("06:59-08:00"), True),
    (rate("22:00-05:59"), rate("06:00-21:59"), False),
    (rate("22:00-05:59"), rate("05:59-06:30"), True),
    (rate("22:00-05:59"), rate("23:30-23:30"), True),
    (rate("22:00-01:00"), rate("23:00-00:30"), True),
    (rate("23:59-00:00"), rate("00:01-23:58"), False),
    (rate("12:00-12:00"), rate("12:01-12:01"), False),
    (rate("12:00-12:00"), rate(methods=("TV",)), True),
    # names: what is not stated is any
    (rate(methods=("TV",)), rate(methods=("WEB",)), False),
    (rate(methods=("TV", "WEB")), rate(methods=("WEB", "APP")), True),
    (rate(methods=("TV",)), rate(devices=("STB",)), True),
    (rate(devices=("STB",)), rate(devices=("PC",), methods=("TV",)), False),
    (rate(source_categories=("A",)), rate(source_categories=("B",)), False),
    (rate("00:01-06:59", devices=("STB",)), rate("00:01-06:59", devices=("PC",)), False),
    # amounts of usage: inclusive at both ends, decimals between whole numbers too
    (rate(usage_to=Decimal(5)), rate(usage_from=Decimal(5)), True),
    (rate(usage_to=Decimal(5)), rate(usage_from=Decimal("5.01")), False),
    (rate(usage_from=Decimal(5)), rate(usage_from=Decimal(100)), True),
    (
        rate(usage_from=Decimal(1), usage_to=Decimal(2)),
        rate(usage_from=Decimal(3), usage_to=Decimal(4)),
        False,
    ),
]


@pytest.mark.parametrize(("one", "other", "expected"), RATES)
def test_rates_overlap_when_some_usage_fits_both(
    one: ConditionalRateDefinition, other: ConditionalRateDefinition, *, expected: bool
) -> None:
    """Whichever comes first; and every rate overlaps itself."""
    assert overlap(one, other) is expected
    assert overlap(other, one) is expected
    assert overlap(one, one)


def test_a_day_is_cut_where_midnight_is_crossed() -> None:
    """22:00 is minute 1320, 05:59 minute 359, and the last minute is 1439."""
    assert minute_spans(rate("22:00-05:59")) == ((1320, 1439), (0, 359))
    assert minute_spans(rate("00:01-06:59")) == ((1, 419),)
    assert minute_spans(rate()) == ((0, 1439),)
    assert holds_always(rate())
    assert not holds_always(rate(usage_to=Decimal(1)))


def span(start: int, upto: int, unit: Any = "month", *types: str) -> DurationDefinition:
    """A duration from one length to another."""
    return DurationDefinition(start=start, upto=upto, unit=unit, types=types)


DURATIONS = [
    (span(3, 11), span(12, 12), False),
    (span(3, 12), span(12, 24), True),
    (span(12, 24), span(1, 2, "year"), True),
    (span(3, 11), span(1, 2, "year"), False),
    (span(1, 2, "week"), span(14, 30, "day"), True),
    (span(1, 2, "week"), span(15, 30, "day"), False),
    (span(30, 30, "day"), span(1, 1), False),
    (span(3, 12, "month", "GOLD"), span(3, 12, "month", "SILVER"), False),
    (span(3, 12, "month", "GOLD"), span(3, 12, "month", "SILVER", "GOLD"), True),
    (span(3, 12, "month", "GOLD"), span(3, 12), True),
]


@pytest.mark.parametrize(("one", "other", "expected"), DURATIONS)
def test_durations_overlap_when_a_subscription_could_ask_by_both(
    one: DurationDefinition, other: DurationDefinition, *, expected: bool
) -> None:
    """By length, a year being twelve months, and by subscription types."""
    assert durations_overlap(one, other) is expected
    assert durations_overlap(other, one) is expected
