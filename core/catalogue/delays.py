"""Lengths of real time in a catalogue: `3 days`, `12 hours`, `30 minutes`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

LONGEST: Final = timedelta(days=60)
_WORDS: Final = re.compile(r"([0-9]{1,5}) (day|hour|minute)s?")
_SECONDS: Final = {"day": 86_400, "hour": 3_600, "minute": 60}


def parse_delay(text: str) -> timedelta | None:
    """Read a delay; empty is none at all, and a text that is no delay gives None."""
    if not text:
        return timedelta(0)
    found = _WORDS.fullmatch(text)
    return timedelta(seconds=int(found[1]) * _SECONDS[found[2]]) if found else None


def delay_text(delay: timedelta) -> str:
    """Write a delay in the largest unit that divides it; no delay is empty."""
    seconds = delay // timedelta(seconds=1)
    if not seconds:
        return ""
    unit = next(name for name, length in _SECONDS.items() if seconds % length == 0)
    count = seconds // _SECONDS[unit]
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
