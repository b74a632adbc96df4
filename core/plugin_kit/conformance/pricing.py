"""How a period comes out: in a batch or one by one, in any order, at once or in two parts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from core.plugin_api import Measure
from core.plugin_host.measuring import Measured, measure_batch
from core.plugin_kit.conformance.outcome import NotApplicable, require, shown
from core.plugin_kit.conformance.subject import Subject, measured
from core.plugin_kit.conformance.totals import (
    MOST_QUANTITY,
    billed_at_once,
    billed_in_two,
    measures_of,
)

BATCH: Final = 200
"""Events of one batch; the samples, again and again."""
ORDERED: Final = 24
"""Events that are put into several orders."""
ORDERS: Final = 4
PARTED: Final = 60
"""Events of a period that is billed in two parts."""


def sums_up_in_a_batch(subject: Subject) -> None:
    """Measure a batch whole, and each of its events by a channel of its own."""
    events = [sample.event for sample in subject.sound]
    many = (events * (BATCH // max(1, len(events)) + 1))[:BATCH]
    together = [
        verdict.measure if isinstance(verdict, Measured) else verdict
        for verdict in measure_batch(subject.hosted, many)
    ]
    alone = {number: measured(subject.another(), event) for number, event in enumerate(events)}
    for number, answer in enumerate(together):
        expected = alone[number % len(events)]
        require(
            answer == expected,
            f"event {number + 1} of a batch measures {shown(answer)} and alone "
            f"{shown(expected)}: measure {shown(many[number])} by itself, and keep nothing",
        )
    _require_sum(subject, [each for each in together if isinstance(each, Measure)])


def _require_sum(subject: Subject, measures: Sequence[Measure]) -> None:
    """Bill a batch at once and each of its events; whole units cost whole cents."""
    units = subject.channel.units
    if any(unit.aggregation != "sum" for unit in units):
        return
    whole = [
        Measure(each.unit, each.quantity.to_integral_value(), each.dimension)
        for each in measures
        if each.quantity <= MOST_QUANTITY
    ]
    at_once = billed_at_once(units, whole).net
    singly = sum((billed_at_once(units, [each]).net for each in whole), Decimal(0))
    require(at_once == singly, f"a batch costs {at_once}, and its events {singly}")


def comes_out_in_any_order(subject: Subject) -> None:
    """Measure events in several orders; each amounts to the same, whatever came before it."""
    events = _spread(subject, ORDERED)
    expected = [measured(subject.another(), event) for event in events]
    chance = random.Random(ORDERS)  # noqa: S311 - the same orders at every run
    numbers = list(range(len(events)))
    orders = [numbers[::-1], *(chance.sample(numbers, len(numbers)) for _ in range(ORDERS))]
    for order in orders:
        channel = subject.another()
        answers = {number: measured(channel, events[number]) for number in order}
        for number, answer in answers.items():
            require(
                answer == expected[number],
                f"{shown(events[number])} measures {shown(answer)} behind other events and "
                f"{shown(expected[number])} alone: a price must not depend on the order of "
                "arrival",
            )


def comes_out_in_two_parts(subject: Subject) -> None:
    """Bill a period at once and in two parts, the second by another process."""
    if subject.channel.pricing == "windowed":
        raise NotApplicable("a windowed channel is judged in parts by a check of its own")
    if any(unit.aggregation != "sum" for unit in subject.channel.units):
        raise NotApplicable("a unit that is not summed is told from the whole period")
    events = _spread(subject, PARTED)
    half = len(events) // 2
    whole = measures_of(subject.another(), events)
    first = measures_of(subject.another(), events[:half])
    second = measures_of(subject.another(), events[half:])
    units = subject.channel.units
    at_once = billed_at_once(units, whole)
    interim, rest = billed_in_two(units, first, second)
    require(
        at_once.net == interim.net + rest.net,
        f"a period costs {at_once.net} at once, and {interim.net} + {rest.net} in two parts: "
        "keep nothing between events; another process measures the second part",
    )


def _spread(subject: Subject, count: int) -> list[Any]:
    """Return so many different events, the samples first, none of an enormous quantity."""
    chosen: list[Any] = []
    for event in subject.accepted:
        answer = measured(subject.another(), event)
        if answer is not None and answer.quantity <= MOST_QUANTITY and event not in chosen:
            chosen.append(event)
        if len(chosen) == count:
            break
    return chosen
