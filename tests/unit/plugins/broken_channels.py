"""A sound channel, and copies of it that are broken in exactly one way each."""

# ruff: noqa: D102 - members of a channel; clocks are read to be caught

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

from core.plugin_api import EventRejected, Measure, RateFacts, Sample, Unit

MOST_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class FaxEvent:
    """One fax."""

    pages: int = field(metadata={"description": "Pages."})
    note: str = field(default="", metadata={"description": "The sender's own word."})


@dataclass(frozen=True, slots=True)
class FaxUndescribed:
    """A fax of which one field is not described."""

    pages: int
    note: str = ""


@dataclass(slots=True)
class FaxThawed:
    """A fax that can be changed."""

    pages: int = field(metadata={"description": "Pages."})
    note: str = field(default="", metadata={"description": "The sender's own word."})


@dataclass(frozen=True, slots=True)
class Message:
    """A fax by a name that does not begin with the channel's."""

    pages: int = field(metadata={"description": "Pages."})
    note: str = field(default="", metadata={"description": "The sender's own word."})


class FaxMode(Enum):
    """How it was sent: its member is described nowhere."""

    FINE = 1


@dataclass(frozen=True, slots=True)
class FaxDialled:
    """Described but for its enum."""

    pages: int = field(metadata={"description": "Pages."})
    note: str = field(default="", metadata={"description": "The sender's own word."})
    mode: FaxMode = field(default=FaxMode.FINE, metadata={"description": "How."})


class Fax:
    """A sound channel; the tests break one thing at a time."""

    name = "fax"
    units = (Unit("page", "Page"),)
    pricing = "per_period"
    Event: Any = FaxEvent
    readme = "## Unit\n`page`\n## How it is counted\n## Worked example\n## Source\n"

    def measure(self, event: Any) -> Any:
        if not 1 <= event.pages <= MOST_PAGES:
            raise EventRejected("give 1 to 10,000 pages", path=("pages",))
        return Measure("page", Decimal(event.pages))

    def stored(self, event: Any) -> Any:
        return event

    def samples(self) -> Any:
        return (
            Sample(self.Event(3), Measure("page", Decimal(3))),
            Sample(self.Event(5, "a"), Measure("page", Decimal(5))),
            Sample(self.Event(0), is_refused=True),
        )


def fax(**changes: Any) -> Fax:
    """Return the sound channel with some members changed."""
    return type("BrokenFax", (Fax,), changes)()  # type: ignore[no-any-return]


def measuring(answer: Callable[[Any], object], *, on: Callable[[Any], bool]) -> Fax:
    """Return a channel that answers otherwise on some events."""

    def measure(self: Any, event: Any) -> Any:
        return answer(event) if on(event) else Fax.measure(self, event)

    return fax(measure=measure)


def reading(act: Callable[[], object]) -> Fax:
    """Return a channel whose measure does something impure first."""

    def measure(self: Any, event: Any) -> Any:
        act()
        return Fax.measure(self, event)

    return fax(measure=measure)


class Alternating(Fax):
    """Adds a page whenever it is asked for the event that it was just asked for."""

    last: object = None

    def measure(self, event: Any) -> Any:
        found = super().measure(event)
        repeated, self.last = event == self.last, event
        return replace(found, quantity=found.quantity + 1) if repeated else found


class Streaking(Fax):
    """Gives every event beyond 150 for nothing: a volume discount in the wrong place."""

    calls = 0

    def measure(self, event: Any) -> Any:
        self.calls += 1
        found = super().measure(event)
        return replace(found, quantity=Decimal(0)) if self.calls > 150 else found


class Comparing(Fax):
    """Adds a page to a fax of one page that comes right behind one of two."""

    last: Any = None

    def measure(self, event: Any) -> Any:
        found = super().measure(event)
        follows = (self.last, event) == (FaxEvent(2), FaxEvent(1))
        self.last = event
        return replace(found, quantity=found.quantity + 1) if follows else found


class SettingUp(Fax):
    """Charges a page for the 40th different fax that it sees."""

    def __init__(self) -> None:
        self.seen: set[Any] = set()

    def measure(self, event: Any) -> Any:
        found = super().measure(event)
        is_new = event not in self.seen
        self.seen.add(event)
        extra = 1 if is_new and len(self.seen) == 40 else 0
        return replace(found, quantity=found.quantity + extra)


