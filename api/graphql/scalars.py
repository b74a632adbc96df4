"""The scalars: decimals, instants, days and currencies, none of them as numbers of JSON.

Each refuses with a `GraphQLError` whose message is meant for the caller.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, DecimalException
from typing import Any, Final, NewType

import orjson
import strawberry
from graphql import (
    FloatValueNode,
    GraphQLError,
    IntValueNode,
    StringValueNode,
    ValueNode,
    print_ast,
)
from iso4217 import Currency
from strawberry.types.scalar import ScalarDefinition

from core.kernel.clock import FIRST_YEAR, LAST_YEAR

CurrencyCode = NewType("CurrencyCode", str)
"""An ISO 4217 code, such as EUR."""

EventDecimal = NewType("EventDecimal", Decimal)
"""A decimal of a usage event, not judged yet: it may be NaN, infinite or huge."""

EventDateTime = NewType("EventDateTime", datetime)
"""An instant of a usage event, not judged yet: it may be of any year."""

BOUND: Final = Decimal("1e13")
MAX_DECIMALS: Final = 12
_MAX_CHARACTERS: Final = 64
_MAX_EVENT_CHARACTERS: Final = 1000
_MAX_FLOAT_DIGITS: Final = 15

_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[+-]?(?:s?nan[0-9]*|inf(?:inity)?)", re.IGNORECASE)
_OFFSET: Final = re.compile(r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})")
_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?P<offset>.*)"
)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
CURRENCY_CODES: Final = frozenset(currency.code for currency in Currency)


def parse_decimal(raw: object) -> Decimal:
    """Return a finite decimal, below 1e13 in size and with at most 12 decimals."""
    text = _decimal_text(raw)
    if len(text) > _MAX_CHARACTERS or not _DECIMAL.fullmatch(text):
        raise GraphQLError('Decimal must be a text such as "12.50".')
    value = _exact(text)
    if not value.is_finite() or not -BOUND < value < BOUND:
        raise GraphQLError("Decimal must be finite and between -1e13 and 1e13, exclusive.")
    if _decimals(value) > MAX_DECIMALS:
        raise GraphQLError(f"Decimal must have at most {MAX_DECIMALS} decimals.")
    return value


def parse_event_decimal(raw: object) -> EventDecimal:
    """Return any decimal written in ASCII, for a later verdict on its event.

    NaN and infinities pass as such, and what no decimal should hold (an exponent or a
    length beyond reason) as NaN: one of them must refuse its event, not the whole batch.
    """
    text = _decimal_text(raw)
    if _NOT_FINITE.fullmatch(text):
        unsigned = text.lstrip("+-").lower()
        name = "Infinity" if unsigned.startswith("inf") else "NaN"
        return EventDecimal(Decimal(f"-{name}" if text.startswith("-") else name))
    if len(text) > _MAX_EVENT_CHARACTERS and _DECIMAL.fullmatch(text):
        return EventDecimal(Decimal("NaN"))
    if not _DECIMAL.fullmatch(text):
        raise GraphQLError('EventDecimal must be a text such as "12.50".')
    value = _exact(text)
    if not value and abs(value.adjusted()) > _MAX_CHARACTERS:
        return EventDecimal(Decimal(0))  # 0e-999999999 would be written in as many zeros
    return EventDecimal(value)


def write_decimal(value: object) -> str:
    """Write a finite decimal without an exponent, keeping its scale."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, Decimal) or not value.is_finite():
        raise TypeError(f"a Decimal field resolved to {value!r}")
    return format(value, "f")


def write_event_decimal(value: object) -> str:
    """Write a decimal as it was received; NaN and infinities by their names."""
    if not isinstance(value, Decimal):
        raise TypeError(f"an EventDecimal field resolved to {value!r}")
    exponent = value.as_tuple().exponent
    is_short = isinstance(exponent, int) and -64 <= exponent <= 64
    return format(value, "f") if is_short else str(value)


def parse_date_time(raw: object) -> datetime:
    """Return an instant of the years that are computed with; its offset must be stated."""
    instant = _instant(raw)
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise GraphQLError(f"DateTime must be of the years {FIRST_YEAR} to {LAST_YEAR}.")
    return instant


def parse_event_date_time(raw: object) -> EventDateTime:
    """Return an instant of any year, for a later verdict on its event.

    A sender without a clock says 1970 or the year 1: that refuses its event, not the batch.
    """
    return EventDateTime(_instant(raw))


def _instant(raw: object) -> datetime:
    match = _INSTANT.fullmatch(raw) if isinstance(raw, str) else None
    if match is None:
        raise GraphQLError('DateTime must look like "2026-01-31T12:00:00+02:00".')
    if not _OFFSET.fullmatch(match["offset"]):
        raise GraphQLError('DateTime needs its offset from UTC, such as "+02:00" or "Z".')
    try:
        instant = datetime.fromisoformat(match[0].upper())
        instant.utctimetuple()
    except (ValueError, OverflowError):
        raise GraphQLError("DateTime is no instant of the calendar.") from None
    return instant


def write_date_time(value: object) -> str:
    """Write an instant with its offset; stored ones are in UTC, and quickly written."""
    if type(value) is datetime and value.tzinfo is UTC:
        return orjson.dumps(value, option=orjson.OPT_UTC_Z)[1:-1].decode()
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError(f"a DateTime field resolved to {value!r}")
    text = value.isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def parse_date(raw: object) -> date:
    """Return a day of the calendar."""
    if not isinstance(raw, str) or not _DAY.fullmatch(raw):
        raise GraphQLError('Date must look like "2026-01-31".')
    try:
        day = date.fromisoformat(raw)
    except ValueError:
        raise GraphQLError("Date is no day of the calendar.") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise GraphQLError(f"Date must be of the years {FIRST_YEAR} to {LAST_YEAR}.")
    return day


