"""Custom attributes and search keys: what is stored of what a tenant writes. Pure.

An attribute is a text, a truth value or a whole number, because conditions read them and
those are the types that conditions compare exactly.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import ClassVar, Final

from core.kernel.errors import Refusal

AttributeValue = str | bool | int

MAX_ATTRIBUTES: Final = 100
MAX_TEXT: Final = 500
MAX_NAME_KEY: Final = 200
_LARGEST: Final = 2**63 - 1
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


class InvalidAttribute(Refusal):
    """An attribute's name or value is not of a kind that conditions can read."""

    code: ClassVar[str] = "INVALID_ATTRIBUTE"


def checked_attributes(
    attributes: Mapping[str, object], *, path: tuple[str, ...] = ("attributes",)
) -> dict[str, AttributeValue]:
    """Return the attributes in the order of their names, or refuse the first bad one."""
    if len(attributes) > MAX_ATTRIBUTES:
        raise InvalidAttribute(f"give at most {MAX_ATTRIBUTES} attributes", path=path)
    return {
        name: _checked(name, attributes[name], path=(*path, name))
        for name in sorted(attributes)
    }


def name_key(name: str) -> str:
    """Fold a name for searching and sorting: no case, no accents, single spaces.

    "  Émile   ZOLA" becomes "emile zola".
    """
    decomposed = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(plain.split())[:MAX_NAME_KEY]


def _checked(name: str, value: object, *, path: tuple[str, ...]) -> AttributeValue:
    if not _NAME.fullmatch(name):
        raise InvalidAttribute(f"{name!r}: letters, digits and _, no digit first", path=path)
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) <= _LARGEST:
        return value
    if isinstance(value, str) and len(value) <= MAX_TEXT and "\x00" not in value:
        return value
    raise InvalidAttribute(
        f"write a text of at most {MAX_TEXT} characters, true, false or a whole number",
        path=path,
    )
