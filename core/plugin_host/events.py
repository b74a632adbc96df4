"""Check the values of an event, and write it as JSON or columns and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar, Final, cast

from core.kernel.clock import in_utc
from core.kernel.decimals import MAX_TEXT, DecimalRefused, digits_and_places, parse_decimal
from core.kernel.errors import Refusal
from core.plugin_host.event_fields import EventField
from core.plugin_host.hosted import HostedChannel

MAX_INTEGER: Final = 2**31 - 1
MAX_DECIMAL: Final = Decimal("1e13")
MAX_DECIMAL_PLACES: Final = 9
MAX_ITEMS: Final = 1000
"""Values that a field of several may hold."""

_CLASSES: Final[dict[str, type]] = {
    "text": str,
    "boolean": bool,
    "integer": int,
    "decimal": Decimal,
    "instant": datetime,
    "day": date,
}
_JSON_CLASSES: Final[dict[str, type]] = {"text": str, "boolean": bool, "integer": int}


class EventInvalid(Refusal):
    """An event has a value that its channel's type does not allow."""

    code: ClassVar[str] = "EVENT_INVALID"


def check_event(channel: HostedChannel, event: object) -> None:
    """Refuse, with its path, the first value that is of a wrong type or out of bounds.

    The constructor of a dataclass takes anything; what enters a computation is checked.
    """
    if type(event) is not channel.event_class:
        raise EventInvalid(f"{type(event).__name__} is no event of channel {channel.name}")
    for field in channel.fields:
        value = getattr(event, field.name)
        if value is None:
            if not field.is_optional:
                raise _invalid(field, "is missing")
        elif field.is_list:
            _check_items(field, value)
        else:
            _check_value(field, value)


def _check_items(field: EventField, value: object) -> None:
    if not isinstance(value, tuple):
        raise _invalid(field, "is no tuple")
    if len(value) > MAX_ITEMS:
        raise _invalid(field, f"has {len(value)} values; {MAX_ITEMS} are taken")
    for item in value:
        _check_value(field, item)


def _check_value(field: EventField, value: object) -> None:
    expected = field.enum or _CLASSES[field.kind]
    if type(value) is not expected:
        raise _invalid(field, f"is {type(value).__name__} and no {field.kind}")
    match value:
        case str():
            _check_text(field, value)
        case bool():
            pass
        case int() if field.kind == "integer":
            if not -MAX_INTEGER - 1 <= value <= MAX_INTEGER:
                raise _invalid(field, "does not fit 32 bits")
        case Decimal():
            _check_decimal(field, value)
        case datetime():
            if value.utcoffset() is None:
                raise _invalid(field, "has no offset; write 2026-11-21T10:00:00Z, say")


def _check_decimal(field: EventField, value: Decimal) -> None:
    """Take what fits, as decimals in JSON are taken; nothing computes with it before."""
    if not value.is_finite() or value.copy_abs() >= MAX_DECIMAL:
        raise _invalid(field, f"is no finite number below {MAX_DECIMAL:f}; give one")
    written = -cast("int", value.as_tuple().exponent)
    if written <= MAX_DECIMAL_PLACES:
        return
    # Fifteen characters may stand for a number that is stored in a gigabyte of zeros.
    places = digits_and_places(value)[1] if value else 0
    if places > MAX_DECIMAL_PLACES or written > MAX_TEXT:
        raise _invalid(field, f"has {written} decimals; at most {MAX_DECIMAL_PLACES} are taken")


def _check_text(field: EventField, value: str) -> None:
    if len(value) > field.max_length:
        raise _invalid(field, f"has {len(value)} characters; {field.max_length} are taken")
    if "\0" in value:
        raise _invalid(field, "has a character NUL, which cannot be stored")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _invalid(field, "has half of a surrogate pair") from None


def _invalid(field: EventField, problem: str) -> EventInvalid:
    return EventInvalid(f"{field.json_name} {problem}", path=(field.json_name,))


