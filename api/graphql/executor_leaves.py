"""How plain values are completed: a stored attribute straight to what JSON holds.

One value, or a column of them: the same attribute of many objects, whose types are looked at
together. Whatever is not exactly what is expected raises `Unusual`, or anything else, and is
then resolved by graphql-core from the beginning, which says what is wrong in its own words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
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

from api.graphql.scalar_columns import WRITTEN_IN_COLUMNS, NotOfOneKind

Complete: TypeAlias = Callable[[Any], Any]
"""Completes a value; None too, where the type is nullable, and otherwise refuses it."""
CompleteAll: TypeAlias = Callable[[Sequence[Any]], Sequence[Any]]
"""Completes many values at once, in their order."""

_PLAIN: Final = frozenset({str, int, bool, float, Decimal, datetime, date, time, UUID})
"""Types whose values are no exceptions and cannot be awaited."""
_WRITTEN: Final = frozenset({str, int, float, bool})


class Unusual(Exception):
    """Left to graphql-core."""


class Completion(NamedTuple):
    """How the values of a type are completed: one, or many."""

    one: Complete
    many: CompleteAll


def leaf(kind: GraphQLLeafType) -> Completion:
    """Return what completes values of a scalar or an enum."""
    known = _BUILT_IN.get(kind.name)
    if known is not None and known[0] is kind:
        return known[1]
    if isinstance(kind, CustomGraphQLEnumType):
        return _enum(kind)
    if isinstance(kind, GraphQLEnumType):
        return Completion(_left, _left)
    return _scalar(kind.coerce_output_value)


def are_of(values: Iterable[Any], types: frozenset[type]) -> bool:
    """Whether all values are exactly of these types: looked at together, it costs little."""
    return types.issuperset(map(type, values))


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


def _as_they_are(kind: type) -> CompleteAll:
    """Return what lets a column of values of one type pass."""
    types = frozenset({kind})

    def complete(values: Sequence[Any]) -> Sequence[Any]:
        if are_of(values, types):
            return values
        raise Unusual

    return complete


_whole_ones: Final = _as_they_are(int)


def _all_whole(values: Sequence[Any]) -> Sequence[int]:
    found = _whole_ones(values)
    if not found or (min(found) >= GRAPHQL_MIN_INT and max(found) <= GRAPHQL_MAX_INT):
        return found
    raise Unusual


def _left(_value: Any) -> Any:
    raise Unusual


_TEXT: Final = Completion(_text, _as_they_are(str))
_BUILT_IN: Final[Mapping[str, tuple[GraphQLLeafType, Completion]]] = {
    "ID": (GraphQLID, _TEXT),
    "String": (GraphQLString, _TEXT),
    "Boolean": (GraphQLBoolean, Completion(_truth, _as_they_are(bool))),
    "Int": (GraphQLInt, Completion(_whole, _all_whole)),
}


def _scalar(coerce: Complete) -> Completion:
    def complete(value: Any) -> Any:
        if type(value) in _PLAIN:
            written = coerce(value)
            if type(written) in _WRITTEN:
                return written
        raise Unusual

    in_columns = WRITTEN_IN_COLUMNS.get(coerce)

    def complete_all(values: Sequence[Any]) -> Sequence[Any]:
        if in_columns is not None:
            try:
                return in_columns(values)
            except NotOfOneKind:
                pass
        return list(map(complete, values))

    return Completion(complete, complete_all)


def _enum(kind: CustomGraphQLEnumType) -> Completion:
    """Look members up by identity: hashing one runs Python code each time."""
    members: Any = kind.wrapped_cls
    named = ((member, _name(kind, member)) for member in members)
    # Members live as long as their class, so that nothing else has the identity of one.
    names = {id(member): name for member, name in named if name is not None}
    name_of = names.__getitem__

    def complete(value: Any) -> str:
        return name_of(id(value))

    def complete_all(values: Sequence[Any]) -> list[str]:
        return list(map(name_of, map(id, values)))

    return Completion(complete, complete_all)


def _name(kind: CustomGraphQLEnumType, member: Any) -> str | None:
    """Return the name that graphql-core writes; None where it refuses the member."""
    try:
        return str(kind.coerce_output_value(member))
    except Exception:  # noqa: BLE001 - it says so itself, when it is asked
        return None
