"""What a document would cost, found by one walk before anything else looks at it.

Each fragment is walked once and remembered, so that a document's size bounds the
walk. Limiters that expand fragments are exponential: 804 characters of nested
fragments took one of them 3.3 seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from api.graphql.connection import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE

CEILING: Final = 10**9
"""Where counting stops; far above every limit."""

COST_KEY: Final = "forfait.cost"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one document may ask for."""

    characters: int = 50_000
    tokens: int = 1000
    depth: int = 12
    aliases: int = 30
    directives: int = 60
    root_fields: int = 20
    mutations: int = 4
    operations: int = 10
    introspections: int = 2
    fields: int = 500
    """Fields after fragments have been expanded."""
    cost: int = 2000
    """Objects that the answer may hold, lists counted by their page size."""
    list_size: int = 10
    """The length assumed of a list that says nothing of its length."""
    introspection_cost: int = 50


@dataclass(frozen=True, slots=True)
class FieldCost:
    """What a field says of its own cost.

    Args:
        flat: The whole list costs this much, however long it is: a verdict list is as
            long as the input that was already counted.
        sized_by: The name of the list argument that gives the length.
    """

    flat: int | None = None
    sized_by: str | None = None

    def metadata(self) -> dict[str, FieldCost]:
        """Return what `strawberry.field(metadata=...)` takes."""
        return {COST_KEY: self}


@dataclass(slots=True)
class Weight:
    """The size of a selection; `root_fields` are those of its own level.

    `page` is the longest that is asked for: what reads it refuses one that is too long.
    """

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    root_fields: int = 0
    introspections: int = 0
    fields: int = 0
    cost: int = 0
    page: int = 0

    def include(self, other: Weight) -> None:
        """Add a fragment's selections to this level."""
        self.depth = max(self.depth, other.depth)
        self.root_fields = min(CEILING, self.root_fields + other.root_fields)
        self._add_counts(other, times=1)

    def nest(self, other: Weight, *, times: int, levels: int) -> None:
        """Add the selections below a field that answers `times` objects."""
        self.depth = max(self.depth, other.depth + levels)
        self._add_counts(other, times=times)

    def _add_counts(self, other: Weight, *, times: int) -> None:
        self.aliases = min(CEILING, self.aliases + other.aliases)
        self.directives = min(CEILING, self.directives + other.directives)
        self.introspections = min(CEILING, self.introspections + other.introspections)
        self.fields = min(CEILING, self.fields + other.fields)
        self.page = max(self.page, other.page)
        self.cost = min(CEILING, self.cost + other.cost * times)


@dataclass(frozen=True, slots=True)
class Excess:
    """A limit that a document goes beyond."""

    limit: str
    allowed: int
    asked: int
    has_long_page: bool = False
    """Whether no page of this length is answered, whatever the document costs."""


LIMITED: Final = tuple(one.name for one in fields(Weight) if one.name != "page")


