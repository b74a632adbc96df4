"""The suite of windowed channels finds what it is there to find: one broken replay per row."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from core.plugin_api import Judgement, Reach, WindowState
from core.plugin_api.conformance import ChannelConformance, WindowedConformance
from core.plugin_kit import CHECKS, Nonconformity, NotApplicable, Subject
from plugins.whatsapp.plugin import WhatsappChannel
from tests.unit.plugins.broken_channels import Fax


def _short_reach() -> WhatsappChannel:
    channel: Any = WhatsappChannel()
    sets = tuple(replace(one, reach=Reach()) for one in channel.rule_sets)
    return _with(rule_sets=sets)


def _with(**changes: Any) -> WhatsappChannel:
    made: Any = type("Broken", (WhatsappChannel,), changes)
    return made()  # type: ignore[no-any-return]


def _changed(change: Callable[[Judgement], Judgement]) -> WhatsappChannel:
    def measure_window(self: Any, occurrences: Any, rules: Any, *, zone: Any) -> Any:
        found = WhatsappChannel.measure_window(self, occurrences, rules, zone=zone)
        return [change(one) for one in found]

    return _with(measure_window=measure_window)


def _timed(one: Judgement) -> Judgement:
    time.time()
    return one


def _renamed(one: Judgement) -> Judgement:
    return one._replace(measure=one.measure and replace(one.measure, unit="other"))


def _other_windows() -> WhatsappChannel:
    return _with(
        window_state=lambda self, occurrences, rules, *, counterpart, at: WindowState(
            occurrences[0].occurred_at if len(occurrences) > 2 else None
        )
    )


class _Remembering(WhatsappChannel):
    """Gives the tenth replay and each behind it for nothing."""

    replays = 0

    def measure_window(self, occurrences: Any, rules: Any, *, zone: Any) -> Any:
        self.replays += 1
        found = super().measure_window(occurrences, rules, zone=zone)
        if self.replays < 10:
            return found
        return [one._replace(measure=None, reason="free_form") for one in found]


BROKEN: list[tuple[str, Callable[[], WhatsappChannel]]] = [
    ("each_event_has_one_judgement", lambda: _changed(_renamed)),
    (
        "each_event_has_one_judgement",
        lambda: _changed(lambda one: one._replace(reason="luck")),
    ),
    ("its_judgements_do_not_depend_on_how_often_they_are_asked", _Remembering),
    ("parts_are_judged_as_the_whole", _short_reach),
    ("a_window_is_told_from_its_counterpart_alone", _other_windows),
    ("a_replay_reads_no_clock_no_file_and_no_chance", lambda: _changed(_timed)),
]
WINDOWED = {
    name.removeprefix("test_")
    for name in set(dir(WindowedConformance)) - set(dir(ChannelConformance))
}


@pytest.mark.parametrize(("name", "make"), BROKEN)
def test_the_suite_finds_a_broken_replay(
    name: str, make: Callable[[], WhatsappChannel]
) -> None:
    """Another unit, an unknown reason, a memory, a longer reach, others' windows, a clock."""
    check = next(check for check in CHECKS if check.name == name)
    with pytest.raises(Nonconformity):
        check.run(Subject(make()))
    check.run(Subject(WhatsappChannel()))


def test_every_check_of_windows_has_a_channel_that_it_finds() -> None:
    """And it is skipped where a channel is not windowed."""
    assert {name for name, _make in BROKEN} == WINDOWED
    for check in CHECKS:
        if check.name in WINDOWED:
            with pytest.raises(NotApplicable):
                check.run(Subject(Fax()))
