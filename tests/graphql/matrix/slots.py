"""Every place of the schema where an id or a name can be given, and how it is reached."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_enum_type,
    is_required_argument,
    is_required_input_field,
)

from tests.graphql.customers import SAMPLES

Steps = tuple[str, ...]
Hint = Callable[[str, str], Any]
"""Returns a good value for an argument by its name and its type's, or None."""

PAGES: Final = frozenset({"after", "before"})
"""Cursors name places in a list, and hold no ids of objects."""


@dataclass(frozen=True, slots=True)
class Slot:
    """An argument, or a place within one; `steps` leads from the field's arguments to it."""

    owner: str
    field: str
    steps: Steps
    kind: str

    def __str__(self) -> str:
        """Return the name by which a person finds it."""
        return f"{self.owner}.{self.field}({'.'.join(self.steps)})"


def slots_of(schema: GraphQLSchema) -> list[Slot]:
    """Return every place of the type ID or String, in the order of the schema's names."""
    found = []
    for name, kind in sorted(schema.type_map.items()):
        if name.startswith("__") or not isinstance(kind, GraphQLObjectType):
            continue
        for field_name, field in sorted(kind.fields.items()):
            for argument, each in sorted(field.args.items()):
                found += [
                    Slot(name, field_name, (argument, *steps), leaf)
                    for steps, leaf in _leaves(each.type)
                    if not PAGES & {argument}
                ]
    return found


def _leaves(kind: Any, within: frozenset[str] = frozenset()) -> Iterator[tuple[Steps, str]]:
    named = get_named_type(kind)
    if not isinstance(named, GraphQLInputObjectType):
        if named.name in {"ID", "String"}:
            yield (), named.name
        return
    if named.name in within:
        return
    for name, field in named.fields.items():
        for steps, leaf in _leaves(field.type, within | {named.name}):
            yield (name, *steps), leaf


def field_of(schema: GraphQLSchema, slot: Slot) -> GraphQLField:
    """Return the field that takes the argument."""
    owner = schema.type_map[slot.owner]
    assert isinstance(owner, GraphQLObjectType | GraphQLInterfaceType)
    field: GraphQLField = owner.fields[slot.field]
    return field


def filled(
    schema: GraphQLSchema, slot: Slot, good: Mapping[str, Any], value: Any, hint: Hint
) -> dict[str, Any]:
    """Return the field's arguments with a value in the slot, and good ones beside it.

    What `good` says is kept; what is demanded and missing is made.
    """
    arguments: dict[str, Any] = copy.deepcopy(dict(good))
    field = field_of(schema, slot)
    for name, each in field.args.items():
        if name not in arguments and is_required_argument(each):
            arguments[name] = made(each.type, name, hint)
    _put(arguments, field.args, slot.steps, value, hint)
    return arguments


def _put(
    within: dict[str, Any],
    members: Mapping[str, GraphQLArgument] | Mapping[str, GraphQLInputField],
    steps: Steps,
    value: Any,
    hint: Hint,
) -> None:
    name, *rest = steps
    kind = get_nullable_type(members[name].type)
    is_list = isinstance(kind, GraphQLList)
    named = get_named_type(kind)
    if not rest:
        within[name] = _nested(kind, value) if is_list else value
        return
    assert isinstance(named, GraphQLInputObjectType)
    if not within.get(name):
        within[name] = (
            _nested(kind, made(named, name, hint)) if is_list else made(named, name, hint)
        )
    inner = within[name]
    while isinstance(inner, list):
        inner = inner[0]
    if named.is_one_of and rest[0] not in inner:
        inner.clear()
    _put(inner, named.fields, tuple(rest), value, hint)


def _nested(kind: Any, value: Any) -> Any:
    kind = get_nullable_type(kind)
    return [_nested(kind.of_type, value)] if isinstance(kind, GraphQLList) else value


def made(kind: Any, name: str, hint: Hint) -> Any:
    """Return a value of a type: what is demanded, and nothing else."""
    kind = get_nullable_type(kind)
    if isinstance(kind, GraphQLList):
        return [made(kind.of_type, name, hint)]
    if is_enum_type(kind):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        fields = kind.fields.items()
        if kind.is_one_of:
            first, each = next(iter(fields))
            return {first: made(each.type, first, hint)}
        return {
            inner: made(each.type, inner, hint)
            for inner, each in fields
            if is_required_input_field(each)
        }
    hinted = hint(name, kind.name)
    return SAMPLES[kind.name] if hinted is None else hinted
