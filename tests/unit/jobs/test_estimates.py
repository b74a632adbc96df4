"""When a job is expected to be completed: its start and the estimate, in calendar time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.jobs.create import after_estimate


@pytest.mark.parametrize(
    ("starts_at", "estimate", "zone", "expected"),
    [
        # Two working weeks are 14 days of the calendar.
        ("2015-03-02T09:00", "14 days", "UTC", "2015-03-16T09:00"),
        ("2015-03-02T09:00", "2 weeks", "UTC", "2015-03-16T09:00"),
        # 09:00 in Nicosia is 07:00 UTC before 29 March 2015, and 06:00 after it.
        ("2015-03-20T07:00", "14 days", "Europe/Nicosia", "2015-04-03T06:00"),
        # And back: 06:00 before 25 October 2015, 07:00 after it.
        ("2015-10-20T06:00", "14 days", "Europe/Nicosia", "2015-11-03T07:00"),
        # A month that is too short gives its last day.
        ("2016-01-31T12:00", "month", "UTC", "2016-02-29T12:00"),
        ("2015-12-31T23:30", "1 day", "UTC", "2016-01-01T23:30"),
    ],
)
def test_an_estimate_is_counted_in_days_of_the_account(
    starts_at: str, estimate: str, zone: str, expected: str
) -> None:
    """The hour of the day stays what it is where the account is."""
    start = datetime.fromisoformat(starts_at).replace(tzinfo=UTC)
    assert after_estimate(start, estimate, zone=zone) == datetime.fromisoformat(
        expected
    ).replace(tzinfo=UTC)
