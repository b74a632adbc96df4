"""Which two periods an event has, and which item meters it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import pytest

from core.usage.placing import Beyond, Course, Place, UsagePeriod
from core.usage.records import Metering, Verdict
from core.usage.resolving import DatedTable, chosen

NAMES = UUID(int=0)
MICROSECOND = timedelta(microseconds=1)


def month(number: int) -> datetime:
    """The first instant of a month of 2026."""
    return datetime(2026, number, 1, tzinfo=UTC)


def ident(name: str) -> UUID:
    """An id for a name."""
    return uuid5(NAMES, name)


def period(number: int, state: str, stream: str = "usage") -> UsagePeriod:
    """The period of a month, named by its stream and number."""
    name = ident(f"{stream}{number}")
    return UsagePeriod(name, ident("s"), stream, month(number), month(number + 1), state)


CASES = [
    ("all open: its own", ["open", "open"], 1, ("usage1", "usage1")),
    ("the next, while the first is open", ["open", "open"], 2, ("usage2", "usage2")),
    ("frozen: the one behind it", ["frozen", "open"], 1, ("usage1", "usage2")),
    ("parked counts as closed", ["parked", "billed", "open"], 1, ("usage1", "usage3")),
]


@pytest.mark.parametrize(("_what", "states", "at", "expected"), CASES)
def test_the_billing_period_is_the_first_open_one_from_the_usage_period_on(
    _what: str, states: list[str], at: int, expected: tuple[str, str]
) -> None:
    """Neither an earlier open one nor a closed one bills it."""
    course = Course(period(n, state) for n, state in enumerate(states, start=1))
    place = Place(*(ident(name) for name in expected))
    assert course.place(month(at)) == place
    assert course.place(month(at + 1) - MICROSECOND) == place


def test_without_an_open_usage_period_a_settlement_bills_it() -> None:
    """None where there is no settlement open yet."""
    closed = [period(1, "billed")]
    assert Course(closed).place(month(1)) == Place(ident("usage1"), None)
    settled = [*closed, period(2, "billed", "settlement"), period(3, "open", "settlement")]
    assert Course(settled).place(month(1)) == Place(ident("usage1"), ident("settlement3"))


def test_outside_of_the_periods_there_is_no_place() -> None:
    """Before the first and behind the last are told apart; a gap is behind its last."""
    course = Course([period(2, "open"), period(4, "open")])
    assert course.place(month(2) - MICROSECOND) == Beyond(is_before=True)
    assert course.place(month(3)) == Beyond(is_before=False)
    assert course.place(month(5)) == Beyond(is_before=False)
    assert Course([]).place(month(1)) == Beyond(is_before=True)


def metering(
    start: int, until: int | None = None, *, product: str = "p", subscription: str = "s",
    ends: int | None = None,
) -> Metering:  # fmt: skip
    """An item from a month on."""
    return Metering(
        ident("a"),
        ident(subscription),
        None,
        ident(product),
        "email",
        "email",
        month(start),
        None if until is None else month(until),
        None if ends is None else month(ends),
    )


CHOICES = [
    ("none at all", [], "NO_SUBSCRIPTION"),
    ("one", [metering(1)], None),
    ("from its very start", [metering(3)], None),
    ("not at its end", [metering(1, 3)], "NO_SUBSCRIPTION"),
    ("one revision behind the other", [metering(1, 3), metering(3)], None),
    ("not before its start", [metering(4)], "TOO_OLD"),
    ("not when the subscription has ended", [metering(1, ends=3)], "SUBSCRIPTION_ENDED"),
    ("ended, and another not begun", [metering(1, ends=2), metering(4)], "SUBSCRIPTION_ENDED"),
    (
        "two subscriptions",
        [metering(1), metering(1, subscription="t")],
        "AMBIGUOUS_SUBSCRIPTION",
    ),
    ("two products", [metering(1), metering(1, product="q")], "AMBIGUOUS_SUBSCRIPTION"),
    ("the same product twice", [metering(1), metering(2)], None),
]


@pytest.mark.parametrize(("_what", "candidates", "reason"), CHOICES)
def test_exactly_one_item_meters_an_event_of_march(
    _what: str, candidates: list[Metering], reason: str | None
) -> None:
    """Otherwise there is a reason, and always the same one."""
    found = chosen(candidates, at=month(3), channel="email")
    assert (found.reason if isinstance(found, Verdict) else None) == reason
    again = chosen(candidates[::-1], at=month(3), channel="email")
    assert (again.reason if isinstance(again, Verdict) else None) == reason


def test_a_slot_holds_from_its_date_to_the_next_and_the_first_one_before_too() -> None:
    """Slots 5 from March and 6 from May."""
    table = DatedTable(month(1), None, [month(3), month(5)], [5, 6])
    times = (month(1), month(3), month(5) - MICROSECOND, month(5), month(9))
    assert [table.slot_at(at) for at in times] == [5, 5, 5, 6, 6]
