"""What no value may be, wherever it stands: endless, unstorable, or out of the calendar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from core.catalogue.errors import BAD_VALUE, NOT_A_NUMBER
from core.catalogue.schema import SECTIONS, Catalogue
from core.catalogue.schema.fields import KEY
from core.kernel.clock import FIRST_YEAR, LAST_YEAR
from core.kernel.errors import Problem

Path = tuple[str, ...]
MAX_WHOLE: Final = 2**31 - 1
"""What a column for whole numbers holds."""


def check_values(catalogue: Catalogue) -> Iterator[Problem]:
    """Check every number and text of a catalogue by itself."""
    for section in SECTIONS:
        for definition in catalogue.section(section):
            yield from _walk(definition, (section, definition.code))


def _walk(value: Any, path: Path) -> Iterator[Problem]:
    if isinstance(value, int | Decimal):
        yield from _number(value, path)
    elif isinstance(value, str):
        yield from _text(value, path)
    elif isinstance(value, date):
        yield from check_year(value, path)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _walk(item, (*path, str(index)))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _text(name, path)
            yield from _walk(item, (*path, name))
    elif is_dataclass(value):
        for found in fields(value):
            name = str(found.metadata.get(KEY) or found.name)
            yield from _walk(getattr(value, found.name), (*path, name))


def _number(value: int | Decimal, path: Path) -> Iterator[Problem]:
    if isinstance(value, Decimal):
        if not value.is_finite():
            yield Problem(NOT_A_NUMBER, f"{value} is no decimal number; write 12.50, say", path)
    elif abs(value) > MAX_WHOLE:
        told = f"{value} is too large; a whole number is at most {MAX_WHOLE}"
        yield Problem(BAD_VALUE, told, path)


def check_year(value: date, path: Path) -> Iterator[Problem]:
    """Check that a date or an instant is of the years that are computed with."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        told = f"{value.isoformat()} is not of the years {FIRST_YEAR} to {LAST_YEAR}"
        yield Problem(BAD_VALUE, f"{told}; mend it, or leave it out", path)


def _text(text: str, path: Path) -> Iterator[Problem]:
    surrogate = any("\ud800" <= sign <= "\udfff" for sign in text)
    if "\0" in text or surrogate:
        told = "the text holds a sign that cannot be stored (NUL, half a surrogate pair)"
        yield Problem(BAD_VALUE, f"{told}; remove it", path)