class Walk:
    """Weighs one operation of a document.

    `steps` counts the selections looked at; `variables_read` are those whose values could
    weigh differently.
    """

    def __init__(
        self,
        *,
        schema: GraphQLSchema,
        document: DocumentNode,
        variables: Mapping[str, Any],
        limits: Limits,
    ) -> None:
        self.steps = 0
        self.variables_read: set[str] = set()
        self._schema = schema
        self._variables = variables
        self._limits = limits
        self._defaults: dict[str, ValueNode | None] = {}
        self._known: dict[tuple[str, bool], Weight] = {}
        self._open: set[str] = set()
        self._fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }

    def weigh(self, operation: OperationDefinitionNode) -> Weight:
        """Return the operation's weight."""
        self._defaults = {
            node.variable.name.value: node.default_value
            for node in operation.variable_definitions or ()
        }
        root = self._schema.get_root_type(operation.operation)
        weight = self._selections(operation.selection_set, root, in_connection=False)
        weight.directives += len(operation.directives or ())
        return weight

    def _selections(
        self,
        selection_set: SelectionSetNode | None,
        parent: GraphQLNamedType | None,
        *,
        in_connection: bool,
    ) -> Weight:
        weight = Weight()
        for node in selection_set.selections if selection_set else ():
            self.steps += 1
            weight.directives += len(node.directives or ())
            if isinstance(node, FieldNode):
                self._add_field(weight, node, parent, in_connection=in_connection)
            else:
                weight.include(self._fragment(node, parent, in_connection=in_connection))
        return weight

    def _fragment(
        self, node: SelectionNode, parent: GraphQLNamedType | None, *, in_connection: bool
    ) -> Weight:
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            inner = self._schema.get_type(condition.name.value) if condition else parent
            return self._selections(node.selection_set, inner, in_connection=in_connection)
        if not isinstance(node, FragmentSpreadNode):
            return Weight()
        name = node.name.value
        fragment = self._fragments.get(name)
        if fragment is None or name in self._open:
            return Weight()  # a standard rule reports unknown names and cycles
        known = self._known.get((name, in_connection))
        if known is None:
            self._open.add(name)
            inner = self._schema.get_type(fragment.type_condition.name.value)
            known = self._selections(fragment.selection_set, inner, in_connection=in_connection)
            self._open.discard(name)
            self._known[name, in_connection] = known
        return known

    def _add_field(
        self,
        weight: Weight,
        node: FieldNode,
        parent: GraphQLNamedType | None,
        *,
        in_connection: bool,
    ) -> None:
        weight.fields += 1
        weight.root_fields += 1
        weight.aliases += node.alias is not None
        if node.name.value in {"__schema", "__type"}:
            self._add_introspection(weight, node)
            return
        weight.depth = max(weight.depth, 1)
        if node.selection_set is None:
            return  # scalars are free
        field: GraphQLField | None = getattr(parent, "fields", {}).get(node.name.value)
        inner = get_named_type(field.type) if field else None
        pages = field is not None and "first" in field.args
        child = self._selections(node.selection_set, inner, in_connection=pages)
        flat = _cost_of(field).flat
        size = self._size(node, field, in_connection=in_connection) if flat is None else 1
        weight.nest(child, times=size, levels=1)
        if pages:
            weight.page = max(weight.page, size)
        weight.cost = min(CEILING, weight.cost + (size if flat is None else flat))

    def _add_introspection(self, weight: Weight, node: FieldNode) -> None:
        # Its depth is bounded by a standard rule, its size by the schema's.
        below = self._selections(node.selection_set, None, in_connection=False)
        below.depth, below.cost = 0, self._limits.introspection_cost
        weight.nest(below, times=1, levels=1)
        weight.introspections += 1

    def _size(self, node: FieldNode, field: GraphQLField | None, *, in_connection: bool) -> int:
        if field is None:
            return 1
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        sized_by = _cost_of(field).sized_by
        if sized_by is not None:
            return self._length(given.get(sized_by))
        if "first" in field.args:
            asked = [self._number(given[name]) for name in ("first", "last") if name in given]
            return max((n for n in asked if n is not None), default=DEFAULT_PAGE_SIZE)
        if is_list_type(get_nullable_type(field.type)) and not in_connection:
            return self._limits.list_size
        return 1

    def _resolved(self, value: ValueNode | None) -> Any:
        """Return a variable's value, or its default's node, or the node itself."""
        if not isinstance(value, VariableNode):
            return value
        name = value.name.value
        self.variables_read.add(name)
        return self._variables[name] if name in self._variables else self._defaults.get(name)

    def _number(self, value: ValueNode) -> int | None:
        found = self._resolved(value)
        if isinstance(found, IntValueNode):
            # Beyond 32 bits GraphQL refuses it; the length bounds the conversion.
            return max(1, int(found.value)) if len(found.value) < 12 else CEILING
        if isinstance(found, int | float) and not isinstance(found, bool):
            return max(1, min(CEILING, int(found))) if found == found else 1  # noqa: PLR0124
        return None

    def _length(self, value: ValueNode | None) -> int:
        found = self._resolved(value)
        if isinstance(found, ListValueNode):
            return max(1, len(found.values))
        return max(1, len(found)) if isinstance(found, list) else 1


def excesses(weight: Weight, *, operation: OperationType, limits: Limits) -> list[Excess]:
    """Return the limits that an operation goes beyond, in a fixed order."""
    found = [
        Excess(
            limit=name,
            allowed=getattr(limits, name),
            asked=getattr(weight, name),
            has_long_page=name == "cost" and weight.page > MAX_PAGE_SIZE,
        )
        for name in LIMITED
        if getattr(weight, name) > getattr(limits, name)
    ]
    if operation is OperationType.MUTATION and weight.root_fields > limits.mutations:
        found.append(
            Excess(limit="mutations", allowed=limits.mutations, asked=weight.root_fields)
        )
    return found


def _cost_of(field: GraphQLField | None) -> FieldCost:
    definition = (field.extensions or {}).get("strawberry-definition") if field else None
    declared = getattr(definition, "metadata", {}).get(COST_KEY)
    return declared if isinstance(declared, FieldCost) else _UNDECLARED


_UNDECLARED: Final = FieldCost()
