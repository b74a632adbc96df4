"""How a selection is read: which of its fields are attributes, and how those are completed.

A field is one where it has no resolver, no arguments and no directive of its own, and is of a
scalar, an enum, an object whose class is beyond doubt, or lists of them; a whole object is
completed by its attributes where all that is selected below it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias
from weakref import WeakKeyDictionary

from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    is_leaf_type,
)
from graphql.execution.collect_fields import (
    CollectedFields,
    FieldDetailsList,
    GroupedFieldSet,
)
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from api.graphql.executor_leaves import Completion, leaf
from api.graphql.executor_objects import (
    ANY_OBJECT,
    Entry,
    constant,
    lists,
    nullable,
    objects,
)
from api.graphql.executor_plans import Operations, Plan

Collect: TypeAlias = Callable[[GraphQLObjectType, FieldDetailsList], CollectedFields]
"""Collects the fields that are selected of an object."""

_DEFINITION: Final = "strawberry-definition"
_TYPENAME: Final = "__typename"
_USUAL_DIRECTIVES: Final = frozenset({"skip", "include"})


class Known:
    """What is known of a schema, for all of its executions."""

    def __init__(self) -> None:
        self.attributes: dict[tuple[str, str], tuple[str | None, Any]] = {}
        self.leaves: dict[str, Completion] = {}
        self.operations = Operations()


_known: Final[WeakKeyDictionary[GraphQLSchema, Known]] = WeakKeyDictionary()


def known_of(schema: GraphQLSchema) -> Known:
    """Return what is known of a schema."""
    return _known.setdefault(schema, Known())


class Selections:
    """Reads the selections of one execution."""

    __slots__ = ("_collect", "_known", "_schema")

    def __init__(self, schema: GraphQLSchema, known: Known, collect: Collect) -> None:
        self._schema = schema
        self._known = known
        self._collect = collect

    def plan(self, parent: GraphQLObjectType, grouped: GroupedFieldSet) -> Plan | None:
        """Return which fields of an object are its attributes; None where none are."""
        short: list[tuple[Entry, FieldDetailsList]] = []
        usual: GroupedFieldSet = {}
        for name, details in grouped.items():
            entry = self._entry(parent, name, details)
            if entry is None:
                usual[name] = details
            else:
                short.append((entry, details))
        return Plan(tuple(grouped), tuple(short), usual) if short else None

    def list_of(self, kind: GraphQLList[Any], details: FieldDetailsList) -> Completion | None:
        """Return what completes a resolver's list; None where graphql-core must."""
        return None if _is_directed(details) else self._present(kind, details)

    def _entry(
        self, parent: GraphQLObjectType, name: str, details: FieldDetailsList
    ) -> Entry | None:
        """Return how a field is taken from an attribute; None where it is not."""
        node = details[0].node
        if node.arguments or _is_directed(details):
            return None
        if node.name.value == _TYPENAME:
            return Entry(name, ANY_OBJECT, constant(parent.name))
        attribute, kind = self._attribute(parent, node.name.value)
        if attribute is None:
            return None
        completion = self._completing(kind, details)
        return None if completion is None else Entry(name, attribute, completion)

    def _attribute(self, parent: GraphQLObjectType, field: str) -> tuple[str | None, Any]:
        key = parent.name, field
        found = self._known.attributes.get(key)
        if found is None:
            found = _attribute_of(self._schema.get_field(parent, field))
            self._known.attributes[key] = found
        return found

    def _completing(self, kind: Any, details: FieldDetailsList) -> Completion | None:
        """Return what completes values of a type; None where they may need a resolver."""
        if isinstance(kind, GraphQLNonNull):
            return self._present(kind.of_type, details)
        present = self._present(kind, details)
        return None if present is None else nullable(present)

    def _present(self, kind: Any, details: FieldDetailsList) -> Completion | None:
        """Return what completes values of a nullable type that are not None."""
        if is_leaf_type(kind):
            found = self._known.leaves.get(kind.name)
            if found is None:
                found = self._known.leaves[kind.name] = leaf(kind)
            return found
        if isinstance(kind, GraphQLList):
            below = self._completing(kind.of_type, details)
            return None if below is None else lists(below)
        if isinstance(kind, GraphQLObjectType):
            return self._object(kind, details)
        return None

    def _object(self, kind: GraphQLObjectType, details: FieldDetailsList) -> Completion | None:
        classes = _classes(kind)
        if not classes:
            return None
        grouped, new_defer_usages, forbidden = self._collect(kind, details)
        if new_defer_usages or forbidden:
            return None
        entries: list[Entry] = []
        for name, below in grouped.items():
            entry = self._entry(kind, name, below)
            if entry is None:
                return None
            entries.append(entry)
        return objects(classes, tuple(entries), may_be_cast=kind.is_type_of is not None)


def _is_directed(details: FieldDetailsList) -> bool:
    """Whether a field has a directive that does more than leave it out."""
    return any(
        directive.name.value not in _USUAL_DIRECTIVES
        for each in details
        for directive in each.node.directives or ()
    )


def _attribute_of(field: GraphQLField | None) -> tuple[str | None, Any]:
    """Return the attribute that a field shows and nothing else, and the field's type."""
    if field is None or field.args or not getattr(field.resolve, "_is_default", False):
        return None, None
    definition = (field.extensions or {}).get(_DEFINITION)
    if not isinstance(definition, StrawberryField) or not definition.is_basic_field:
        return None, None
    if definition.default_resolver is not getattr or type(definition) is not StrawberryField:
        return None, None
    return definition.python_name, field.type


def _classes(kind: GraphQLObjectType) -> tuple[type, ...]:
    """Return the classes whose objects are of a type beyond doubt."""
    definition = (kind.extensions or {}).get(_DEFINITION)
    if not isinstance(definition, StrawberryObjectDefinition) or definition.is_type_of:
        return ()
    found = [definition.origin]
    if definition.concrete_of is not None:
        found.append(definition.concrete_of.origin)
    return tuple(each for each in found if _is_plain(each))


def _is_plain(origin: type) -> bool:
    """Whether objects of a class are neither raised nor awaited."""
    return not issubclass(origin, BaseException) and not hasattr(origin, "__await__")
