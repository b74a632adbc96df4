"""Register the OTT channel."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Final

from core.plugin_api import Channel, Measure, Pricing, RateFacts, Sample, Unit, hookimpl
from plugins.ott import pricing
from plugins.ott.event import OttEvent

REQUIRES_API = (1, 1)


class OttChannel:
    """Orders of a usage catalogue's services; each is priced when it is stored."""

    name: Final = "ott"
    units: Final[tuple[Unit, ...]] = (pricing.ORDER,)
    pricing: Final[Pricing] = "per_event"
    Event: Final = OttEvent
    readme: Final = resources.files(__package__).joinpath("README.md").read_text("utf-8")

    def measure(self, event: OttEvent) -> Measure:
        """Count the order: its amount, or one."""
        return pricing.measure(event)

    def service(self, event: OttEvent) -> str:
        """Return the product that was ordered."""
        return event.service

    def rate_facts(self, event: OttEvent) -> RateFacts:
        """Return what its price depends on beside its time."""
        return pricing.rate_facts(event)

    def stored(self, event: OttEvent) -> OttEvent:
        """Keep everything: an order names services and devices, and nobody."""
        return event

    def samples(self) -> Sequence[Sample[OttEvent]]:
        """Return events with known answers."""
        return pricing.SAMPLES


@hookimpl
def register_channels() -> Sequence[Channel[OttEvent]]:
    """Contribute the channel `ott`."""
    return (OttChannel(),)
