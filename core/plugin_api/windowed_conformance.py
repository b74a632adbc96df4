"""The tests that every windowed channel passes, beside those of all channels.

    class TestChat(WindowedConformance):
        @pytest.fixture
        def channel(self):
            return ChatChannel()

They put the channel's own samples into histories of many spacings, and judge each history
whole, in parts and without what lies beyond the rules' reach. Importing this needs pytest.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import FloatOperation
from typing import Any, ClassVar, Final, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from core.kernel.decimals import exact
from core.kernel.zones import start_of_day
from core.plugin_api.channel import (
    Channel,
    Judgement,
    Occurrence,
    RuleSet,
    WindowedChannel,
    WindowState,
)
from core.plugin_api.conformance import ChannelConformance, sound_samples, watched

ZONE: Final = ZoneInfo("Europe/Paris")
SPACINGS: Final = (
    timedelta(),
    timedelta(seconds=1),
    timedelta(minutes=50),
    timedelta(hours=7),
    timedelta(hours=25),
    timedelta(days=4, hours=1),
)
LENGTH: Final = 120
"""Events of one history."""


class History(NamedTuple):
    """Events of one replay key in order, judged by one rule set."""

    occurrences: tuple[Occurrence[Any], ...]
    rules: RuleSet

    def judged(
        self, channel: WindowedChannel[Any], occurrences: Sequence[Occurrence[Any]]
    ) -> list[Judgement]:
        """Return the judgements of some of the events."""
        with exact() as context:
            context.traps[FloatOperation] = True
            return list(
                channel.measure_window(occurrences, [self.rules] * len(occurrences), zone=ZONE)
            )


class WindowedConformance(ChannelConformance):
    """Subclass it and give the fixture `channel`; pytest collects the subclass."""

    __test__: ClassVar[bool] = False

    @pytest.fixture
    def histories(self, channel: Channel[Any]) -> list[History]:
        """Return histories of the channel's samples, under each rule set."""
        assert isinstance(channel, WindowedChannel), "a member of WindowedChannel is missing"
        return list(_histories(channel))

    def test_each_event_has_one_judgement(
        self, channel: WindowedChannel[Any], histories: list[History]
    ) -> None:
        """Of its own unit and dimension, or free for a known reason; never billed from none."""
        for history in histories:
            answers = history.judged(channel, history.occurrences)
            assert len(answers) == len(history.occurrences)
            for occurrence, answer in zip(history.occurrences, answers, strict=True):
                alone = channel.measure(occurrence.event)
                assert type(answer) is Judgement, occurrence
                assert not answer.reason or answer.reason in channel.reasons, answer
                if answer.measure is None:
                    assert answer.reason, f"say why it is free: {occurrence}"
                    continue
                assert alone is not None, f"billed, and measured as nothing: {occurrence}"
                assert answer.measure.unit == alone.unit
                assert answer.measure.dimension == alone.dimension

    def test_its_judgements_do_not_depend_on_how_often_they_are_asked(
        self, channel: WindowedChannel[Any], histories: list[History]
    ) -> None:
        """A replay keeps nothing: not between calls, and not between keys."""
        first = [each.judged(channel, each.occurrences) for each in histories]
        again = [each.judged(channel, each.occurrences) for each in reversed(histories)]
        assert first == again[::-1]

    def test_parts_are_judged_as_the_whole(
        self, channel: WindowedChannel[Any], histories: list[History]
    ) -> None:
        """From any event on, with the reach in front; and up to any, with the reach behind."""
        for history in histories:
            whole = history.judged(channel, history.occurrences)
            back, forward = history.rules.reach.back, history.rules.reach.forward
            for place in range(1, len(whole), 13):
                at = history.occurrences[place].occurred_at
                behind = [one for one in history.occurrences if one.occurred_at >= at - forward]
                answers = history.judged(channel, behind)
                kept = len(whole) - place
                assert answers[-kept:] == whole[-kept:], "it depends on more than its reach"
                before = [one for one in history.occurrences if one.occurred_at <= at + back]
                answers = history.judged(channel, before)
                assert answers[: place + 1] == whole[: place + 1], "it depends on what follows"

    def test_a_window_is_told_from_its_counterpart_alone(
        self, channel: WindowedChannel[Any], histories: list[History]
    ) -> None:
        """Others' events change nothing, and neither does what comes later."""
        for history in histories:
            for place in range(0, len(history.occurrences), 17):
                at = history.occurrences[place].occurred_at
                until = [one for one in history.occurrences if one.occurred_at <= at]
                with_whom = getattr(history.occurrences[place].event, channel.counterpart)
                alone = [
                    one for one in until
                    if getattr(one.event, channel.counterpart) == with_whom
                ]  # fmt: skip
                answers = [
                    channel.window_state(some, history.rules, counterpart=with_whom, at=at)
                    for some in (until, alone)
                ]
                assert type(answers[0]) is WindowState
                assert answers[0] == answers[1]
                assert answers[0].open_until is None or answers[0].open_until > at

    def test_a_replay_reads_no_clock_no_file_and_no_chance(
        self, channel: WindowedChannel[Any], histories: list[History]
    ) -> None:
        """Judged a second time, when all that is loaded once is there."""
        for history in histories:
            history.judged(channel, history.occurrences)
        with watched() as impure_calls:
            for history in histories:
                channel.measure_window(
                    history.occurrences, [history.rules] * len(history.occurrences), zone=ZONE
                )
        assert impure_calls == []


def _histories(channel: WindowedChannel[Any]) -> Iterator[History]:
    by_key: defaultdict[str, list[Any]] = defaultdict(list)
    for sample in sound_samples(channel):
        by_key[channel.replay_key(sample.event)].append(sample.event)
    for rules in channel.rule_sets:
        begins = start_of_day(rules.in_force_from, ZONE.key).astimezone(UTC)
        for events in by_key.values():
            for shift, spacing in enumerate(SPACINGS):
                yield History(tuple(_spaced(events, begins, spacing, shift)), rules)


def _spaced(
    events: Sequence[Any], begins: datetime, spacing: timedelta, shift: int
) -> Iterator[Occurrence[Any]]:
    """Repeat the samples in changing turns, each so long after the one before."""
    for number in range(LENGTH):
        event = events[(number * (shift + 1) + number // len(events)) % len(events)]
        yield Occurrence(
            begins + number * spacing, "suite", f"{number:05}", dataclasses.replace(event)
        )
