"""What `measure` answers: known answers, exact quantities, the same from what is stored."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, get_args

from core.kernel.errors import Refusal
from core.plugin_api import Directive, PerEventChannel, RateFacts, Sample
from core.plugin_kit.conformance.outcome import NotApplicable, require, shown
from core.plugin_kit.conformance.purity import watched
from core.plugin_kit.conformance.subject import Subject, measured

MAX_PLACES: Final = 9


def has_samples_of_every_unit(subject: Subject) -> None:
    """Count the units that the samples show, and the refusals."""
    channel, samples = subject.channel, subject.samples
    require(samples, "return samples: events with known answers")
    require(
        all(isinstance(sample, Sample) for sample in samples)
        and all(type(sample.event) is channel.Event for sample in samples),
        f"return samples of {channel.Event.__name__} only: Sample(event, measure)",
    )
    shown_units = {sample.measure.unit for sample in samples if sample.measure is not None}
    units = {unit.name for unit in channel.units}
    require(
        shown_units == units,
        f"the samples show {sorted(shown_units)} and the units are {sorted(units)}: add a "
        "sample for each unit",
    )
    require(
        any(sample.is_refused for sample in samples),
        "add a sample with is_refused=True: an event that cannot be counted",
    )


def has_known_answers(subject: Subject) -> None:
    """Measure each sample, and compare."""
    for sample in subject.samples:
        if sample.is_refused:
            _require_refused(subject, sample)
            continue
        found = subject.measured(sample.event)
        require(
            found == sample.measure,
            f"{shown(sample.event)} measures {shown(found)}, and its sample says "
            f"{shown(sample.measure)}: mend the one that is wrong",
        )


def _require_refused(subject: Subject, sample: Sample[Any]) -> None:
    try:
        found = subject.measured(sample.event)
    except Refusal as refusal:
        require(
            refusal.message.strip(),
            f"say in EventRejected what is wrong with {shown(sample.event)} and what to do",
        )
        return
    require(
        False,  # noqa: FBT003 - it was not refused
        f"raise EventRejected for {shown(sample.event)}: it measures {shown(found)}, and its "
        "sample says that it is refused",
    )


def has_exact_quantities(subject: Subject) -> None:
    """Look for decimals, finite, from 0, of at most nine places; no float on the way."""
    for sample in subject.sound:
        measure = subject.measured(sample.event)
        if measure is None:
            continue
        quantity: object = measure.quantity
        require(
            type(quantity) is Decimal,
            f"return a Decimal as quantity, not {type(quantity).__name__}: {shown(sample)}",
        )
        assert isinstance(quantity, Decimal)
        require(
            quantity.is_finite() and quantity >= 0,
            f"return a finite quantity from 0, not {quantity}: {shown(sample)}",
        )
        exponent = quantity.as_tuple().exponent
        require(
            isinstance(exponent, int) and exponent >= -MAX_PLACES,
            f"return at most {MAX_PLACES} decimals, not {quantity}: {shown(sample)}",
        )


def measures_the_same_when_stored(subject: Subject) -> None:
    """Measure what was kept of each event: a period may be rated again from it."""
    channel = subject.channel
    for event in subject.accepted:
        kept = channel.stored(event)
        require(type(kept) is channel.Event, f"return a {channel.Event.__name__} from stored")
        require(
            measured(subject.another(), kept) == measured(subject.another(), event),
            f"stored lost what measure needs: {shown(event)} is kept as {shown(kept)}, which "
            "measures otherwise",
        )
        require(
            channel.stored(kept) == kept,
            f"return from stored what is stored already as it is: {shown(kept)}",
        )


def tells_what_was_ordered(subject: Subject) -> None:
    """Ask a channel priced per event for services and facts, of events and as stored."""
    channel = subject.channel
    if channel.pricing != "per_event":
        raise NotApplicable("the channel is not priced per event")
    require(isinstance(channel, PerEventChannel), "add service and rate_facts")
    assert isinstance(channel, PerEventChannel)
    events = [sample.event for sample in subject.sound]
    for event in events:
        service, facts = channel.service(event), channel.rate_facts(event)
        require(service is None or service, "return None from service where nothing is ordered")
        require(type(facts) is RateFacts, "return RateFacts from rate_facts")
        require(
            facts.directive in get_args(Directive),
            f"give one of {', '.join(get_args(Directive))} as directive",
        )
        require(
            facts.amount is None or (type(facts.amount) is Decimal and facts.amount >= 0),
            "give a Decimal from 0 as amount, or None",
        )
        kept = channel.stored(event)
        require(
            (channel.service(kept), channel.rate_facts(kept)) == (service, facts),
            f"service and rate_facts answer otherwise for {shown(kept)}, as it is stored",
        )
    with watched() as calls:
        for event in events:
            channel.service(event)
            channel.rate_facts(event)
    require(not calls, f"service or rate_facts called {', '.join(sorted(set(calls)))}")
