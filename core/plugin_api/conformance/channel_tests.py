"""The tests of every channel, one for each check of `core.plugin_kit.conformance`."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import pytest

from core.plugin_api.channel import Channel
from core.plugin_api.pytest_plugin import PROPERTY
from core.plugin_kit.conformance import CHECKS, Check, NotApplicable, Subject

_BY_NAME: Final[dict[str, Check]] = {check.name: check for check in CHECKS}


def run_check(name: str, subject: Subject) -> None:
    """Run a check as a test: what is not for this kind of channel is skipped."""
    __tracebackhide__ = True
    try:
        _BY_NAME[name].run(subject)
    except NotApplicable as reason:
        pytest.skip(str(reason))


class ChannelConformance:
    """Subclass it and give the fixture `channel`; pytest collects the subclass.

    Without that fixture it is the channel which `--forfait-plugin` names.
    """

    __test__: ClassVar[bool] = False

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        cls.__test__ = bool(vars(cls).get("__test__", True))

    @pytest.fixture
    def subject(self, channel: Channel[Any], request: pytest.FixtureRequest) -> Subject:
        """Return the channel with its samples and generated events."""
        request.node.user_properties.append((PROPERTY, str(channel.name)))
        return Subject(channel)

    def test_it_has_what_a_channel_has(self, subject: Subject) -> None:
        """Look for every member of the protocol, and for plain names."""
        run_check("it_has_what_a_channel_has", subject)

    def test_its_types_begin_with_its_name(self, subject: Subject) -> None:
        """Compare the names of the event and its enums with the channel's."""
        run_check("its_types_begin_with_its_name", subject)

    def test_its_events_are_frozen_and_described(self, subject: Subject) -> None:
        """Look for frozen fields, docstrings and descriptions: they become the schema's."""
        run_check("its_events_are_frozen_and_described", subject)

    def test_its_readme_explains_it(self, subject: Subject) -> None:
        """Look for unit, how it is counted, a worked example and the source."""
        run_check("its_readme_explains_it", subject)

    def test_the_host_takes_it(self, subject: Subject) -> None:
        """Register it as an installed plugin would be."""
        run_check("the_host_takes_it", subject)

    def test_its_samples_cover_every_unit(self, subject: Subject) -> None:
        """Count the units that the samples show, and the refusals."""
        run_check("its_samples_cover_every_unit", subject)

    def test_its_samples_have_the_known_answers(self, subject: Subject) -> None:
        """Measure each sample, and compare."""
        run_check("its_samples_have_the_known_answers", subject)

    def test_its_quantities_are_exact(self, subject: Subject) -> None:
        """Look for decimals, finite, from 0, of at most nine places; no float on the way."""
        run_check("its_quantities_are_exact", subject)

    def test_it_answers_the_same_twice(self, subject: Subject) -> None:
        """Measure each event twice in a row."""
        run_check("it_answers_the_same_twice", subject)

    def test_it_changes_no_input(self, subject: Subject) -> None:
        """Compare each event with a copy of it made before."""
        run_check("it_changes_no_input", subject)

    def test_it_reads_no_clock_no_file_and_no_chance(self, subject: Subject) -> None:
        """Watch the clock, files, sockets and chance."""
        run_check("it_reads_no_clock_no_file_and_no_chance", subject)

    def test_what_is_stored_measures_the_same(self, subject: Subject) -> None:
        """Measure what was kept of each event: a period may be rated again from it."""
        run_check("what_is_stored_measures_the_same", subject)

    def test_it_tells_what_was_ordered(self, subject: Subject) -> None:
        """Ask a channel priced per event for services and facts, of events and as stored."""
        run_check("it_tells_what_was_ordered", subject)

    def test_any_input_is_answered_or_rejected(self, subject: Subject) -> None:
        """Ask for each generated event as the host does."""
        run_check("any_input_is_answered_or_rejected", subject)

    def test_a_batch_is_the_sum_of_its_events(self, subject: Subject) -> None:
        """Measure a batch whole, and each of its events by a channel of its own."""
        run_check("a_batch_is_the_sum_of_its_events", subject)

    def test_the_order_of_arrival_changes_nothing(self, subject: Subject) -> None:
        """Measure events in several orders; each amounts to the same, and so does the bill."""
        run_check("the_order_of_arrival_changes_nothing", subject)

    def test_a_period_in_two_parts_costs_the_same(self, subject: Subject) -> None:
        """Bill a period at once and in two parts, the second by another process."""
        run_check("a_period_in_two_parts_costs_the_same", subject)

    def test_it_is_fast_enough(self, subject: Subject) -> None:
        """Measure the samples many times, in turns with a plain function."""
        run_check("it_is_fast_enough", subject)
