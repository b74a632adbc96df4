"""Windowed channels: histories of the samples, judged whole and in parts."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import FloatOperation
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from core.kernel.decimals import exact
from core.kernel.zones import start_of_day
from core.plugin_api import Judgement, Occurrence, RuleSet, WindowedChannel, WindowState
from core.plugin_kit.conformance.outcome import NotApplicable, require, shown
from core.plugin_kit.conformance.purity import watched
from core.plugin_kit.conformance.subject import Subject, sound_samples

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


def gives_one_judgement_each(subject: Subject) -> None:
    """Of its own unit and dimension, or free for a known reason; never billed from none."""
    channel = _windowed(subject)
    for history in histories(channel):
        answers = history.judged(channel, history.occurrences)
        require(
            len(answers) == len(history.occurrences),
            f"return one judgement per event: {len(history.occurrences)} got {len(answers)}",
        )
        for occurrence, answer in zip(history.occurrences, answers, strict=True):
            _require_sound(channel, occurrence, answer)


def _require_sound(
    channel: WindowedChannel[Any], occurrence: Occurrence[Any], answer: Judgement
) -> None:
    require(type(answer) is Judgement, f"return a Judgement for {shown(occurrence)}")
    require(
        not answer.reason or answer.reason in channel.reasons,
        f"add the reason {answer.reason!r} to reasons, or give one of them",
    )
    if answer.measure is None:
        require(answer.reason, f"say why it is free: {shown(occurrence)}")
        return
    alone = channel.measure(occurrence.event)
    require(
        alone is not None, f"bill nothing that measure answers None to: {shown(occurrence)}"
    )
    assert alone is not None
    require(
        (answer.measure.unit, answer.measure.dimension) == (alone.unit, alone.dimension),
        f"judge {shown(occurrence)} in the unit and dimension that measure gives it",
    )


def judges_the_same_however_often(subject: Subject) -> None:
    """A replay keeps nothing: not between calls, and not between keys."""
    channel = _windowed(subject)
    made = list(histories(channel))
    first = [each.judged(channel, each.occurrences) for each in made]
    again = [each.judged(channel, each.occurrences) for each in reversed(made)]
    require(first == again[::-1], "keep nothing between calls of measure_window")


def judges_parts_as_the_whole(subject: Subject) -> None:
    """From any event on, with the reach in front; and up to any, with the reach behind."""
    channel = _windowed(subject)
    for history in histories(channel):
        whole = history.judged(channel, history.occurrences)
        back, forward = history.rules.reach.back, history.rules.reach.forward
        for place in range(1, len(whole), 13):
            at = history.occurrences[place].occurred_at
            behind = [one for one in history.occurrences if one.occurred_at >= at - forward]
            kept = len(whole) - place
            require(
                history.judged(channel, behind)[-kept:] == whole[-kept:],
                f"state a longer reach.forward in rule set {history.rules.code}: judgements "
                "depend on earlier events than it says",
            )
            before = [one for one in history.occurrences if one.occurred_at <= at + back]
            require(
                history.judged(channel, before)[: place + 1] == whole[: place + 1],
                f"state a longer reach.back in rule set {history.rules.code}: judgements "
                "depend on later events than it says",
            )


def tells_a_window_from_its_counterpart(subject: Subject) -> None:
    """Others' events change nothing, and neither does what comes later."""
    channel = _windowed(subject)
    for history in histories(channel):
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
            require(type(answers[0]) is WindowState, "return a WindowState from window_state")
            require(
                answers[0] == answers[1],
                "tell the state of a window from the events of its counterpart alone",
            )
            require(
                answers[0].open_until is None or answers[0].open_until > at,
                "give an open_until behind the instant, or None for a closed window",
            )


def replays_read_nothing_outside(subject: Subject) -> None:
    """Judge a second time, watched, when all that is loaded once is there."""
    channel = _windowed(subject)
    made = list(histories(channel))
    for history in made:
        history.judged(channel, history.occurrences)
    with watched() as calls:
        for history in made:
            channel.measure_window(
                history.occurrences, [history.rules] * len(history.occurrences), zone=ZONE
            )
    require(not calls, f"measure_window called {', '.join(sorted(set(calls)))}; it is pure")


def _windowed(subject: Subject) -> WindowedChannel[Any]:
    if subject.channel.pricing != "windowed":
        raise NotApplicable("the channel is not windowed")
    channel: Any = subject.channel
    require(
        isinstance(channel, WindowedChannel), "add what core.plugin_api.WindowedChannel has"
    )
    return channel  # type: ignore[no-any-return]


def histories(channel: WindowedChannel[Any]) -> Iterator[History]:
    """Return histories of the channel's samples, under each rule set."""
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
