"""Which units of which layers are given back, and how many are charged afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest

from core.billing_cycles.layers import LiveSpan, layer_above, live_spans
from core.billing_cycles.rows import ChargedSlice
from core.credit_notes.taking import Given, Slice, Unused, takes
from core.kernel.periods import Period, ProrationPolicy

ITEM, PRODUCT, INVOICE = UUID(int=1), UUID(int=2), UUID(int=3)


def day(number: int) -> datetime:
    """A day of June 2026; 31 is 1 July."""
    return datetime(2026, 6, 1, tzinfo=UTC).replace(day=number) if number < 31 else JULY


JULY = datetime(2026, 7, 1, tzinfo=UTC)


def charged(
    first: int, until: int, units: str, *, layer: int = 1, is_credit: bool = False
) -> ChargedSlice:
    """Units that are charged from day to day, or given back."""
    time = Period(day(first), day(until))
    return ChargedSlice(
        ITEM, "fee", PRODUCT, time, Decimal(10), Decimal(units), layer, is_credit
    )


def a_slice(
    first: int, until: int, units: str, *, layer: int = 1, policy: ProrationPolicy = "day"
) -> Slice:
    """A slice to give back from."""
    return Slice(
        ITEM, 1, "fee", layer, Period(day(first), day(until)), Decimal(units), INVOICE, 1, (),
        "UTC", policy, [],
    )  # fmt: skip


def test_layers_add_up_and_what_is_given_back_comes_off() -> None:
    """3 in June, 2 on top from the 11th, 4 given back from the 21st: 3, 5, 1 - 3, 5, 1."""
    found = live_spans(
        Period(day(1), JULY),
        [
            charged(1, 31, "3"),
            charged(11, 31, "2", layer=2),
            charged(21, 31, "2", layer=2, is_credit=True),
            charged(21, 31, "2", is_credit=True),
        ],
    )
    assert found == [
        LiveSpan(Period(day(1), day(11)), Decimal(3)),
        LiveSpan(Period(day(11), day(21)), Decimal(5)),
        LiveSpan(Period(day(21), JULY), Decimal(1)),
    ]


def test_time_without_a_slice_has_no_units() -> None:
    """Nothing charged, or only in the middle: 0, 2, 0."""
    whole = Period(day(1), JULY)
    assert live_spans(whole, []) == [LiveSpan(whole, Decimal(0))]
    found = live_spans(whole, [charged(11, 21, "2")])
    assert [span.quantity for span in found] == [Decimal(0), Decimal(2), Decimal(0)]


def test_a_new_slice_lies_above_all_that_it_overlaps_given_back_or_not() -> None:
    """Layer 3 above 2; next to it layer 1."""
    below = [charged(1, 21, "3"), charged(11, 21, "2", layer=2)]
    back = charged(11, 21, "2", layer=2, is_credit=True)
    assert layer_above(Period(day(20), JULY), [*below, back]) == 3
    assert layer_above(Period(day(21), JULY), below) == 1


def test_the_highest_layer_is_taken_first_and_only_what_is_left_of_it() -> None:
    """Of 2 on top 1 was given back from the 21st: 3 more are 2 then 1, and 1 then 2."""
    below, above = a_slice(1, 31, "3"), a_slice(11, 31, "2", layer=2)
    above.given.append(Given(Period(day(21), JULY), Decimal(1)))
    found = takes([below, above], Unused(ITEM, day(16), Decimal(3)))
    told = {
        (take.slice.layer, take.given.period.start.day, take.given.quantity) for take in found
    }
    assert told == {
        (2, 16, Decimal(2)),
        (2, 21, Decimal(1)),
        (1, 16, Decimal(1)),
        (1, 21, Decimal(2)),
    }


def test_more_than_is_charged_is_not_taken() -> None:
    """10 of 3: 3; and again: none."""
    only = a_slice(1, 31, "3")
    (take,) = takes([only], Unused(ITEM, day(11), Decimal(10)))
    assert take.given.quantity == Decimal(3)
    assert takes([only], Unused(ITEM, day(11))) == []


@pytest.mark.parametrize(
    ("policy", "share"),
    [("day", Fraction(20, 30)), ("second", Fraction(20, 30)), ("none", Fraction(0))],
)
def test_a_part_of_a_slice_has_its_share(policy: ProrationPolicy, share: Fraction) -> None:
    """20 of 30 days; where any day owes all, a part that was used gives nothing back."""
    only = a_slice(1, 31, "1", policy=policy)
    assert Fraction(*only.share_of(Period(day(11), JULY))) == share
    assert Fraction(*only.share_of(only.period)) == 1
