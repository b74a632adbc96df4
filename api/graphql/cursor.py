"""Cursors: where a page ended, as a text that clients keep but do not read.

A cursor names its version and sort and holds the sort's values, so that one of another
list, another order or an older version is refused and never silently misread.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Final
from uuid import UUID

import orjson

from core.kernel.errors import Refusal

VERSION: Final = 1
MAX_CHARACTERS: Final = 1024

CursorValue = str | int | bool | UUID | datetime | date


class CursorInvalid(Refusal):
    """A cursor is broken, or was made by another list or another order."""

    code: ClassVar[str] = "CURSOR_INVALID"


def _integer(raw: object) -> int:
    if type(raw) is not int or not -(2**63) <= raw < 2**63:
        raise ValueError
    return raw


def _boolean(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise ValueError  # noqa: TRY004 - one kind of failure for the caller
    return raw


def _text(raw: object) -> str:
    if not isinstance(raw, str) or "\0" in raw:
        raise ValueError
    return raw


def _instant(raw: object) -> datetime:
    instant = datetime.fromisoformat(_text(raw))
    if instant.tzinfo is None:
        raise ValueError
    return instant


_DECODERS: Final[dict[type, Callable[[object], CursorValue]]] = {
    str: _text,
    int: _integer,
    bool: _boolean,
    UUID: lambda raw: UUID(_text(raw)),
    datetime: _instant,
    date: lambda raw: date.fromisoformat(_text(raw)),
}


def is_supported(value_type: type) -> bool:
    """Say whether values of a type can stand in a cursor."""
    return value_type in _DECODERS


def encode_cursor(sort_id: str, values: Sequence[CursorValue]) -> str:
    """Return the cursor of a row with these values in a sort."""
    raw = orjson.dumps([VERSION, sort_id, *values], default=_written)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _written(value: object) -> str:
    """Write what orjson does not know: the database driver has a UUID class of its own."""
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot stand in a cursor")


def decode_cursor(
    text: str, *, sort_id: str, types: Sequence[type], path: tuple[str, ...] = ()
) -> tuple[CursorValue, ...]:
    """Return the values in a cursor that fits the sort.

    Raises:
        CursorInvalid: It is broken, or belongs to another sort or version.
    """
    try:
        if len(text) > MAX_CHARACTERS:
            raise ValueError  # noqa: TRY301 - every failure here has the same answer
        version, found_sort, *values = _unpacked(text)
        if (version, found_sort, len(values)) != (VERSION, sort_id, len(types)):
            raise ValueError  # noqa: TRY301
        return tuple(_DECODERS[of](value) for of, value in zip(types, values, strict=True))
    except (ValueError, OverflowError):
        raise CursorInvalid(
            "This cursor does not belong to this list in this order. Start again without it.",
            path=path,
        ) from None


def _unpacked(text: str) -> list[Any]:
    try:
        raw = base64.b64decode(
            text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True
        )
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError from None
    unpacked = orjson.loads(raw)
    if not isinstance(unpacked, list) or len(unpacked) < 2:
        raise ValueError
    return unpacked
