"""One quantity from the readings of a period: the highest, the last, the average."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from core.gauges.policy import GaugePolicy, Reading, gauge_quantity
from core.kernel.periods import Period

START = datetime(2026, 4, 1, tzinfo=UTC)
APRIL = Period(START, START + timedelta(days=30))


def reading(day: int, value: str) -> Reading:
    """A value set at the beginning of a day of April."""
    return Reading(START + timedelta(days=day - 1), Decimal(value))


@pytest.mark.parametrize(
    ("policy", "opening", "readings", "expected"),
    [
        ("max", None, [], "0"),
        ("last", None, [], "0"),
        ("average", None, [], "0"),
        ("max", "70", [], "70"),
        ("last", "70", [], "70"),
        ("average", "70", [], "70"),
        ("max", "10", [reading(5, "7"), reading(9, "8")], "10"),
        ("max", "7", [reading(5, "10"), reading(9, "8")], "10"),
        ("max", "10", [reading(1, "7"), reading(9, "8")], "8"),
        ("last", "10", [reading(5, "7"), reading(9, "8")], "8"),
        ("last", "10", [reading(5, "0")], "0"),
        ("average", "10", [reading(16, "13")], "11.5"),  # (10 * 15 + 13 * 15) / 30
        ("average", None, [reading(11, "30")], "20"),  # (0 * 10 + 30 * 20) / 30
        ("average", "1", [reading(2, "0")], "0.033333333"),  # 1 * 1 / 30
        ("average", "2", [reading(2, "0")], "0.066666667"),  # 2 / 30, rounded half up
        ("average", "5", [reading(1, "3")], "3"),  # replaced before any time passed
        ("average", "5", [reading(4, "9"), reading(4, "2")], "2.3"),  # (5 * 3 + 2 * 27) / 30
    ],
)
def test_the_policy_decides_which_value_counts(
    policy: GaugePolicy, opening: str | None, readings: list[Reading], expected: str
) -> None:
    """The value that held at the start counts until another one is set."""
    found = gauge_quantity(
        policy,
        opening=None if opening is None else Decimal(opening),
        readings=readings,
        period=APRIL,
    )
    assert found == Decimal(expected)


def test_an_average_is_exact_to_the_microsecond() -> None:
    """A value of 9 places over the largest bound, held one microsecond less than all.

    9999999999999 over 30 days but its last microsecond, when it is 0: it loses
    9999999999999 / 2592000000000 = 3.858024691 (3.8580246909…).
    """
    last_moment = Reading(APRIL.end - timedelta(microseconds=1), Decimal(0))
    found = gauge_quantity(
        "average", opening=Decimal(9999999999999), readings=[last_moment], period=APRIL
    )
    assert found == Decimal("9999999999995.141975309")


def test_an_average_lies_between_the_lowest_and_the_highest_value() -> None:
    """Ten readings at odd instants; the mean of them can be no other."""
    readings = [
        Reading(
            START + timedelta(hours=67 * number, microseconds=number), Decimal(number * 7 % 11)
        )
        for number in range(10)
    ]
    found = gauge_quantity("average", opening=Decimal(3), readings=readings, period=APRIL)
    assert Decimal(0) < found < Decimal(10)
