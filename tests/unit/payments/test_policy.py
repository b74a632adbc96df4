"""The dates on which an unpaid invoice is acted upon."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.payments.policy import PaymentPolicy, later

STRICT = PaymentPolicy.from_plain(
    {
        "within": "14 days",
        "retries": ["3 days", "5 days"],
        "reminders": ["3 days", "10 days"],
        "suspend_after": "10 days",
        "end_after": "40 days",
    }
)


def day(month: int, number: int, hour: int = 0) -> datetime:
    """An instant of 2026, in UTC."""
    return datetime(2026, month, number, hour, tzinfo=UTC)


def test_steps_follow_the_pay_by_date_in_order() -> None:
    """1 March + 14 days = 15 March; a reminder of the same day comes before the suspension."""
    pay_by = STRICT.pay_by(day(3, 1), zone="UTC")

    assert pay_by == day(3, 15)
    assert STRICT.steps(pay_by, zone="UTC") == (
        (day(3, 18), "reminder"),
        (day(3, 25), "reminder"),
        (day(3, 25), "suspend"),
        (day(4, 24), "end"),
    )


def test_days_are_days_of_the_account() -> None:
    """Paris changes its clocks on 29 March 2026: midnight is 23:00 UTC, then 22:00."""
    made = day(3, 19, 23)  # 20 March, 00:00 in Paris

    assert STRICT.pay_by(made, zone="Europe/Paris") == day(4, 2, 22)  # 3 April, 00:00


def test_hours_are_hours() -> None:
    """36 hours across the change of clocks are 36 hours."""
    start = day(3, 28, 23)

    assert later(start, timedelta(hours=36), zone="Europe/Paris") == start + timedelta(hours=36)


@pytest.mark.parametrize(
    ("failures", "expected"), [(1, day(3, 4)), (2, day(3, 6)), (3, None), (0, None)]
)
def test_a_retry_counts_from_its_failure(failures: int, expected: datetime | None) -> None:
    """3 days after the first failure, 5 after the second; after the third there is none."""
    assert STRICT.retry_at(day(3, 1), failures=failures, zone="UTC") == expected


def test_terms_that_name_nothing_do_nothing() -> None:
    """The invoice is to be paid at once, and nothing follows."""
    nothing = PaymentPolicy.from_plain({})

    assert nothing.pay_by(day(3, 1), zone="UTC") == day(3, 1)
    assert nothing.steps(day(3, 1), zone="UTC") == ()
    assert nothing.retry_at(day(3, 1), failures=1, zone="UTC") is None