class Forgetting(Fax):
    """Stores a fax as one of 1 page."""

    def stored(self, event: Any) -> Any:
        return replace(event, pages=1)


class Scribbling(Fax):
    """Writes into the event: frozen, it can be broken open all the same."""

    def stored(self, event: Any) -> Any:
        object.__setattr__(event, "note", "seen")
        return event


class Ordered(Fax):
    """Priced per event, and sound."""

    pricing = "per_event"

    def service(self, event: Any) -> Any:
        return event.note[:200] or None

    def rate_facts(self, event: Any) -> Any:
        return RateFacts(amount=Decimal(max(0, event.pages)))


class Misordered(Ordered):
    """Stores an order without what was ordered."""

    def stored(self, event: Any) -> Any:
        return replace(event, note="")


class Slow(Fax):
    """Counts to fifty thousand for every fax."""

    def measure(self, event: Any) -> Any:
        sum(range(50_000))
        return super().measure(event)


def hang(event: Any) -> object:
    """Loop for ever."""
    while True:
        time.sleep(0.01)


def leave(event: Any) -> object:
    """Ask the interpreter to exit."""
    raise SystemExit(3)


def is_marked(event: Any) -> bool:
    """Tell an event that only the generator makes: a text that authors forget."""
    return bool(event.note == "None")


def long_text(event: Any) -> bool:
    """Tell an event whose text is as long as it may be."""
    return len(event.note) == 1000


ANSWERED = "any_input_is_answered_or_rejected"
PURE = "it_reads_no_clock_no_file_and_no_chance"
DESCRIBED = "its_events_are_frozen_and_described"


# Each is broken in one way; the check for it says so, and the host refuses it too.
REFUSED: list[tuple[str, Callable[[], Fax]]] = [
    ("its_types_begin_with_its_name", lambda: fax(Event=Message)),
    (DESCRIBED, lambda: fax(Event=FaxThawed)),
    (DESCRIBED, lambda: fax(Event=FaxUndescribed)),
    (DESCRIBED, lambda: fax(Event=FaxDialled)),
]
# Each is broken in one way, and the one check for it says so.
EXACTLY: list[tuple[str, Callable[[], Fax]]] = [
    ("its_readme_explains_it", lambda: fax(readme="# Fax")),
    ("its_readme_explains_it", lambda: fax(readme=Fax.readme.replace("`page`", ""))),
    ("the_host_takes_it", lambda: fax(pricing="yearly")),
    (
        "its_samples_cover_every_unit",
        lambda: fax(
            units=(*Fax.units, Unit("cover", "Cover sheet")), readme=Fax.readme + "`cover`"
        ),
    ),
    (
        "its_samples_cover_every_unit",
        lambda: fax(samples=lambda self: Fax.samples(self)[:2]),
    ),
    (
        "its_samples_have_the_known_answers",
        lambda: measuring(lambda _e: Measure("page", Decimal(9)), on=lambda e: e.pages == 3),
    ),
    (
        "its_samples_have_the_known_answers",
        lambda: measuring(lambda _e: Measure("page", Decimal(0)), on=lambda e: e.pages == 0),
    ),
    ("it_answers_the_same_twice", Alternating),
    ("it_changes_no_input", Scribbling),
    (PURE, lambda: reading(time.time)),
    (PURE, lambda: reading(time.monotonic)),
    (PURE, lambda: reading(datetime.now)),
    (PURE, lambda: reading(lambda: datetime.now(UTC))),
    (PURE, lambda: reading(random.random)),
    (PURE, lambda: reading(Path(__file__).read_bytes)),
    ("what_is_stored_measures_the_same", Forgetting),
    ("it_tells_what_was_ordered", Misordered),
    (ANSWERED, lambda: measuring(lambda _e: 1 // 0, on=is_marked)),
    (
        ANSWERED,
        lambda: measuring(lambda e: Measure("page", Decimal(len(e.note)) / 7), on=long_text),
    ),
    (ANSWERED, lambda: measuring(lambda _e: {"unit": "page"}, on=is_marked)),
    (ANSWERED, lambda: measuring(leave, on=is_marked)),
    ("a_batch_is_the_sum_of_its_events", Streaking),
    ("the_order_of_arrival_changes_nothing", Comparing),
    ("a_period_in_two_parts_costs_the_same", SettingUp),
    ("it_is_fast_enough", Slow),
]
