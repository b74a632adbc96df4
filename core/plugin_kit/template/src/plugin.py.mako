"""Register the channel `${name}`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources

from core.plugin_api import Channel, Measure, ${"RateFacts, " if is_per_event else ""}Sample, hookimpl

from ${package} import pricing
from ${package}.event import ${prefix}Event

REQUIRES_API = (${api_major}, ${api_minor})


class ${prefix}Channel:
    """${label}; ${"each event is priced when it is stored" if is_per_event else "priced by the period's total"}."""

    name = "${name}"
    units = (pricing.UNIT,)
    pricing = "${pricing}"
    Event = ${prefix}Event
    readme = resources.files(__package__).joinpath("README.md").read_text("utf-8")

    def measure(self, event: ${prefix}Event) -> Measure:
        """Count one event."""
        return pricing.measure(event)

    def stored(self, event: ${prefix}Event) -> ${prefix}Event:
        """Keep everything: an event names no person."""
        return event

    def samples(self) -> Sequence[Sample[${prefix}Event]]:
        """Return events with known answers."""
        return pricing.SAMPLES
% if is_per_event:

    def service(self, event: ${prefix}Event) -> str | None:
        """Return the product that was ordered, or None where the plan prices the use."""
        return event.service or None

    def rate_facts(self, event: ${prefix}Event) -> RateFacts:
        """Return what its price depends on beside its time."""
        return pricing.rate_facts(event)
% endif


@hookimpl
def register_channels() -> Sequence[Channel[${prefix}Event]]:
    """Contribute the channel."""
    return (${prefix}Channel(),)
