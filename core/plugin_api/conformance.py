"""The tests that every channel passes, for plugins to run with pytest.

    class TestFax(ChannelConformance):
        @pytest.fixture
        def channel(self):
            return FaxChannel()

They replay the channel's own `samples()`. Importing this module needs pytest.
"""

from __future__ import annotations

import copy
import dataclasses
import gc
import random
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal, FloatOperation
from enum import Enum
from types import FrameType
from typing import Any, ClassVar, Final, get_args, get_type_hints

import pytest

from core.kernel.decimals import exact
from core.kernel.errors import Refusal
from core.plugin_api.channel import Channel, PerEventChannel, Sample
from core.plugin_api.values import Directive, Measure, RateFacts

MAX_PLACES: Final = 9
README_SECTIONS: Final = (
    "## Unit",
    "## How it is counted",
    "## Worked example",
    "## Source",
)
_CLOCK_FUNCTIONS: Final = frozenset(
    {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "localtime", "gmtime"}
)
_OUTSIDE_EVENTS: Final = ("open", "socket.", "subprocess.", "os.system", "os.listdir")


class ChannelConformance:
    """Subclass it and give the fixture `channel`; pytest collects the subclass."""

    __test__: ClassVar[bool] = False

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        cls.__test__ = bool(vars(cls).get("__test__", True))

    @pytest.fixture
    def channel(self) -> Channel[Any]:
        """Return the channel under test."""
        raise NotImplementedError("give a fixture `channel` that returns your channel")

    def test_it_has_what_a_channel_has(self, channel: Channel[Any]) -> None:
        """Every member of the protocol is there, and the names are plain."""
        assert isinstance(channel, Channel), "a member of core.plugin_api.Channel is missing"
        assert channel.name.isidentifier()
        assert channel.name == channel.name.lower()
        names = [unit.name for unit in channel.units]
        assert names, "a channel counts at least one unit"
        assert len(set(names)) == len(names), "two units have the same name"
        assert all(unit.label.strip() for unit in channel.units)

    def test_its_types_begin_with_its_name(self, channel: Channel[Any]) -> None:
        """All channels share one schema: the channel `sms` names `SmsEvent`, not `Event`."""
        prefix = "".join(word.capitalize() for word in channel.name.split("_"))
        for named in (channel.Event, *_enums(channel)):
            assert named.__name__.startswith(prefix), f"{named.__name__}: write {prefix}…"

    def test_its_events_are_frozen_and_described(self, channel: Channel[Any]) -> None:
        """Docstring and descriptions become the schema's."""
        assert channel.Event.__dataclass_params__.frozen, "write @dataclass(frozen=True)"
        own = (channel.Event.__doc__ or "").strip()
        assert own, f"{channel.Event.__name__} has no docstring"
        assert not own.startswith(f"{channel.Event.__name__}("), "the docstring is not yours"
        for field in dataclasses.fields(channel.Event):
            assert field.metadata.get("description", "").strip(), f"describe {field.name}"
        for enum in _enums(channel):
            for name in enum.__members__:
                said = re.search(rf"^\s*{name}:\s*\S", enum.__doc__ or "", re.MULTILINE)
                assert said, f"describe {name} in the docstring of {enum.__name__}"

    def test_its_readme_explains_it(self, channel: Channel[Any]) -> None:
        """Unit, how it is counted, a worked example and the source; each unit is named."""
        for section in README_SECTIONS:
            assert section in channel.readme, f"the README has no section {section!r}"
        for unit in channel.units:
            assert f"`{unit.name}`" in channel.readme, f"the README does not name `{unit.name}`"

    def test_its_samples_cover_every_unit(self, channel: Channel[Any]) -> None:
        """Each unit has a known answer, and there is an event that is refused."""
        samples = channel.samples()
        assert all(isinstance(sample, Sample) for sample in samples)
        assert all(type(sample.event) is channel.Event for sample in samples)
        shown = {sample.measure.unit for sample in samples if sample.measure is not None}
        assert shown == {unit.name for unit in channel.units}
        assert any(sample.is_refused for sample in samples), "show an event that is refused"

    def test_its_samples_have_the_known_answers(self, channel: Channel[Any]) -> None:
        """Each sample is measured as it says, or refused."""
        for sample in channel.samples():
            if sample.is_refused:
                with pytest.raises(Refusal) as caught:
                    _measured(channel, sample)
                assert caught.value.message.strip(), "say what is wrong, and what to do"
            else:
                assert _measured(channel, sample) == sample.measure, sample

    def test_its_quantities_are_exact(self, channel: Channel[Any]) -> None:
        """Decimals, finite, from 0, of at most nine places; no float on the way."""
        for sample in sound_samples(channel):
            measure = _measured(channel, sample)
            if measure is None:
                continue
            assert type(measure.quantity) is Decimal, sample
            assert measure.quantity.is_finite(), sample
            assert measure.quantity >= 0, sample
            exponent = measure.quantity.as_tuple().exponent
            assert isinstance(exponent, int)
            assert exponent >= -MAX_PLACES, sample

    def test_it_answers_the_same_twice_and_changes_nothing(self, channel: Channel[Any]) -> None:
        """In any order: a price must not depend on the order of arrival."""
        samples = sound_samples(channel)
        first = []
        for sample in samples:
            before = copy.deepcopy(sample.event)
            first.append(_measured(channel, sample))
            assert sample.event == before, f"measure changed {before}"
        again = [_measured(channel, sample) for sample in reversed(samples)]
        assert first == again[::-1]

    def test_it_reads_no_clock_no_file_and_no_chance(self, channel: Channel[Any]) -> None:
        """Measured a second time, when all that is loaded once is there."""
        samples = sound_samples(channel)
        for sample in samples:
            _measured(channel, sample)
            channel.stored(sample.event)
        with watched() as impure_calls:
            for sample in samples:
                _measured(channel, sample)
                channel.stored(sample.event)
        assert impure_calls == []

    def test_what_is_stored_measures_the_same(self, channel: Channel[Any]) -> None:
        """An event is measured again from what was kept of it."""
        for sample in sound_samples(channel):
            kept = channel.stored(sample.event)
            assert type(kept) is channel.Event
            assert channel.measure(kept) == sample.measure, sample
            assert channel.stored(kept) == kept, "what is stored is stored as it is"

    def test_it_tells_what_was_ordered(self, channel: Channel[Any]) -> None:
        """Priced per event: a service or none, sound facts, the same from what is stored."""
        if channel.pricing != "per_event":
            pytest.skip("the channel is not priced per event")
        assert isinstance(channel, PerEventChannel), "service or rate_facts is missing"
        for sample in sound_samples(channel):
            service, facts = _ordered(channel, sample.event)
            assert service is None or service, sample
            assert type(facts) is RateFacts, sample
            assert facts.directive in get_args(Directive), sample
            assert facts.amount is None or type(facts.amount) is Decimal, sample
            assert facts.amount is None or facts.amount >= 0, sample
            kept = channel.stored(sample.event)
            assert _ordered(channel, kept) == (service, facts), sample
        events = [sample.event for sample in sound_samples(channel)]
        with watched() as impure_calls:
            for event in events:
                _ordered(channel, event)
        assert impure_calls == []


def _ordered(channel: PerEventChannel[Any], event: Any) -> tuple[str | None, RateFacts]:
    return channel.service(event), channel.rate_facts(event)


def _measured(channel: Channel[Any], sample: Sample[Any]) -> Measure | None:
    with exact() as context:
        context.traps[FloatOperation] = True
        return channel.measure(sample.event)


def sound_samples(channel: Channel[Any]) -> list[Sample[Any]]:
    """Return the samples that are not refused."""
    return [sample for sample in channel.samples() if not sample.is_refused]


def _enums(channel: Channel[Any]) -> set[type[Enum]]:
    return {
        part
        for hint in get_type_hints(channel.Event).values()
        for part in (hint, *get_args(hint))
        if isinstance(part, type) and issubclass(part, Enum)
    }


_watchers: list[list[str]] = []
_audit_hooks: list[bool] = []


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
