"""Windowed channels: what they register, which rules hold when, and what they judge.

Built-in channels only: a third party's replay would have to cross to a child process with
all the events of its keys, which this release cannot do; such a channel is refused.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

from core.kernel.zones import start_of_day, time_zone
from core.plugin_api import Judgement, Measure, Occurrence, RuleSet
from core.plugin_api.channel import Channel, WindowedChannel
from core.plugin_host.answers import NonsenseAnswer, check_measure
from core.plugin_host.hosted import HostedChannel
from core.plugin_host.refusals import UnfitPlugin

MAX_RULE_SETS: Final = 200
MAX_REASONS: Final = 50
MAX_REASON: Final = 40
MAX_KEY: Final = 200
MAX_REACH: Final = timedelta(days=400)


def check_windowed(channel: Channel[Any], name: str) -> None:
    """Raise `UnfitPlugin` where a channel says it is windowed and does not act so."""
    if not isinstance(channel, WindowedChannel):
        raise UnfitPlugin(
            f"channel {name} is windowed and lacks rule_sets, reasons, counterpart, "
            "replay_key, measure_window or window_state"
        )
    found: object = channel.rule_sets
    if not isinstance(found, tuple) or not all(isinstance(one, RuleSet) for one in found):
        raise UnfitPlugin(f"channel {name}: rule_sets is no tuple of RuleSet")
    if not 1 <= len(found) <= MAX_RULE_SETS:
        raise UnfitPlugin(f"channel {name} has {len(found)} rule sets; 1 to {MAX_RULE_SETS}")
    if len({one.code for one in found}) < len(found):
        raise UnfitPlugin(f"channel {name} has two rule sets of one code")
    days = [one.in_force_from for one in found]
    if any(later <= earlier for earlier, later in pairwise(days)):
        raise UnfitPlugin(f"channel {name}: rule_sets are not in the order of their days")
    for one in found:
        if not all(timedelta() <= length <= MAX_REACH for length in one.reach):
            raise UnfitPlugin(
                f"channel {name}: {one.code} reaches not from 0 to {MAX_REACH.days} days"
            )
    if any(unit.aggregation != "sum" for unit in channel.units):
        raise UnfitPlugin(f"channel {name} is windowed; its units are summed")
    _check_reasons(channel, name)


def _check_reasons(channel: WindowedChannel[Any], name: str) -> None:
    reasons: object = channel.reasons
    if not isinstance(reasons, Mapping) or len(reasons) > MAX_REASONS:
        raise UnfitPlugin(f"channel {name}: reasons is no mapping of at most {MAX_REASONS}")
    for word, label in reasons.items():
        sound = isinstance(word, str) and word.isidentifier() and len(word) <= MAX_REASON
        if not sound or not isinstance(label, str) or not label.strip():
            raise UnfitPlugin(f"channel {name}: reason {word!r} is no plain word with a label")


def check_counterpart(hosted: HostedChannel) -> None:
    """Raise `UnfitPlugin` where a window is with nobody: the field is not there, or no text."""
    if hosted.pricing != "windowed":
        return
    wanted = windowed(hosted).counterpart
    if not any(field.name == wanted and field.kind == "text" for field in hosted.fields):
        raise UnfitPlugin(
            f"channel {hosted.name}: counterpart {wanted!r} is no text of its event"
        )


def windowed(hosted: HostedChannel) -> WindowedChannel[Any]:
    """Return a hosted channel as the windowed one that it is."""
    channel: Any = hosted.channel
    assert hosted.pricing == "windowed"
    return channel  # type: ignore[no-any-return]


def check_replay_key(answer: object) -> str:
    """Return the key that a plugin gives an event, or raise `NonsenseAnswer`."""
    if type(answer) is not str or not 1 <= len(answer) <= MAX_KEY or not answer.isprintable():
        raise NonsenseAnswer(f"replay_key is no printable text of 1 to {MAX_KEY} characters")
    return answer


@dataclass(frozen=True, slots=True, eq=False)
class RulesInForce:
    """Which rule set judges an event of an instant: a pinned one, or that of its local day.

    Two that were made alike are two: make one for all that it is to judge.
    """

    starts: tuple[datetime, ...]
    sets: tuple[RuleSet, ...]
    zone: ZoneInfo

    def at(self, instant: datetime) -> RuleSet:
        """Return the rule set of an instant."""
        return self.sets[max(0, bisect_right(self.starts, instant) - 1)]

    def back(self, start: datetime, end: datetime) -> timedelta:
        """Return how far in front of `[start, end)` a replay of it begins."""
        return max(one.reach.forward for one in self._within(start, end))

    def ahead(self, start: datetime, end: datetime) -> timedelta:
        """Return how far behind `[start, end)` a replay of it ends."""
        return max(one.reach.back for one in self._within(start, end))

    def _within(self, start: datetime, end: datetime) -> tuple[RuleSet, ...]:
        first = max(0, bisect_right(self.starts, start) - 1)
        return self.sets[first : max(first + 1, bisect_right(self.starts, end))]


def rules_in_force(
    hosted: HostedChannel, *, timezone: str, pinned: str | None = None
) -> RulesInForce:
    """Return the rules of a channel for an account's zone; a plan may pin one of them.

    Raises:
        NonsenseAnswer: the installed plugin has no pinned set of that code any more.
    """
    sets = windowed(hosted).rule_sets
    if pinned is not None:
        by_code = {one.code: one for one in sets}
        if pinned not in by_code:
            raise NonsenseAnswer(f"{hosted.name} has no rule set {pinned!r} any more")
        sets = (by_code[pinned],)
    starts = tuple(start_of_day(one.in_force_from, timezone) for one in sets)
    return RulesInForce(starts, sets, time_zone(timezone))


def judged(
    hosted: HostedChannel, occurrences: Sequence[Occurrence[Any]], rules: RulesInForce
) -> Sequence[Judgement]:
    """Return the judgement of each event of one replay key, in the total order.

    Raises:
        NonsenseAnswer: the channel's answer breaks the contract.
    """
    first = rules.at(occurrences[0].occurred_at)
    if first is rules.at(occurrences[-1].occurred_at):
        sets: list[RuleSet] = [first] * len(occurrences)
    else:
        sets = [rules.at(one.occurred_at) for one in occurrences]
    channel = windowed(hosted)
    answers = channel.measure_window(occurrences, sets, zone=rules.zone)
    if len(answers) != len(occurrences):
        raise NonsenseAnswer(f"{len(occurrences)} events got {len(answers)} judgements")
    _check_answers(hosted, answers, channel.reasons)
    return answers


def _check_answers(
    hosted: HostedChannel, answers: Sequence[Judgement], reasons: Mapping[str, str]
) -> None:
    """Check what is not one of the channel's usual answers; those are few, and checked once."""
    known: set[int] = set()
    for answer in answers:
        if type(answer) is not Judgement:
            raise NonsenseAnswer(f"measure_window returned a {type(answer).__name__}")
        measure, reason, _until = answer
        if reason and reason not in reasons:
            raise NonsenseAnswer(f"reason {reason[:MAX_REASON]!r} is none of the channel's")
        if measure is None:
            if not reason:
                raise NonsenseAnswer("a free event has no reason")
        elif id(measure) not in known:
            check_measure(hosted, measure)
            known.add(id(measure))


def check_same_meter(judgement: Judgement, *, unit: str, dimension: str) -> Measure | None:
    """Return what is billed of an event, or raise `NonsenseAnswer` for another meter's."""
    measure = judgement.measure
    if measure is not None and (measure.unit != unit or measure.dimension != dimension):
        raise NonsenseAnswer(
            f"an event of {unit} {dimension} was judged as {measure.unit} {measure.dimension}"
        )
    return measure
