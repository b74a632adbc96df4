"""What people type about themselves, checked: names, e-mail addresses, countries.

A country is an ISO 3166-1 code of the time zone database's own table, so that country and
zone come from one release. An address is checked for its form only; nothing is looked up.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib.resources import files
from typing import ClassVar, Final

from core.kernel.errors import Refusal

MAX_EMAIL_LENGTH: Final = 254
MAX_LINE_LENGTH: Final = 200
_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f.]+(\.[^@\s\x00-\x1f.]+)+")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Cn", "Co"})
_CONTROLS: Final = frozenset({"Cc", "Cs"})


class UnknownCountry(Refusal):
    """A code is no ISO 3166-1 country."""

    code: ClassVar[str] = "UNKNOWN_COUNTRY"


class InvalidEmail(Refusal):
    """A text does not have the form of an e-mail address."""

    code: ClassVar[str] = "INVALID_EMAIL"


class InvalidText(Refusal):
    """A line of text is empty, too long, or has control characters."""

    code: ClassVar[str] = "INVALID_TEXT"


def country_code(code: str, *, path: tuple[str, ...] = ("country",)) -> str:
    """Return the country's code in upper case, or refuse it."""
    upper = code.upper()
    if upper not in _countries():
        raise UnknownCountry(f"{code!r} is no country; write FR, say (ISO 3166-1)", path=path)
    return upper


def email_address(text: str, *, path: tuple[str, ...] = ("email",)) -> str:
    """Return the address without space around it and in lower case, or refuse its form.

    Two addresses that look the same are the same: wide letters of a domain are the plain
    ones, and characters that nobody sees (zero width, direction) are refused.
    """
    address = unicodedata.normalize("NFC", text.strip()).lower()
    name, at, domain = address.rpartition("@")
    address = f"{name}{at}{unicodedata.normalize('NFKC', domain).lower()}"
    unseen = any(unicodedata.category(each) in _UNSEEN for each in address)
    if len(address) > MAX_EMAIL_LENGTH or unseen or not _EMAIL.fullmatch(address):
        told = repr(text[:MAX_EMAIL_LENGTH])
        raise InvalidEmail(f"{told} is no e-mail address; write name@example.com", path=path)
    return address


def line_of_text(text: str, *, path: tuple[str, ...], maximum: int = MAX_LINE_LENGTH) -> str:
    """Return one line without space around it; 1 to `maximum` characters, no controls."""
    line = unicodedata.normalize("NFC", text.strip())
    if not 1 <= len(line) <= maximum or any(unicodedata.category(c) in _CONTROLS for c in line):
        raise InvalidText(f"write 1 to {maximum} characters on one line", path=path)
    return line


def optional_line(text: str | None, *, path: tuple[str, ...]) -> str | None:
    """Return a line of text that may be absent, checked where it is there."""
    return None if text is None else line_of_text(text, path=path)


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    table = (files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8")
    lines = (line for line in table.splitlines() if line and not line.startswith("#"))
    return frozenset(line.split("\t")[0] for line in lines)
