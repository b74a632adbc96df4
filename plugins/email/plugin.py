"""Register the e-mail channel."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Final

from core.plugin_api import Channel, Measure, Pricing, Sample, Unit, hookimpl
from plugins.email import pricing
from plugins.email.pricing import EmailEvent

REQUIRES_API = (1, 0)


class EmailChannel:
    """E-mails routed; priced by the period's total."""

    name: Final = "email"
    units: Final[tuple[Unit, ...]] = (pricing.EMAIL,)
    pricing: Final[Pricing] = "per_period"
    Event: Final = EmailEvent
    readme: Final = resources.files(__package__).joinpath("README.md").read_text("utf-8")

    def measure(self, event: EmailEvent) -> Measure:
        """Count the recipients."""
        return pricing.measure(event)

    def stored(self, event: EmailEvent) -> EmailEvent:
        """Keep everything: an event names no person."""
        return event

    def samples(self) -> Sequence[Sample[EmailEvent]]:
        """Return events with known answers."""
        return pricing.SAMPLES


@hookimpl
def register_channels() -> Sequence[Channel[EmailEvent]]:
    """Contribute the channel `email`."""
    return (EmailChannel(),)
