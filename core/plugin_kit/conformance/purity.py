"""Pure: the same answer twice, nothing changed, nothing read that was not given."""

from __future__ import annotations

import copy
import gc
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from types import FrameType
from typing import Final

from core.plugin_kit.conformance.outcome import require, shown
from core.plugin_kit.conformance.subject import Subject

_CLOCK_FUNCTIONS: Final = frozenset(
    {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns",
     "localtime", "gmtime", "sleep", "clock_gettime"}
)  # fmt: skip
_OUTSIDE_EVENTS: Final = (
    "open", "socket.", "subprocess.", "os.system", "os.listdir", "os.scandir", "os.remove",
    "os.putenv", "sqlite3.connect", "urllib.Request",
)  # fmt: skip
_watchers: list[list[str]] = []
_audit_hooks: list[bool] = []


def answers_the_same_twice(subject: Subject) -> None:
    """Measure each event twice in a row."""
    for sample in subject.sound:
        first, second = subject.measured(sample.event), subject.measured(sample.event)
        require(
            first == second,
            f"measure answered {shown(first)} and then {shown(second)} for the same "
            f"{shown(sample.event)}; keep nothing between calls",
        )


def changes_no_input(subject: Subject) -> None:
    """Compare each event with a copy of it made before."""
    for sample in subject.sound:
        before = copy.deepcopy(sample.event)
        subject.measured(sample.event)
        subject.channel.stored(sample.event)
        require(
            sample.event == before,
            f"measure or stored changed {shown(before)} into {shown(sample.event)}; make a "
            "new value instead (dataclasses.replace)",
        )


def reads_nothing_outside(subject: Subject) -> None:
    """Watch the clock, files, sockets and chance, when all that is loaded once is there."""
    events = [sample.event for sample in subject.sound]
    for event in events:
        subject.measured(event)
        subject.channel.stored(event)
    with watched() as calls:
        for event in events:
            subject.measured(event)
            subject.channel.stored(event)
    require(
        not calls,
        f"measure or stored called {', '.join(sorted(set(calls)))}; a channel is pure: put the "
        "instant into the event, load tables when the module is imported, and draw nothing",
    )


@contextmanager
def watched() -> Iterator[list[str]]:
    """Collect the calls that a pure function does not make."""
    calls: list[str] = []
    if not _audit_hooks:  # an audit hook cannot be removed
        sys.addaudithook(_on_audit)
        _audit_hooks.append(True)

    def on_call(_frame: FrameType, event: str, function: object) -> None:
        if event == "c_call" and (name := _impure_name(function)):
            calls.append(name)

    before, collects = sys.getprofile(), gc.isenabled()
    gc.disable()  # others' callbacks of the collector read clocks
    _watchers.append(calls)
    sys.setprofile(on_call)
    try:
        yield calls
    finally:
        sys.setprofile(before)
        _watchers.remove(calls)
        if collects:
            gc.enable()


def _on_audit(event: str, _arguments: tuple[object, ...]) -> None:
    if _watchers and event.startswith(_OUTSIDE_EVENTS):
        _watchers[-1].append(event)


def _impure_name(function: object) -> str:
    """Return how to name a call of C code that reads the clock or chance, or nothing."""
    name = getattr(function, "__name__", "")
    owner = getattr(function, "__self__", None)
    if getattr(function, "__module__", None) == "time" and name in _CLOCK_FUNCTIONS:
        return f"time.{name}"
    if (
        isinstance(owner, type)
        and issubclass(owner, date)
        and name in {"now", "utcnow", "today"}
    ):
        return f"{owner.__name__}.{name}"
    if isinstance(owner, random.Random) or name == "urandom":
        return f"random: {name}"
    return ""
