"""The executor's short-cut: attributes of stored objects need no resolver.

graphql-core makes for every field a path, an info object, a dictionary of arguments and a
chain of checks, most of it for a value that lies in an attribute already. Here a selection
is read once into what it takes from an object, and applied to each. That holds for fields
without a resolver, arguments or a directive of one's own, of scalars and enums, of objects
of one class, and lists of them. Everything else takes the ordinary way, and so does the whole
of such a field as soon as anything in it is unusual: None where there must be a value,
an exception, something to be awaited, another class, a scalar that refuses. Reading an
attribute twice changes nothing, so that answers and errors are those of graphql-core.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Iterable, Mapping
from typing import Any, Final
from weakref import WeakKeyDictionary

from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    is_leaf_type,
)
from graphql.execution.collect_fields import (
    CollectedFields,
    FieldDetailsList,
    GroupedFieldSet,
)
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from api.graphql.executor_leaves import (
    ANY_OBJECT,
    Complete,
    Entry,
    constant,
    leaf,
    lists,
    nullable,
    objects,
)
from api.graphql.executor_plans import Operations, Plan, Plans, selection_key

_DEFINITION: Final = "strawberry-definition"
_TYPENAME: Final = "__typename"
_USUAL_DIRECTIVES: Final = frozenset({"skip", "include"})
_MISSING: Final = object()


class Known:
    """What is known of a schema, for all of its executions."""

    def __init__(self) -> None:
        self.attributes: dict[tuple[str, str], tuple[str | None, Any]] = {}
        self.leaves: dict[str, Complete] = {}
        self.operations = Operations()


_known: Final[WeakKeyDictionary[GraphQLSchema, Known]] = WeakKeyDictionary()


def known_of(schema: GraphQLSchema) -> Known:
    """Return what is known of a schema."""
    return _known.setdefault(schema, Known())


class ShortCutExecutor(StrawberryGraphQLCoreExecutionContext):
    """Executes like graphql-core, and faster where attributes are read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        middlewares = getattr(self.middleware_manager, "middlewares", None)
        self._may_cut: bool = not middlewares and self.abort_signal is None
        self._known = known_of(self.schema)
        self._own = Plans()
        self._lasting = self._known.operations.plans_of(self.operation, self.fragments)

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> Any:
        """Take attributes directly, and the other fields in the ordinary way."""
        plan = None
        if self._may_cut and position_context is None:
            plan = self._plan_of(parent_type, grouped_field_set)
        if plan is None:
            return super().execute_fields(
                parent_type, source_value, path, grouped_field_set, position_context
            )
        found: dict[str, Any] = dict.fromkeys(plan.names, _MISSING) if plan.usual else {}
        left = plan.usual
        for (name, attribute, complete), details in plan.short:
            try:
                found[name] = complete(getattr(source_value, attribute))
            except Exception:  # noqa: BLE001 - graphql-core meets it again, and tells it
                if left is plan.usual:
                    left = dict(left)
                left[name] = details
                found[name] = _MISSING
        if not left:
            return found
        ordered = left if left is plan.usual else _in_order(grouped_field_set, left)
        done: Any = super().execute_fields(parent_type, source_value, path, ordered, None)
        if not self.is_awaitable(done):
            return _joined(grouped_field_set, found, done)
        return _awaited(grouped_field_set, found, done)

    def complete_list_value(  # noqa: PLR0917 - graphql-core's signature
        self,
        return_type: GraphQLList[GraphQLOutputType],
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: AsyncIterable[Any] | Iterable[Any],
        position_context: Any,
    ) -> Any:
        """Take a resolver's list of stored objects at once."""
        if self._may_cut and position_context is None:
            complete = self._list_of(return_type, field_details_list)
            if complete is not None:
                try:
                    return complete(result)
                except Exception:  # noqa: BLE001, S110 - graphql-core meets it again
                    pass
        return super().complete_list_value(
            return_type, field_details_list, info, path, result, position_context
        )

    def collect_subfields(
        self, return_type: GraphQLObjectType, field_details_list: FieldDetailsList
    ) -> CollectedFields:
        """Collect the fields of a selection, once for all executions where that may be."""
        if self._lasting is None:
            return super().collect_subfields(return_type, field_details_list)
        key = selection_key(return_type, field_details_list)
        kept = self._lasting.collected.get(key)
        if kept is None:
            found = super().collect_subfields(return_type, field_details_list)
            self._lasting.keep(key, field_details_list, found)
            return found
        return kept[1]

    def _plan_of(self, parent: GraphQLObjectType, grouped: GroupedFieldSet) -> Plan | None:
        lasts = self._lasting is not None and id(grouped) in self._lasting.groups
        # The root's selection is collected anew each time.
        plans = self._lasting if lasts and self._lasting is not None else self._own
        kept = plans.of_groups.get(id(grouped))
        if kept is None:
            kept = plans.of_groups[id(grouped)] = grouped, self._planned(parent, grouped)
        return kept[1]

    def _planned(self, parent: GraphQLObjectType, grouped: GroupedFieldSet) -> Plan | None:
        short: list[tuple[Entry, FieldDetailsList]] = []
        usual: GroupedFieldSet = {}
        for name, details in grouped.items():
            entry = self._entry(parent, name, details)
            if entry is None:
                usual[name] = details
            else:
                short.append((entry, details))
        return Plan(tuple(grouped), tuple(short), usual) if short else None

    def _list_of(self, kind: GraphQLList[Any], details: FieldDetailsList) -> Complete | None:
        plans, key = self._own, (id(kind), id(details))  # type: Plans, tuple[int, ...]
        if self._lasting is not None:
            plans, key = self._lasting, selection_key(kind, details)
        kept = plans.of_lists.get(key)
        if kept is None:
            complete = None if _is_directed(details) else self._present(kind, details)
            kept = plans.of_lists[key] = kind, details, complete
        return kept[2]

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
        complete = self._completing(kind, details)
        return None if complete is None else Entry(name, attribute, complete)

    def _attribute(self, parent: GraphQLObjectType, field: str) -> tuple[str | None, Any]:
        key = parent.name, field
        found = self._known.attributes.get(key)
        if found is None:
            found = _attribute_of(self.schema.get_field(parent, field))
            self._known.attributes[key] = found
        return found

    def _completing(self, kind: Any, details: FieldDetailsList) -> Complete | None:
        """Return what completes values of a type; None where they may need a resolver."""
        if isinstance(kind, GraphQLNonNull):
            return self._present(kind.of_type, details)
        complete = self._present(kind, details)
        return None if complete is None else nullable(complete)

    def _present(self, kind: Any, details: FieldDetailsList) -> Complete | None:
        """Return what completes values of a nullable type that are not None."""
        if is_leaf_type(kind):
            complete = self._known.leaves.get(kind.name)
            if complete is None:
                complete = self._known.leaves[kind.name] = leaf(kind)
            return complete
        if isinstance(kind, GraphQLList):
            below = self._completing(kind.of_type, details)
            return None if below is None else lists(below)
        if isinstance(kind, GraphQLObjectType):
            return self._object(kind, details)
        return None

    def _object(self, kind: GraphQLObjectType, details: FieldDetailsList) -> Complete | None:
        classes = _classes(kind)
        if not classes:
            return None
        grouped, new_defer_usages, forbidden = self.collect_subfields(kind, details)
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


def _in_order(grouped: GroupedFieldSet, left: Mapping[str, Any]) -> GroupedFieldSet:
    return {name: details for name, details in grouped.items() if name in left}


def _joined(
    names: Iterable[str], found: Mapping[str, Any], done: Mapping[str, Any]
) -> dict[str, Any]:
    """Put the fields of both ways together, in the order of the selection."""
    return {
        name: done[name] if name in done else found[name]
        for name in names
        if name in done or found.get(name, _MISSING) is not _MISSING
    }


async def _awaited(
    names: Iterable[str], found: Mapping[str, Any], done: Awaitable[dict[str, Any]]
) -> dict[str, Any]:
    return _joined(names, found, await done)
