"""How plain values are completed: a stored attribute straight to what JSON holds.

Whatever is not exactly what is expected raises `Unusual`, or anything else, and is then
resolved by graphql-core from the beginning, which says what is wrong in its own words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from operator import attrgetter, call
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID

from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
)
from strawberry.schema.schema_converter import CustomGraphQLEnumType
from strawberry.types.cast import TYPE_CAST_ATTRIBUTE

Complete: TypeAlias = Callable[[Any], Any]
"""Completes a value; None too, where the type is nullable, and otherwise refuses it."""

ANY_OBJECT: Final = "__class__"
"""An attribute that no object lacks."""

_PLAIN: Final = frozenset({str, int, bool, float, Decimal, datetime, date, time, UUID})
"""Types whose values are no exceptions and cannot be awaited."""
_WRITTEN: Final = frozenset({str, int, float, bool})


class Unusual(Exception):
    """Left to graphql-core."""


class Entry(NamedTuple):
    """A field of a selection: its name in the answer, and where its value comes from."""

    name: str
    attribute: str
    complete: Complete


def nullable(complete: Complete) -> Complete:
    """Let None pass."""

    def complete_or_none(value: Any) -> Any:
        return None if value is None else complete(value)

    return complete_or_none


def constant(value: str) -> Complete:
    """Return what completes any value to the same one: the name of a type."""
    return lambda _value: value


def leaf(kind: GraphQLLeafType) -> Complete:
    """Return what completes values of a scalar or an enum."""
    known = _BUILT_IN.get(kind.name)
    if known is not None and known[0] is kind:
        return known[1]
    if isinstance(kind, CustomGraphQLEnumType):
        return _enum(kind)
    if isinstance(kind, GraphQLEnumType):
        return _left
    return _scalar(kind.coerce_output_value)


def objects(
    classes: tuple[type, ...], entries: Sequence[Entry], *, may_be_cast: bool
) -> Complete:
    """Return what completes objects of exactly these classes by their attributes.

    The loop over the attributes is Python's own: one of ours would take twice the time.
    """
    names = tuple(entry.name for entry in entries)
    completes = tuple(entry.complete for entry in entries)
    # One more that no object lacks, lest a single attribute come without a tuple around it.
    read = attrgetter(*(entry.attribute for entry in entries), ANY_OBJECT, ANY_OBJECT)

    def complete(value: Any) -> dict[str, Any]:
        if type(value) not in classes or (may_be_cast and hasattr(value, TYPE_CAST_ATTRIBUTE)):
            raise Unusual
        return dict(zip(names, map(call, completes, read(value)), strict=False))

    return complete


def lists(complete_item: Complete) -> Complete:
    """Return what completes lists and tuples of such items."""

    def complete(value: Any) -> list[Any]:
        if type(value) is not list and type(value) is not tuple:
            raise Unusual
        return list(map(complete_item, value))

    return complete


def _text(value: Any) -> str:
    if type(value) is str:
        return value
    raise Unusual


def _truth(value: Any) -> bool:
    if type(value) is bool:
        return value
    raise Unusual


def _whole(value: Any) -> int:
    if type(value) is int and GRAPHQL_MIN_INT <= value <= GRAPHQL_MAX_INT:
        return value
    raise Unusual


def _left(_value: Any) -> Any:
    raise Unusual


_BUILT_IN: Final[Mapping[str, tuple[GraphQLLeafType, Complete]]] = {
    "ID": (GraphQLID, _text),
    "String": (GraphQLString, _text),
    "Boolean": (GraphQLBoolean, _truth),
    "Int": (GraphQLInt, _whole),
}


def _scalar(coerce: Complete) -> Complete:
    def complete(value: Any) -> Any:
        if type(value) in _PLAIN:
            written = coerce(value)
            if type(written) in _WRITTEN:
                return written
        raise Unusual

    return complete


def _enum(kind: CustomGraphQLEnumType) -> Complete:
    """Look members up by identity: hashing one runs Python code each time."""
    members: Any = kind.wrapped_cls
    names = {id(member): _name(kind, member) for member in members}

    def complete(value: Any) -> str:
        name = names.get(id(value)) if type(value) is members else None
        if name is None:
            raise Unusual
        return name

    return complete


def _name(kind: CustomGraphQLEnumType, member: Any) -> str | None:
    """Return the name that graphql-core writes; None where it refuses the member."""
    try:
        return str(kind.coerce_output_value(member))
    except Exception:  # noqa: BLE001 - it says so itself, when it is asked
        return None
