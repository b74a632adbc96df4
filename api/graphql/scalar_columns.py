"""How whole columns of scalars are written at once; each as its own scalar writes it.

What is in a column must be of the one kind that is stored; anything else is written, or
refused, value by value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final

import orjson

from api.graphql.scalars import (
    CURRENCY_CODES,
    parse_currency_code,
    write_date,
    write_date_time,
    write_decimal,
)

_INSTANTS: Final = frozenset({datetime})
_DAYS: Final = frozenset({date})
_DECIMALS: Final = frozenset({Decimal})
_TEXTS: Final = frozenset({str})
_ZONE: Final = attrgetter("tzinfo")


class NotOfOneKind(Exception):
    """A column holds something else than is stored in it."""


def _date_times(values: Sequence[Any]) -> list[str]:
    if not _INSTANTS.issuperset(map(type, values)):
        raise NotOfOneKind
    if any(zone is not UTC for zone in set(map(_ZONE, values))):
        raise NotOfOneKind
    written: list[str] = orjson.loads(orjson.dumps(values, option=orjson.OPT_UTC_Z))
    return written


def _dates(values: Sequence[Any]) -> list[str]:
    if not _DAYS.issuperset(map(type, values)):
        raise NotOfOneKind
    return list(map(date.isoformat, values))


def _decimals(values: Sequence[Any]) -> list[str]:
    if not _DECIMALS.issuperset(map(type, values)):
        raise NotOfOneKind
    written = list(map(str, values))
    # An exponent, which would have to be written out; NaN and Infinity, which are refused.
    if not {"E", "N", "I"}.isdisjoint("".join(written)):
        raise NotOfOneKind
    return written


def _currency_codes(values: Sequence[Any]) -> Sequence[str]:
    if not _TEXTS.issuperset(map(type, values)) or not CURRENCY_CODES.issuperset(values):
        raise NotOfOneKind
    return values


WRITTEN_IN_COLUMNS: Final[Mapping[Callable[[Any], Any], Callable[[Any], Sequence[str]]]] = {
    write_date_time: _date_times,
    write_date: _dates,
    write_decimal: _decimals,
    parse_currency_code: _currency_codes,
}
"""What writes a column, by what writes one value of the scalar."""
