"""Events at the limits of their types: seeded, the same at every run, without any library.

What passes the host's own check may reach `measure`; everything made here does.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

from core.plugin_host import EventField, HostedChannel
from core.plugin_host.events import EventInvalid, check_event

MIXED: Final = 200
"""Events whose fields are all drawn at random from their limits."""
MOST_BASES: Final = 6
"""Samples that are varied field by field."""

_TEXTS: Final = (
    "", " ", "0", "-1", "a", "A", "éß€", "😀" * 3, "\u202eright to left", "\t\n", "'; --",
    "None", "+33612345678", "FR", "EUR", "1e400", "\U0010ffff",
)  # fmt: skip
_INTEGERS: Final = (0, 1, -1, 2, 160, 161, 1000, 2**31 - 1, -(2**31))
_DECIMALS: Final = tuple(
    Decimal(text)
    for text in (
        "0", "-0", "1", "-1", "0.5", "0.1", "1.10", "0.000000001", "1E-9", "1E+12",
        "9999999999999", "9999999999999.999999999", "-9999999999999", "0E+5",
    )
)  # fmt: skip
_INSTANTS: Final = (
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=2))),
    datetime(1, 1, 2, tzinfo=UTC),
    datetime(1900, 1, 1, tzinfo=timezone(timedelta(hours=14))),
    datetime(9999, 12, 30, 23, 59, 59, tzinfo=timezone(timedelta(hours=-12))),
)
_DAYS: Final = (date(2026, 1, 1), date(2024, 2, 29), date(1900, 1, 1), date.min, date.max)
_LIMITS: Final[Mapping[str, Sequence[object]]] = {
    "boolean": (False, True),
    "integer": _INTEGERS,
    "decimal": _DECIMALS,
    "instant": _INSTANTS,
    "day": _DAYS,
}


def generated_events(channel: HostedChannel, samples: Sequence[Any]) -> list[Any]:
    """Return events for a channel: each sample with one field at a limit, and mixtures."""
    bases = samples[:MOST_BASES]
    chance = random.Random(channel.name)  # noqa: S311 - the same events at every run
    made = [*_one_at_a_time(channel, bases), *_mixed(channel, chance)]
    return [event for event in made if _reaches_measure(channel, event)]


def limits_of(field: EventField) -> list[Any]:
    """Return the values of a field that its type allows and authors forget."""
    values = _plain_limits(field)
    if field.is_list:
        values = [(), (values[0],), tuple(values), tuple(values[:1]) * 1000]
    return [*values, None] if field.is_optional else values


def _plain_limits(field: EventField) -> list[Any]:
    if field.enum is not None:
        return list(field.enum)
    if field.kind == "text":
        longest = ("x" * field.max_length, "😀" * field.max_length)
        return [*(text for text in _TEXTS if len(text) <= field.max_length), *longest]
    return list(_LIMITS[field.kind])


def _one_at_a_time(channel: HostedChannel, bases: Sequence[Any]) -> Iterator[Any]:
    for base in bases:
        for field in channel.fields:
            for value in limits_of(field):
                yield dataclasses.replace(base, **{field.name: value})


def _mixed(channel: HostedChannel, chance: random.Random) -> Iterator[Any]:
    limits = {field.name: limits_of(field) for field in channel.fields}
    for _number in range(MIXED):
        values = {name: chance.choice(choices) for name, choices in limits.items()}
        yield channel.event_class(**values)


def _reaches_measure(channel: HostedChannel, event: Any) -> bool:
    try:
        check_event(channel, event)
    except EventInvalid:
        return False
    return True
