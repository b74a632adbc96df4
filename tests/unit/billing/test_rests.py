"""What a part of a period owes when its subscription rests for some of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from core.billing.recurring import owed_share
from core.billing.snapshot import Terms, UsagePart
from core.kernel.frequency import Frequency
from core.kernel.ids import new_id
from core.kernel.periods import Period
from core.kernel.proration import ProrationPolicy, Share


def days(first: int, last: int) -> Period:
    """Days of January 2026, `[first, last)`; 32 is the first of February."""
    ends = datetime(2026, 2, 1, tzinfo=UTC) if last == 32 else day(last)
    return Period(day(first), ends)


def day(number: int) -> datetime:
    """The start of a day of January."""
    return datetime(2026, 1, number, tzinfo=UTC)


def january(policy: ProrationPolicy) -> UsagePart:
    """A whole January; its plan and products are not asked about."""
    terms = Terms(new_id(), Frequency(1, "month"), proration=policy)
    nothing = cast("Any", None)
    return UsagePart(
        new_id(), new_id(), days(1, 32), days(1, 32), "UTC", terms, nothing, {}, {}
    )


OWED: list[tuple[ProrationPolicy, list[Period], Share | None]] = [
    ("day", [], None),
    ("day", [days(10, 20)], Share(21, 31)),
    ("day", [days(1, 10), days(20, 32)], Share(10, 31)),
    ("day", [days(1, 32)], Share(0, 1)),
    ("second", [days(10, 20)], Share(21 * 86_400, 31 * 86_400)),
    ("none", [days(10, 20)], None),  # any part costs all
    ("none", [days(1, 32)], Share(0, 1)),
]


@pytest.mark.parametrize(("policy", "rests", "owed"), OWED)
def test_days_of_a_rest_are_not_owed(
    policy: ProrationPolicy, rests: list[Period], owed: Share | None
) -> None:
    """None is all of the period."""
    part = january(policy)
    assert owed_share(part, part.period, rests=rests) == owed


def test_only_the_rest_within_a_slice_counts_for_it() -> None:
    """An item from the 15th on: 17 of 31 days, less the 5 that it shares with the rest."""
    part = january("day")
    assert owed_share(part, days(15, 32), rests=[days(10, 20)]) == Share(12, 31)
    assert owed_share(part, days(20, 32), rests=[days(10, 20)]) == Share(12, 31)
