"""The conformance suite finds what it is there to find: one broken channel per property."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from core.plugin_api import Measure, Unit
from core.plugin_api.conformance import ChannelConformance, WindowedConformance
from core.plugin_kit import CHECKS, NotApplicable, Subject
from tests.unit.plugins.broken_channels import (
    ANSWERED,
    EXACTLY,
    REFUSED,
    Fax,
    Ordered,
    fax,
    hang,
    measuring,
)


def failing(make: Callable[[], Fax]) -> dict[str, str]:
    """Return the checks that a channel fails, each run on one made anew, and what they say."""
    failed: dict[str, str] = {}
    for check in CHECKS:
        try:
            check.run(Subject(make()))
        except NotApplicable:
            continue
        except Exception as error:  # noqa: BLE001 - as pytest would report it
            failed[check.name] = str(error)
    return failed


def _named(rows: list[tuple[str, Callable[[], Fax]]]) -> list[str]:
    return [f"{number}-{name}" for number, (name, _make) in enumerate(rows, start=1)]


@pytest.mark.parametrize("make", [Fax, Ordered])
def test_a_sound_channel_passes(make: Callable[[], Fax]) -> None:
    """So that each row fails for its own reason."""
    assert failing(make) == {}


@pytest.mark.parametrize(("name", "make"), EXACTLY, ids=_named(EXACTLY))
def test_a_broken_channel_fails_the_check_for_it_and_no_other(
    name: str, make: Callable[[], Fax]
) -> None:
    """And is told what to do."""
    failed = failing(make)
    assert set(failed) == {name}
    assert len(failed[name]) > 20


@pytest.mark.parametrize(("name", "make"), REFUSED, ids=_named(REFUSED))
def test_what_the_host_refuses_is_told_by_the_check_for_it_too(
    name: str, make: Callable[[], Fax]
) -> None:
    """And by no other: the rest need a host."""
    assert set(failing(make)) == {name, "the_host_takes_it"}


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("it_has_what_a_channel_has", lambda: fax(units=())),
        ("it_has_what_a_channel_has", lambda: fax(name="Fax")),
        ("it_has_what_a_channel_has", lambda: fax(units=(Unit("page", ""),))),
        ("its_quantities_are_exact", lambda: _always(Decimal("NaN"))),
        ("its_quantities_are_exact", lambda: _always(Decimal(-3))),
        ("its_quantities_are_exact", lambda: _always(1.5)),
        ("its_quantities_are_exact", lambda: _always(Decimal("1E-10"))),
        ("its_samples_cover_every_unit", lambda: fax(samples=lambda self: ())),
    ],
)
def test_what_breaks_more_than_one_rule_is_told_by_the_one_for_it_too(
    name: str, make: Callable[[], Fax]
) -> None:
    """A quantity that is no number is no known answer either."""
    assert name in failing(make)


def _always(quantity: object) -> Fax:
    return measuring(lambda _event: Measure("page", quantity), on=lambda event: event.pages > 0)  # type: ignore[arg-type]


def test_an_event_that_hangs_is_told_within_seconds() -> None:
    """After one second for the event; only the generator makes it."""
    began = time.monotonic()
    check = next(check for check in CHECKS if check.name == ANSWERED)
    with pytest.raises(AssertionError, match="answer within 1 s"):
        check.run(Subject(measuring(hang, on=lambda event: event.note == "None")))
    assert time.monotonic() - began < 10


def test_generated_events_are_the_same_at_every_run() -> None:
    """So that a failure can be looked at again; each of them may reach the channel."""
    first, second = Subject(Fax()).generated, Subject(Fax()).generated
    assert first == second
    assert {event.pages for event in first} >= {0, -1, 2**31 - 1, -(2**31)}
    assert {len(event.note) for event in first} >= {0, 1, 1000}


def test_every_check_is_a_test_of_the_base_classes() -> None:
    """A check that nobody runs is none."""
    named = {name for name in dir(WindowedConformance) if name.startswith("test_")}
    assert named == {f"test_{check.name}" for check in CHECKS}
    assert {name for name in dir(ChannelConformance) if name.startswith("test_")} < named


def test_the_watch_ends_with_the_check() -> None:
    """The clock may be read again afterwards, by whoever runs the tests."""
    assert failing(Fax) == {}
    assert time.time() > 0
    assert Path(__file__).read_bytes()
