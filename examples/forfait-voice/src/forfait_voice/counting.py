"""What a call is, and how it is counted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from core.plugin_api import EventRejected, Measure, Sample, Unit

from forfait_voice.rules import prefix_of, rules_on, zone_of

SECOND: Final = Unit("second", "Second of a call")
LONGEST: Final = 86_400
"""Seconds of a day: a longer call is a mistake of the sender's."""

_NUMBER: Final = re.compile(r"\+[0-9]{0,15}")


@dataclass(frozen=True, slots=True)
class VoiceEvent:
    """One telephone call that ended."""

    to: str = field(
        metadata={
            "description": "The number that was called, with + and the country's code; only "
            "the prefix that decides the zone is kept.",
            "max_length": 16,
        }
    )
    seconds: int = field(
        metadata={"description": "How long it lasted, 0 for one that was not answered."}
    )
    answered_at: datetime = field(
        metadata={"description": "When it was answered; its day (UTC) decides the rules."}
    )


def measure(event: VoiceEvent) -> Measure | None:
    """Count a call; one that was not answered is free."""
    if not _NUMBER.fullmatch(event.to):
        raise EventRejected("give the number as + and digits, +33612345678", path=("to",))
    if not 0 <= event.seconds <= LONGEST:
        raise EventRejected(
            f"seconds is {event.seconds}; give 0 to {LONGEST}", path=("seconds",)
        )
    if event.seconds == 0:
        return None
    rules = rules_on(event.answered_at.astimezone(UTC).date())
    return Measure(SECOND.name, Decimal(rules.billed(event.seconds)), zone_of(event.to))


def stored(event: VoiceEvent) -> VoiceEvent:
    """Keep the prefix that decides the zone, and no number."""
    return replace(event, to=prefix_of(event.to))


_JANUARY: Final = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
_FEBRUARY: Final = datetime(2026, 2, 1, tzinfo=UTC)


def _seconds(number: int, zone: str) -> Measure:
    return Measure(SECOND.name, Decimal(number), zone)


SAMPLES: Final = (
    Sample(VoiceEvent("+33612345678", 95, _JANUARY), _seconds(120, "FR-MOBILE")),
    Sample(VoiceEvent("+33612345678", 95, _FEBRUARY), _seconds(95, "FR-MOBILE")),
    Sample(VoiceEvent("+33142345678", 1, _JANUARY), _seconds(60, "FR")),
    Sample(VoiceEvent("+33142345678", 1, _FEBRUARY), _seconds(30, "FR")),
    Sample(VoiceEvent("+4930123456", 31, _FEBRUARY), _seconds(31, "EU")),
    Sample(VoiceEvent("+81312345678", 60, _FEBRUARY), _seconds(60, "WORLD")),
    Sample(VoiceEvent("+4930123456", 0, _FEBRUARY), note="not answered: free"),
    Sample(VoiceEvent("0142345678", 10, _FEBRUARY), is_refused=True),
    Sample(VoiceEvent("+4930123456", -1, _FEBRUARY), is_refused=True),
    Sample(VoiceEvent("+4930123456", LONGEST + 1, _FEBRUARY), is_refused=True),
)
