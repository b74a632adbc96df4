"""How ${label} is counted: pure, exact, the same at any time and in any order."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from core.plugin_api import EventRejected, Measure, ${"RateFacts, " if is_per_event else ""}Sample, Unit

from ${package}.event import ${prefix}Event
from ${package}.rules import rules_on

UNIT = Unit("${name}", "${label}")
MOST = 1_000_000
"""More than this in one event is a mistake of the sender's."""


def measure(event: ${prefix}Event) -> Measure:
    """Count the started blocks: 7 in blocks of 5 are 2 blocks, 10 in all.

    Refused: less than 1, more than 1,000,000, and a zone that is none.
    """
    if not 1 <= event.amount <= MOST:
        raise EventRejected(f"amount is {event.amount}; give 1 to {MOST}", path=("amount",))
    if event.zone and not _is_zone(event.zone):
        raise EventRejected("give a zone of capital letters and digits", path=("zone",))
    block = int(rules_on(event.used_on).values["block"])
    started = -(-event.amount // block)
    return Measure(UNIT.name, Decimal(started * block), event.zone)


def _is_zone(text: str) -> bool:
    return text.isascii() and text.isalnum() and text == text.upper()
% if is_per_event:


def rate_facts(event: ${prefix}Event) -> RateFacts:
    """Return what its price depends on beside the time: how much was used."""
    return RateFacts(udr_type="${name}", amount=Decimal(max(0, event.amount)))
% endif


BEFORE, AFTER = date(2026, 6, 30), date(2026, 7, 1)
SAMPLES = (
    Sample(${prefix}Event(BEFORE), Measure("${name}", Decimal(1)), note="one"),
    Sample(${prefix}Event(BEFORE, 7, "EU"), Measure("${name}", Decimal(7), "EU")),
    Sample(${prefix}Event(AFTER, 7, "EU"), Measure("${name}", Decimal(10), "EU"), note="2 blocks of 5"),
    Sample(${prefix}Event(BEFORE, 0), is_refused=True),
    Sample(${prefix}Event(BEFORE, 1, "eu-west"), is_refused=True),
)
