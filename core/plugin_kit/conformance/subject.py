"""The channel under test, with its samples and generated events at hand."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from decimal import FloatOperation
from functools import cached_property
from typing import Any, Final

from core.kernel.decimals import exact
from core.kernel.errors import Refusal
from core.plugin_api import Channel, Measure, Sample
from core.plugin_host import HostedChannel, PluginSource
from core.plugin_host.contract import check_channel
from core.plugin_host.refusals import UnfitPlugin
from core.plugin_kit.conformance.bounds import EVENT_SECONDS, TooLate, within
from core.plugin_kit.conformance.generating import generated_events
from core.plugin_kit.conformance.outcome import NotApplicable

MOST_SAMPLES: Final = 500
MOST_LATE: Final = 3
"""Events that may hang before the generated ones are left alone."""


class NotTaken(NotApplicable):
    """The host refuses the channel: one check says so, and others need a host."""


class Subject:
    """A channel with what the checks ask of it, each thing found once."""

    def __init__(self, channel: Channel[Any]) -> None:
        self.channel = channel
        self._untouched = copy.deepcopy(channel)

    @cached_property
    def hosted(self) -> HostedChannel:
        """Return the channel as the host takes it, or raise `NotTaken` with its reason.

        It counts as built in, so that a windowed one is taken: whether the host replays it is
        said where it is registered.
        """
        source = PluginSource("conformance", "0", None, is_built_in=True, given=self.channel)
        try:
            return check_channel(self.channel, source)
        except UnfitPlugin as unfit:
            raise NotTaken(str(unfit)) from None

    @cached_property
    def samples(self) -> Sequence[Sample[Any]]:
        """Return the channel's samples."""
        return tuple(self.channel.samples())[:MOST_SAMPLES]

    @cached_property
    def sound(self) -> list[Sample[Any]]:
        """Return the samples that are not refused."""
        return sound_samples(self.channel)

    @cached_property
    def generated(self) -> list[Any]:
        """Return events at the limits of each field's type, the same at every run."""
        return generated_events(self.hosted, [sample.event for sample in self.samples])

    @cached_property
    def accepted(self) -> list[Any]:
        """Return events that the channel counts: of the samples, then of the generated ones."""
        events = [sample.event for sample in self.sound]
        late = 0
        for event in self.generated:
            try:
                with within(EVENT_SECONDS):
                    is_accepted = _is_accepted(self.another(), event)
            except TooLate:
                late += 1
                is_accepted = False
            if is_accepted:
                events.append(event)
            if late == MOST_LATE:
                break
        return events

    def measured(self, event: Any) -> Measure | None:
        """Measure an event as the host does: exactly, with floats refused."""
        return measured(self.channel, event)

    def another(self) -> Channel[Any]:
        """Return a copy of the channel, as another process has it."""
        return copy.deepcopy(self._untouched)


def measured(channel: Channel[Any], event: Any) -> Measure | None:
    """Measure an event as the host does: exactly, with floats refused."""
    with exact() as context:
        context.traps[FloatOperation] = True
        return channel.measure(event)


def sound_samples(channel: Channel[Any]) -> list[Sample[Any]]:
    """Return the samples that are not refused."""
    return [sample for sample in channel.samples() if not sample.is_refused]


def _is_accepted(channel: Channel[Any], event: Any) -> bool:
    """Tell whether an event is counted; what else it may do is another check's matter."""
    try:
        return type(measured(channel, event)) is Measure
    except Refusal:
        return False
    except (Exception, SystemExit):  # noqa: BLE001 - the check of poison tells it
        return False
