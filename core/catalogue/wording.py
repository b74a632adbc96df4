"""Say types and near misses in words, for messages and for the reference page."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Final, Literal, Union, get_args, get_origin

_WORDS: Final[dict[Any, str]] = {
    Decimal: "a number",
    int: "a whole number",
    str: "a text",
    bool: "true or false",
    datetime: "a date",
}
_MOST_NAMED: Final = 20


def meant(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean …?" for the nearest known word, or nothing."""
    nearest = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {nearest[0]}?" if nearest else ""


def installed_ones(channels: Iterable[str]) -> str:
    """Return "; installed are …", with the first 20 names, or that there are none."""
    names = sorted(channels)
    more = ", …" if len(names) > _MOST_NAMED else ""
    return f"; installed are {', '.join(names[:_MOST_NAMED]) or 'none'}{more}"


def described(hint: Any) -> str:
    """Say an annotation in words: "a number", "one of max, last, average"."""
    origin = get_origin(hint)
    if origin is Literal:
        return "one of " + ", ".join(get_args(hint))
    if origin in {Union, types.UnionType}:
        return _union(get_args(hint))
    if origin is tuple:
        item = get_args(hint)[0]
        return "a list of texts" if item is str else f"a list of {described(item)}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"a mapping from a name to {described(get_args(hint)[1])}"
    if is_dataclass(hint) and isinstance(hint, type):
        return f"a mapping of {key_list(hint)}"
    return _WORDS.get(hint, "a value")


def _union(members: tuple[Any, ...]) -> str:
    some = [member for member in members if member is not type(None)]
    if set(some) == {date, datetime}:
        return "a date or an instant with its offset"
    return ", or ".join(described(member) for member in some)


def key_list(definition: type) -> str:
    """List the keys of a definition."""
    return ", ".join(found.metadata.get("key") or found.name for found in fields(definition))