def write_date(value: object) -> str:
    """Write a day of the calendar."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise TypeError(f"a Date field resolved to {value!r}")
    return value.isoformat()


def parse_currency_code(raw: object) -> CurrencyCode:
    """Return an ISO 4217 code; upper case only."""
    if not isinstance(raw, str) or raw not in CURRENCY_CODES:
        raise GraphQLError('CurrencyCode must be an ISO 4217 code such as "EUR".')
    return CurrencyCode(raw)


def _decimal_text(raw: object) -> str:
    if isinstance(raw, str):
        return raw
    if isinstance(raw, int) and not isinstance(raw, bool):
        return str(raw) if -(2**63) <= raw < 2**64 else "?"
    if isinstance(raw, float):  # a JSON number: exact only while it is short
        text = repr(raw)
        digits = sum(character.isdigit() for character in text.partition("e")[0])
        if digits <= _MAX_FLOAT_DIGITS or _NOT_FINITE.fullmatch(text):
            return text
        raise GraphQLError("This number has too many digits for JSON: send it as a text.")
    return ""


def _decimals(value: Decimal) -> int:
    """Count the decimals up to the last that is not zero, without any rounding."""
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int), "only finite decimals are counted"
    if not value:  # 0E-999999 is a zero too, and would be written with all its places
        return 0 if abs(exponent) <= _MAX_CHARACTERS else abs(exponent)
    trailing = next(n for n, digit in enumerate(reversed(digits)) if digit)
    return max(0, -exponent - trailing)


def _exact(text: str) -> Decimal:
    """Convert without rounding; what no decimal can hold becomes NaN."""
    try:
        return Decimal(text)
    except DecimalException:
        return Decimal("NaN")


def _literal_parser(
    parse: Callable[[object], Any], text_of: Callable[[ValueNode], str]
) -> Callable[[ValueNode, dict[str, Any] | None], Any]:
    """Return what parses a literal of a document by what parses a variable."""

    def parse_literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> Any:
        return parse(text_of(node))

    return parse_literal


def _literal_text(node: ValueNode) -> str:
    """Return a literal's text; numbers as written, before they become floats."""
    if isinstance(node, StringValueNode | IntValueNode | FloatValueNode):
        return node.value
    raise GraphQLError(f"Expected a text, found {print_ast(node)[:60]}.", node)


def _string_literal(node: ValueNode) -> str:
    if isinstance(node, StringValueNode):
        return node.value
    raise GraphQLError(f"Expected a text, found {print_ast(node)[:60]}.", node)


DECIMAL: Final[ScalarDefinition] = strawberry.scalar(
    name="Decimal",
    description="An exact decimal as a text, finite, between -1e13 and 1e13, with at most "
    f"{MAX_DECIMALS} decimals. Integers are accepted as numbers too.",
    serialize=write_decimal,
    parse_value=parse_decimal,
    parse_literal=_literal_parser(parse_decimal, _literal_text),
)
EVENT_DECIMAL: Final[ScalarDefinition] = strawberry.scalar(
    name="EventDecimal",
    description="A decimal of a usage event as a text. Any decimal is taken; one that makes "
    "no sense, such as NaN, refuses its own event and not the batch.",
    serialize=write_event_decimal,
    parse_value=parse_event_decimal,
    parse_literal=_literal_parser(parse_event_decimal, _literal_text),
)
DATE_TIME: Final[ScalarDefinition] = strawberry.scalar(
    name="DateTime",
    description="An instant in ISO 8601, always with its offset: 2026-01-31T12:00:00+02:00. "
    f"One that is given is of the years {FIRST_YEAR} to {LAST_YEAR}.",
    specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
    serialize=write_date_time,
    parse_value=parse_date_time,
    parse_literal=_literal_parser(parse_date_time, _string_literal),
)
EVENT_DATE_TIME: Final[ScalarDefinition] = strawberry.scalar(
    name="EventDateTime",
    description="When something was used: an instant in ISO 8601 with its offset. Any year is "
    "taken; one that makes no sense refuses its own event and not the batch.",
    specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
    serialize=write_date_time,
    parse_value=parse_event_date_time,
    parse_literal=_literal_parser(parse_event_date_time, _string_literal),
)
DATE: Final[ScalarDefinition] = strawberry.scalar(
    name="Date",
    description="A day of the calendar in ISO 8601: 2026-01-31. One that is given is of the "
    f"years {FIRST_YEAR} to {LAST_YEAR}.",
    specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
    serialize=write_date,
    parse_value=parse_date,
    parse_literal=_literal_parser(parse_date, _string_literal),
)
CURRENCY_CODE: Final[ScalarDefinition] = strawberry.scalar(
    name="CurrencyCode",
    description="A currency by its ISO 4217 code, such as EUR.",
    specified_by_url="https://www.iso.org/iso-4217-currency-codes.html",
    serialize=parse_currency_code,
    parse_value=parse_currency_code,
    parse_literal=_literal_parser(parse_currency_code, _string_literal),
)

SCALARS: Final[dict[object, ScalarDefinition]] = {
    Decimal: DECIMAL,
    EventDecimal: EVENT_DECIMAL,
    EventDateTime: EVENT_DATE_TIME,
    datetime: DATE_TIME,
    date: DATE,
    CurrencyCode: CURRENCY_CODE,
}
"""What the schema's configuration maps Python types to."""