def to_json(channel: HostedChannel, event: object) -> dict[str, Any]:
    """Return an event as the JSON object that is stored: fields that are not default."""
    written: dict[str, Any] = {}
    for field in channel.fields:
        value = getattr(event, field.name)
        if field.is_required or value != field.default:
            written[field.json_name] = _json_value(value)
    return written


def _json_value(value: object) -> object:
    match value:
        case Decimal():
            return format(value, "f")
        case datetime():
            return in_utc(value).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case Enum():
            return value.name
        case tuple():
            return [_json_value(item) for item in value]
        case _:
            return value


def from_json(channel: HostedChannel, written: Mapping[str, object]) -> Any:
    """Return the event of a JSON object, or refuse it with the path of what is wrong.

    Fields have the names of the schema; an unknown one is refused. Decimals are text (or
    whole numbers), enums their members' names, instants and days ISO 8601.
    """
    values: dict[str, object] = {}
    known = {field.json_name for field in channel.fields}
    for name in written:
        if name not in known:
            raise EventInvalid(
                f"channel {channel.name} has no field {name[:80]!r}; it has "
                f"{', '.join(sorted(known))}",
                path=(name[:80],),
            )
    for field in channel.fields:
        if field.json_name in written:
            values[field.name] = _from_json_field(field, written[field.json_name])
        elif field.is_required:
            raise _invalid(field, "is missing")
    event = channel.event_class(**values)
    check_event(channel, event)
    return event


def _from_json_field(field: EventField, written: object) -> object:
    if written is None:
        return None
    if not field.is_list:
        return _from_json_value(field, written)
    if not isinstance(written, list) or len(written) > MAX_ITEMS:
        raise _invalid(field, f"is no list of at most {MAX_ITEMS} values")
    return tuple(_from_json_value(field, item) for item in written)


def _from_json_value(field: EventField, written: object) -> object:
    if field.kind in _JSON_CLASSES:
        if type(written) is not _JSON_CLASSES[field.kind]:
            raise _invalid(field, f"is {type(written).__name__} and no {field.kind}")
        return written
    if field.kind == "decimal" and type(written) is int:
        written = str(written)
    if not isinstance(written, str):
        raise _invalid(field, f"is no {field.kind} written as text")
    try:
        return _parsed(field, written)
    except DecimalRefused as refused:
        raise _invalid(field, f"is refused: {refused.message}") from None
    except (KeyError, ValueError):
        raise _invalid(field, f"is no {field.kind}{_choices(field)}") from None


def _parsed(field: EventField, written: str) -> object:
    if field.enum is not None:
        return field.enum[written]
    if field.kind == "decimal":
        return parse_decimal(written, max_digits=13, max_places=MAX_DECIMAL_PLACES)
    if field.kind == "instant":
        return datetime.fromisoformat(written)
    return date.fromisoformat(written)


def _choices(field: EventField) -> str:
    return f"; choose from {', '.join(field.enum.__members__)}" if field.enum else ""


Columns = tuple[tuple[object, ...], ...]
"""The values of a batch by field, in the order of the channel's fields."""


def to_columns(channel: HostedChannel, events: Sequence[object]) -> Columns:
    """Return a batch as plain columns; an enum's member goes by its name."""
    return tuple(
        tuple(_plain(field, getattr(event, field.name)) for event in events)
        for field in channel.fields
    )


def from_columns(channel: HostedChannel, columns: Columns) -> list[Any]:
    """Return the events of a batch in columns."""
    names = [field.name for field in channel.fields]
    whole = [
        [_from_plain(field, value) for value in column]
        for field, column in zip(channel.fields, columns, strict=True)
    ]
    return [
        channel.event_class(**dict(zip(names, row, strict=True)))
        for row in zip(*whole, strict=True)
    ]


def _plain(field: EventField, value: object) -> object:
    if field.enum is None or value is None:
        return value
    if isinstance(value, tuple):
        return tuple(item.name for item in value)
    return cast("Enum", value).name


def _from_plain(field: EventField, value: object) -> object:
    if field.enum is None or value is None:
        return value
    if isinstance(value, tuple):
        return tuple(field.enum[name] for name in value)
    return field.enum[cast("str", value)]
