"""All checks, in the order in which their answers make sense."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from core.plugin_kit.conformance import answers, pricing, purity, shape, windowed
from core.plugin_kit.conformance.poison import survives_every_input
from core.plugin_kit.conformance.speed import is_fast_enough
from core.plugin_kit.conformance.subject import Subject


class Check(NamedTuple):
    """One property of a channel; `run` raises `Nonconformity` or `NotApplicable`.

    `name` is stable, and that of the test `test_<name>` of `ChannelConformance`.
    """

    name: str
    title: str
    run: Callable[[Subject], None]


CHECKS: Final[tuple[Check, ...]] = (
    Check(
        "it_has_what_a_channel_has",
        "members, names and units are there",
        shape.has_what_a_channel_has,
    ),
    Check(
        "its_types_begin_with_its_name",
        "its types begin with its name",
        shape.has_prefixed_types,
    ),
    Check(
        "its_events_are_frozen_and_described",
        "events are frozen, and each field described",
        shape.has_described_events,
    ),
    Check("its_readme_explains_it", "the README explains it", shape.has_a_readme),
    Check("the_host_takes_it", "the host takes it", shape.is_taken_by_the_host),
    Check(
        "its_samples_cover_every_unit",
        "samples show every unit, and a refusal",
        answers.has_samples_of_every_unit,
    ),
    Check(
        "its_samples_have_the_known_answers",
        "samples have their known answers",
        answers.has_known_answers,
    ),
    Check("its_quantities_are_exact", "quantities are exact", answers.has_exact_quantities),
    Check("it_answers_the_same_twice", "the same answer twice", purity.answers_the_same_twice),
    Check("it_changes_no_input", "inputs stay untouched", purity.changes_no_input),
    Check(
        "it_reads_no_clock_no_file_and_no_chance",
        "no clock, no file, no chance",
        purity.reads_nothing_outside,
    ),
    Check(
        "what_is_stored_measures_the_same",
        "what is stored measures the same",
        answers.measures_the_same_when_stored,
    ),
    Check(
        "it_tells_what_was_ordered",
        "priced per event: services and facts",
        answers.tells_what_was_ordered,
    ),
    Check(
        "any_input_is_answered_or_rejected",
        "any input is answered or rejected, soon",
        survives_every_input,
    ),
    Check(
        "a_batch_is_the_sum_of_its_events",
        "a batch is the sum of its events",
        pricing.sums_up_in_a_batch,
    ),
    Check(
        "the_order_of_arrival_changes_nothing",
        "the order of arrival changes nothing",
        pricing.comes_out_in_any_order,
    ),
    Check(
        "a_period_in_two_parts_costs_the_same",
        "a period in two parts costs the same",
        pricing.comes_out_in_two_parts,
    ),
    Check(
        "each_event_has_one_judgement",
        "windowed: one judgement per event",
        windowed.gives_one_judgement_each,
    ),
    Check(
        "its_judgements_do_not_depend_on_how_often_they_are_asked",
        "windowed: the same judgement twice",
        windowed.judges_the_same_however_often,
    ),
    Check(
        "parts_are_judged_as_the_whole",
        "windowed: parts as the whole",
        windowed.judges_parts_as_the_whole,
    ),
    Check(
        "a_window_is_told_from_its_counterpart_alone",
        "windowed: a window is with one counterpart",
        windowed.tells_a_window_from_its_counterpart,
    ),
    Check(
        "a_replay_reads_no_clock_no_file_and_no_chance",
        "windowed: a replay is pure",
        windowed.replays_read_nothing_outside,
    ),
    Check("it_is_fast_enough", "fast enough", is_fast_enough),
)
