"""The conformance suite finds what it is there to find: one broken channel per test."""

# ruff: noqa: D102 - members of a channel; clocks are read to be caught

import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path

import pytest

from core.plugin_api import EventRejected, Measure, Sample, Unit
from core.plugin_api.conformance import ChannelConformance


@dataclass(frozen=True, slots=True)
class FaxEvent:
    """One fax."""

    pages: int = field(metadata={"description": "Pages."})
    seen: tuple[list[int], ...] = field(default=(), metadata={"description": "Not plain."})


@dataclass(frozen=True, slots=True)
class FaxBare:
    """Nothing described."""

    pages: int = 1


class FaxMode(Enum):
    """How it was sent: its member is described nowhere."""

    FINE = 1


@dataclass(frozen=True, slots=True)
class FaxDialled:
    """Described but for its enum."""

    mode: FaxMode = field(metadata={"description": "How it was sent."})


class Fax:
    """A sound channel; the tests break one thing at a time."""

    name = "fax"
    units = (Unit("page", "Page"),)
    pricing = "per_period"
    Event = FaxEvent
    readme = "## Unit\n`page`\n## How it is counted\n## Worked example\n## Source\n"

    def measure(self, event):
        if event.pages < 1:
            raise EventRejected("give 1 page or more")
        return Measure("page", Decimal(event.pages))

    def stored(self, event):
        return event

    def samples(self):
        return (
            Sample(FaxEvent(3), Measure("page", Decimal(3))),
            Sample(FaxEvent(5), Measure("page", Decimal(5))),
            Sample(FaxEvent(0), is_refused=True),
        )


class Suite(ChannelConformance):
    """The suite; not collected, its tests are called one by one."""

    __test__ = False


SUITE_TESTS = sorted(name for name in dir(ChannelConformance) if name.startswith("test_"))


def failing(channel):
    """Return the names of the suite's tests that a channel fails."""
    failed = set()
    for name in SUITE_TESTS:
        try:
            getattr(ChannelConformance, name)(Suite(), channel)
        except (AssertionError, pytest.fail.Exception):
            failed.add(name)
        except Exception as error:  # noqa: BLE001 - as pytest would report it
            failed.add(f"{name}: {type(error).__name__}")
    return failed


def counting(**answer):
    """Return a measure that counts its own calls: impure."""
    calls = []

    def measure(self, event):
        calls.append(event)
        return Measure("page", Decimal(len(calls)))

    return measure


def reading(act):
    """Return a sound measure that does something impure first."""

    def measure(self, event):
        act()
        return Fax.measure(self, event)

    return measure


BROKEN = [
    ({"units": ()}, "test_it_has_what_a_channel_has"),
    ({"name": "Fax"}, "test_it_has_what_a_channel_has"),
    ({"units": (Unit("page", ""),)}, "test_it_has_what_a_channel_has"),
    ({"name": "telex"}, "test_its_types_begin_with_its_name"),
    ({"Event": FaxBare}, "test_its_events_are_frozen_and_described"),
    ({"Event": FaxDialled}, "test_its_events_are_frozen_and_described"),
    ({"readme": "# Fax"}, "test_its_readme_explains_it"),
    ({"readme": Fax.readme.replace("`page`", "")}, "test_its_readme_explains_it"),
    ({"samples": lambda self: ()}, "test_its_samples_cover_every_unit"),
    (
        {"measure": lambda self, event: Measure("page", Decimal(9))},
        "test_its_samples_have_the_known_answers",
    ),
    (
        {"measure": lambda self, event: Measure("page", event.pages * 1.0)},
        "test_its_quantities_are_exact",
    ),
    (
        {"measure": lambda self, event: Measure("page", Decimal("NaN"))},
        "test_its_quantities_are_exact",
    ),
    (
        {"measure": lambda self, event: Measure("page", Decimal(-3))},
        "test_its_quantities_are_exact",
    ),
    ({"measure": counting()}, "test_it_answers_the_same_twice_and_changes_nothing"),
    ({"measure": reading(time.time)}, "test_it_reads_no_clock_no_file_and_no_chance"),
    ({"measure": reading(time.monotonic)}, "test_it_reads_no_clock_no_file_and_no_chance"),
    ({"measure": reading(datetime.now)}, "test_it_reads_no_clock_no_file_and_no_chance"),
    (
        {"measure": reading(lambda: datetime.now(UTC))},
        "test_it_reads_no_clock_no_file_and_no_chance",
    ),
    ({"measure": reading(random.random)}, "test_it_reads_no_clock_no_file_and_no_chance"),
    (
        {"measure": reading(Path(__file__).read_bytes)},
        "test_it_reads_no_clock_no_file_and_no_chance",
    ),
    (
        {"stored": lambda self, event: FaxEvent(1)},
        "test_what_is_stored_measures_the_same",
    ),
]


def test_a_sound_channel_passes():
    """So that each row fails for its own reason."""
    assert failing(Fax()) == set()


@pytest.mark.parametrize(("changes", "test"), BROKEN)
def test_a_broken_channel_fails_the_test_for_it(changes, test):
    """The test named for the rule is among those that fail."""
    assert test in failing(type("BrokenFax", (Fax,), changes)())


def test_an_event_that_measure_changes_is_noticed():
    """A frozen event can still hold what is not."""

    class Scribbling(Fax):
        def measure(self, event):
            for pages in event.seen:
                pages.append(1)
            return super().measure(event)

        def samples(self):
            return (Sample(FaxEvent(3, ([],)), Measure("page", Decimal(3))),)

    failed = failing(Scribbling())
    assert "test_it_answers_the_same_twice_and_changes_nothing" in failed


def test_the_watch_ends_with_the_test():
    """The clock may be read again afterwards, by whoever runs the tests."""
    assert failing(Fax()) == set()
    assert time.time() > 0
    assert Path(__file__).read_bytes()
