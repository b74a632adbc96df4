"""Register the postal channel."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Final

from core.plugin_api import Channel, Measure, Pricing, Sample, Unit, hookimpl
from plugins.postal import pricing
from plugins.postal.pricing import PostalEvent

REQUIRES_API = (1, 0)


class PostalChannel:
    """Addresses corrected and deduplicated; priced by the period's totals."""

    name: Final = "postal"
    units: Final[tuple[Unit, ...]] = (pricing.CORRECTED, pricing.DEDUPLICATED)
    pricing: Final[Pricing] = "per_period"
    Event: Final = PostalEvent
    readme: Final = resources.files(__package__).joinpath("README.md").read_text("utf-8")

    def measure(self, event: PostalEvent) -> Measure:
        """Count the addresses under the unit of the operation."""
        return pricing.measure(event)

    def stored(self, event: PostalEvent) -> PostalEvent:
        """Keep everything: an event holds a number of addresses and no address."""
        return event

    def samples(self) -> Sequence[Sample[PostalEvent]]:
        """Return events with known answers."""
        return pricing.SAMPLES


@hookimpl
def register_channels() -> Sequence[Channel[PostalEvent]]:
    """Contribute the channel `postal`."""
    return (PostalChannel(),)
