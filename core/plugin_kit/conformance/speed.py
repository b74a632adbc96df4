"""A floor for speed, as a ratio within one run: no machine's absolute time decides."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import fields
from decimal import Decimal
from time import perf_counter
from typing import Any, Final

from core.kernel.errors import Refusal
from core.plugin_api import Measure
from core.plugin_kit.conformance.outcome import require
from core.plugin_kit.conformance.subject import Subject

MOST_TIMES_SLOWER: Final = 100
"""How many times as long as the plain function `measure` may take for the same events."""
CALLS: Final = 1_000
ROUNDS: Final = 3


def is_fast_enough(subject: Subject) -> None:
    """Measure the samples many times, in turns with a plain function; the best turns count."""
    events = [sample.event for sample in subject.sound]
    require(events, "return samples that are measured")
    many = (events * (CALLS // len(events) + 1))[:CALLS]
    ratio = slowness(subject.channel.measure, many)
    require(
        ratio <= MOST_TIMES_SLOWER,
        f"make measure faster: it takes {ratio:.0f} times as long as a plain function that "
        f"reads each field, and may take {MOST_TIMES_SLOWER} times; compute tables when the "
        "module is imported",
    )


def slowness(measure: Callable[[Any], object], events: Sequence[Any]) -> float:  # a ratio
    """Return how many times as long as a plain function it takes for the same events."""
    names = [field.name for field in fields(events[0])]

    def plain(event: Any) -> Measure:
        length = sum(len(str(getattr(event, name))) for name in names)
        return Measure("plain", Decimal(length))

    collects = gc.isenabled()
    gc.disable()
    try:
        own = [(_seconds(measure, events), _seconds(plain, events)) for _turn in range(ROUNDS)]
    finally:
        if collects:
            gc.enable()
    return min(one for one, _ in own) / min(other for _, other in own)


def _seconds(measure: Callable[[Any], object], events: Sequence[Any]) -> float:
    began = perf_counter()
    for event in events:
        try:
            measure(event)
        except Refusal:
            continue
    return perf_counter() - began
