"""Register the SMS channel."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Final

from core.plugin_api import Channel, Measure, Pricing, Sample, Unit, hookimpl
from plugins.sms import measuring
from plugins.sms.event import SmsEvent

REQUIRES_API = (1, 0)


class SmsChannel:
    """Text messages in segments by destination country; priced by the period's totals."""

    name: Final = "sms"
    units: Final[tuple[Unit, ...]] = (measuring.SEGMENT,)
    pricing: Final[Pricing] = "per_period"
    Event: Final = SmsEvent
    readme: Final = resources.files(__package__).joinpath("README.md").read_text("utf-8")

    def measure(self, event: SmsEvent) -> Measure:
        """Count the segments, under the country that the message goes to."""
        return measuring.measure(event)

    def stored(self, event: SmsEvent) -> SmsEvent:
        """Replace the text by its alphabet, length and segments."""
        return measuring.without_text(event)

    def samples(self) -> Sequence[Sample[SmsEvent]]:
        """Return events with known answers."""
        return measuring.SAMPLES


@hookimpl
def register_channels() -> Sequence[Channel[SmsEvent]]:
    """Contribute the channel `sms`."""
    return (SmsChannel(),)
