"""The hooks: what this package contributes to Forfait."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Final

from core.plugin_api import (
    Channel,
    Measure,
    PriceModel,
    Pricing,
    Sample,
    Unit,
    hookimpl,
)

from forfait_voice import counting
from forfait_voice.capped import CappedModel
from forfait_voice.counting import VoiceEvent

REQUIRES_API = (1, 0)


class VoiceChannel:
    """Telephone calls; priced by the period's total of each zone."""

    name: Final = "voice"
    units: Final[tuple[Unit, ...]] = (counting.SECOND,)
    pricing: Final[Pricing] = "per_period"
    Event: Final = VoiceEvent
    readme: Final = resources.files(__package__).joinpath("README.md").read_text("utf-8")

    def measure(self, event: VoiceEvent) -> Measure | None:
        """Count a call."""
        return counting.measure(event)

    def stored(self, event: VoiceEvent) -> VoiceEvent:
        """Keep no number."""
        return counting.stored(event)

    def samples(self) -> Sequence[Sample[VoiceEvent]]:
        """Return calls with known answers."""
        return counting.SAMPLES


@hookimpl
def register_channels() -> Sequence[Channel[VoiceEvent]]:
    """Contribute the channel `voice`."""
    return (VoiceChannel(),)


@hookimpl
def register_price_models() -> Sequence[PriceModel]:
    """Contribute the price model `voice_capped`."""
    return (CappedModel(),)
