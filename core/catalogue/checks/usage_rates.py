"""What conditional rates of ordered services must hold to."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Final

from core.catalogue.checks.parts import Path, check_price
from core.catalogue.errors import BAD_VALUE, MISSING_KEY, OVERLAP
from core.catalogue.rate_overlap import holds_always, local_minute, overlap
from core.catalogue.schema import ConditionalRateDefinition
from core.kernel.errors import Problem

MAX_RATES: Final = 200
"""Rates of one service: every two of them are compared."""


def check_rates(rates: tuple[ConditionalRateDefinition, ...], path: Path) -> Iterator[Problem]:
    """Check each rate, and that no two of them can hold at once."""
    if len(rates) > MAX_RATES:
        yield Problem(BAD_VALUE, f"at most {MAX_RATES} rates are taken", path)
        return
    problems: list[Problem] = []
    for index, rate in enumerate(rates):
        problems += _rate(rate, (*path, str(index)))
    yield from problems
    if problems:
        return
    for (first, one), (second, other) in combinations(enumerate(rates), 2):
        if overlap(one, other):
            told = f"it can hold together with rate {first + 1} of the list; tell them apart "
            told += "by time, method, device, category or usage"
            yield Problem(OVERLAP, told, (*path, str(second)))


def _rate(rate: ConditionalRateDefinition, path: Path) -> Iterator[Problem]:
    yield from check_price(rate.price, (*path, "price"))
    for name in ("methods", "devices", "source_categories"):
        for index, text in enumerate(getattr(rate, name)):
            if not text.strip():
                told = "the value is empty; remove it"
                yield Problem(BAD_VALUE, told, (*path, name, str(index)))
    if holds_always(rate) and not rate.to_time:
        told = "the rate states no condition; make its price the base, or say when it holds"
        yield Problem(BAD_VALUE, told, path)
    for name, text, other in (
        ("from", rate.from_time, rate.to_time),
        ("to", rate.to_time, rate.from_time),
    ):
        if text and local_minute(text) is None:
            told = f"{text[:40]!r} is no time of day; write 00:01, say"
            yield Problem(BAD_VALUE, told, (*path, name))
        elif other and not text:
            told = f"a time has a first and a last minute; add {name}"
            yield Problem(MISSING_KEY, told, (*path, name))
    least, most = rate.usage_from, rate.usage_to
    if least is not None and most is not None and least > most:
        told = f"{most} is below {least}; no usage is both"
        yield Problem(BAD_VALUE, told, (*path, "usage_to"))
