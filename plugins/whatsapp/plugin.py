"""Register the WhatsApp channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from importlib import resources
from typing import Final

from core.plugin_api import (
    Channel,
    Judgement,
    Measure,
    Occurrence,
    Pricing,
    RuleSet,
    Sample,
    Unit,
    WindowState,
    hookimpl,
)
from plugins.whatsapp import pricing
from plugins.whatsapp.event import WhatsappEvent
from plugins.whatsapp.pricing import REASONS
from plugins.whatsapp.rules import RULE_SETS
from plugins.whatsapp.samples import SAMPLES

REQUIRES_API = (1, 1)


class WhatsappChannel:
    """Messages delivered, replayed for each business number."""

    name: Final = "whatsapp"
    units: Final[tuple[Unit, ...]] = (
        Unit("marketing", "Marketing template"),
        Unit("utility", "Utility template"),
        Unit("authentication", "Authentication template"),
        Unit("authentication_international", "International authentication template"),
        Unit("service", "Free-form message"),
    )
    pricing: Final[Pricing] = "windowed"
    Event: Final = WhatsappEvent
    readme: Final = resources.files(__package__).joinpath("README.md").read_text("utf-8")
    rule_sets: Final[tuple[RuleSet, ...]] = RULE_SETS
    reasons: Final[Mapping[str, str]] = REASONS
    counterpart: Final = "customer"

    def measure(self, event: WhatsappEvent) -> Measure | None:
        """Count a message of the business as one, in its market; nothing else counts."""
        return pricing.measure(event)

    def stored(self, event: WhatsappEvent) -> WhatsappEvent:
        """Keep everything: a window is told apart by its customer, for as long as it counts."""
        return event

    def replay_key(self, event: WhatsappEvent) -> str:
        """Return the business number: its windows and its allowance are one pass."""
        return event.business_number

    def measure_window(
        self,
        occurrences: Sequence[Occurrence[WhatsappEvent]],
        rules: Sequence[RuleSet],
        *,
        zone: tzinfo,
    ) -> Sequence[Judgement]:
        """Judge the messages of one business number, in the order of their delivery."""
        return pricing.measure_window(occurrences, rules, zone=zone)

    def window_state(
        self,
        occurrences: Sequence[Occurrence[WhatsappEvent]],
        rules: RuleSet,
        *,
        counterpart: str,
        at: datetime,
    ) -> WindowState:
        """Return until when a customer may be written to freely, and all is free."""
        return pricing.window_state(occurrences, rules, counterpart=counterpart, at=at)

    def samples(self) -> Sequence[Sample[WhatsappEvent]]:
        """Return events with known answers."""
        return SAMPLES


@hookimpl
def register_channels() -> Sequence[Channel[WhatsappEvent]]:
    """Contribute the channel `whatsapp`."""
    return (WhatsappChannel(),)
