"""The suite of windowed channels finds what it is there to find: one broken replay per row."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from core.plugin_api import Judgement, Reach, WindowState
from core.plugin_api.windowed_conformance import WindowedConformance, _histories
from plugins.whatsapp.plugin import WhatsappChannel


class Suite(WindowedConformance):
    """The suite; not collected, its tests are called one by one."""

    __test__ = False


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


BROKEN = [
    ("test_each_event_has_one_judgement", _changed(_renamed)),
    ("test_each_event_has_one_judgement", _changed(lambda one: one._replace(reason="luck"))),
    ("test_parts_are_judged_as_the_whole", _short_reach()),
    (
        "test_a_window_is_told_from_its_counterpart_alone",
        _with(
            window_state=lambda self, occurrences, rules, *, counterpart, at: WindowState(
                occurrences[0].occurred_at if len(occurrences) > 2 else None
            )
        ),
    ),
    ("test_a_replay_reads_no_clock_no_file_and_no_chance", _changed(_timed)),
]


@pytest.mark.parametrize(("name", "channel"), BROKEN)
def test_the_suite_finds_a_broken_replay(name: str, channel: WhatsappChannel) -> None:
    """Another unit, an unknown reason, a longer reach, others' windows, a clock."""
    with pytest.raises(AssertionError):
        getattr(Suite(), name)(channel, list(_histories(channel)))
    sound = WhatsappChannel()
    getattr(Suite(), name)(sound, list(_histories(sound)))
