"""Refusals carry a stable code, a message and a path, across processes too."""

from __future__ import annotations

import pickle
from typing import ClassVar

import pytest

from core.kernel.errors import ManyProblems, Problem, Refusal, all_refusals, refuse_if_any
from core.kernel.money import CurrencyMismatch


class SeatsTaken(Refusal):
    """A refusal with arguments of its own, as features have."""

    code: ClassVar[str] = "TEST_SEATS_TAKEN"

    def __init__(self, *, seats: int) -> None:
        super().__init__(f"all {seats} seats are taken; buy more", path=("seats",))
        self.seats = seats


def test_a_refusal_says_what_and_where():
    """Its text is the message; the path leads to the value."""
    refusal = CurrencyMismatch("EUR is not JPY", path=("lines", "0"))
    assert str(refusal) == refusal.message == "EUR is not JPY"
    assert refusal.path == ("lines", "0")
    assert refusal.code == "CURRENCY_MISMATCH"


def test_every_refusal_survives_the_way_between_processes():
    """Also one that asks for other arguments: otherwise a process pool would end."""
    copy = pickle.loads(pickle.dumps(SeatsTaken(seats=4)))
    assert (type(copy), copy.seats, copy.path) == (SeatsTaken, 4, ("seats",))
    assert str(copy) == "all 4 seats are taken; buy more"
    many = pickle.loads(pickle.dumps(ManyProblems([Problem("A", "one", ("x",))])))
    assert many.problems == (Problem("A", "one", ("x",)),)


def test_several_problems_are_refused_at_once_in_the_order_found():
    """Each keeps its code and path."""
    first = Problem.from_refusal(
        CurrencyMismatch("no", path=("currency",)), under=("lines", "2")
    )
    second = Problem("OTHER", "neither")
    with pytest.raises(ManyProblems) as refusal:
        refuse_if_any([first, second])
    assert refusal.value.problems == (first, second)
    assert str(refusal.value) == "lines.2.currency: no; neither"
    refuse_if_any([])


class LastSeatTaken(SeatsTaken):
    """A refusal derived from another one."""

    code: ClassVar[str] = "TEST_LAST_SEAT_TAKEN"


def test_every_refusal_is_found_by_its_code():
    """Also one that derives from another; in the order of their codes."""
    found = all_refusals()
    ours = [it for it in found if it.__module__ == __name__]
    assert ours == [LastSeatTaken, SeatsTaken]
    assert {CurrencyMismatch, ManyProblems} <= set(found)
    assert [it.code for it in found] == sorted(it.code for it in found)
