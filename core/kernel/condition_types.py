"""The types that a condition may read: scalars, records, lists and maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, get_args, get_origin


@dataclass(frozen=True, slots=True)
class Scalar:
    """A type without parts; `name` is how messages call it."""

    name: str


@dataclass(frozen=True)
class Record:
    """A type of named fields."""

    fields: Mapping[str, ConditionType]


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list whose elements are of one type."""

    element: ConditionType


@dataclass(frozen=True, slots=True)
class MapOf:
    """A map from any text to values of one type."""

    value: ConditionType


ConditionType = Scalar | Record | ListOf | MapOf

BOOL: Final = Scalar("bool")
INT: Final = Scalar("int")
STR: Final = Scalar("str")
INSTANT: Final = Scalar("instant")
DURATION: Final = Scalar("duration")
NULL: Final = Scalar("null")
ANY: Final = Scalar("any")

_PYTHON_TYPES: Final[dict[object, Scalar]] = {
    bool: BOOL, int: INT, str: STR, datetime: INSTANT, object: ANY,
}  # fmt: skip


def condition_type(declared: object) -> ConditionType:
    """Read a declaration of a type.

    It is str, bool, int, datetime, object (any of these), list[T], dict[str, T], or a
    mapping of field names to declarations.
    """
    if isinstance(declared, Scalar | Record | ListOf | MapOf):
        return declared
    if isinstance(declared, Mapping):
        return Record({str(name): condition_type(part) for name, part in declared.items()})
    if declared in _PYTHON_TYPES:
        return _PYTHON_TYPES[declared]
    arguments = get_args(declared)
    if get_origin(declared) is list:
        return ListOf(condition_type(arguments[0]))
    if get_origin(declared) is dict and arguments[0] is str:
        return MapOf(condition_type(arguments[1]))
    raise TypeError(f"conditions know no type {declared!r}")


def described(found: ConditionType) -> str:
    """Name a type for a message."""
    if isinstance(found, Scalar):
        return found.name
    return {Record: "record", ListOf: "list", MapOf: "map"}[type(found)]
