"""Decide exactly whether two conditional rates can hold at once. Pure.

Times of day are inclusive to the minute and may cross midnight, amounts of usage are
inclusive at both ends: rates that share one minute and one amount overlap.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from core.catalogue.schema import ConditionalRateDefinition

LAST_MINUTE: Final = 24 * 60 - 1
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


def local_minute(text: str) -> int | None:
    """Read a time of day as its minute: 07:00 is 420; what is none gives None."""
    found = _TIME.fullmatch(text)
    return int(found[1]) * 60 + int(found[2]) if found else None


def overlap(one: ConditionalRateDefinition, other: ConditionalRateDefinition) -> bool:
    """Tell whether some usage fits both rates."""
    return (
        _share_a_minute(one, other)
        and _share_a_name(one.methods, other.methods)
        and _share_a_name(one.devices, other.devices)
        and _share_a_name(one.source_categories, other.source_categories)
        and _share_an_amount(one, other)
    )


def holds_always(rate: ConditionalRateDefinition) -> bool:
    """Tell whether a rate states nothing that could fail."""
    named = (rate.from_time, rate.methods, rate.devices, rate.source_categories)
    return not any(named) and rate.usage_from is None and rate.usage_to is None


def minute_spans(rate: ConditionalRateDefinition) -> tuple[tuple[int, int], ...]:
    """Return the minutes of the day as spans, inclusive; two where midnight is crossed."""
    first, last = local_minute(rate.from_time), local_minute(rate.to_time)
    if first is None or last is None:
        return ((0, LAST_MINUTE),)
    return ((first, last),) if first <= last else ((first, LAST_MINUTE), (0, last))


def _share_a_minute(one: ConditionalRateDefinition, other: ConditionalRateDefinition) -> bool:
    return any(
        first <= until and since <= last
        for first, last in minute_spans(one)
        for since, until in minute_spans(other)
    )


def _share_a_name(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return not one or not other or not set(one).isdisjoint(other)


def _share_an_amount(one: ConditionalRateDefinition, other: ConditionalRateDefinition) -> bool:
    return _below(one.usage_from, other.usage_to) and _below(other.usage_from, one.usage_to)


def _below(least: Decimal | None, most: Decimal | None) -> bool:
    return least is None or most is None or least <= most
