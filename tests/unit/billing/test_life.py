"""Months of an item's life: numbered from its first day, cut by slices, paused at rest."""

from __future__ import annotations

from core.billing.life import life_months
from core.billing.snapshot import LifeMonth
from tests.unit.billing.sellers import period

LIFE = period("2026-01-10", "2030-01-01")


def months(start: str, end: str, *rests: tuple[str, str]) -> tuple[LifeMonth, ...]:
    """The months that a slice covers."""
    return life_months(
        LIFE, period(start, end), zone="UTC", suspended=[period(*rest) for rest in rests]
    )


def test_a_slice_of_one_month_of_life_is_that_month() -> None:
    """From the 10th to the 10th is month 2."""
    assert months("2026-02-10", "2026-03-10") == (LifeMonth(2),)


def test_a_calendar_month_covers_parts_of_two_months_of_life() -> None:
    """February has 9 of month 1's 31 days (10 January to 10 February), 19 of month 2's 28."""
    assert months("2026-02-01", "2026-03-01") == (LifeMonth(1, 9, 31), LifeMonth(2, 19, 28))


def test_a_year_covers_twelve_months_in_order() -> None:
    """1 to 12."""
    assert [month.number for month in months("2026-01-10", "2027-01-10")] == [*range(1, 13)]


def test_a_month_spent_suspended_does_not_count() -> None:
    """Month 2 rests: what would be month 3 is month 2, and the rest owes nothing."""
    rest = ("2026-02-10", "2026-03-10")
    assert months("2026-02-10", "2026-03-10", rest) == ()
    assert months("2026-03-10", "2026-04-10", rest) == (LifeMonth(2),)
    assert months("2026-03-10", "2026-04-10", ("2026-02-10", "2026-03-09")) == (LifeMonth(3),)
