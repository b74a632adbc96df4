"""The tests of windowed channels, beside those of all channels."""

from __future__ import annotations

from typing import ClassVar

from core.plugin_api.conformance.channel_tests import ChannelConformance, run_check
from core.plugin_kit.conformance import Subject


class WindowedConformance(ChannelConformance):
    """Subclass it and give the fixture `channel`; pytest collects the subclass."""

    __test__: ClassVar[bool] = False

    def test_each_event_has_one_judgement(self, subject: Subject) -> None:
        """Of its own unit and dimension, or free for a known reason; never billed from none."""
        run_check("each_event_has_one_judgement", subject)

    def test_its_judgements_do_not_depend_on_how_often_they_are_asked(
        self, subject: Subject
    ) -> None:
        """A replay keeps nothing: not between calls, and not between keys."""
        run_check("its_judgements_do_not_depend_on_how_often_they_are_asked", subject)

    def test_parts_are_judged_as_the_whole(self, subject: Subject) -> None:
        """From any event on, with the reach in front; and up to any, with the reach behind."""
        run_check("parts_are_judged_as_the_whole", subject)

    def test_a_window_is_told_from_its_counterpart_alone(self, subject: Subject) -> None:
        """Others' events change nothing, and neither does what comes later."""
        run_check("a_window_is_told_from_its_counterpart_alone", subject)

    def test_a_replay_reads_no_clock_no_file_and_no_chance(self, subject: Subject) -> None:
        """Judge a second time, watched, when all that is loaded once is there."""
        run_check("a_replay_reads_no_clock_no_file_and_no_chance", subject)
