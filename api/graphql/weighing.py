"""A document's weight, found once for the variables that decide it.

Only the sizes of lists come from variables: of a page how long it may be, of a list that is
given how long it is. A document that is sent again with the same sizes is not walked again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode

from api.graphql.cost import Limits, Walk, Weight

MOST_SIZES: Final = 32
"""Sets of sizes that are remembered of a document, before they are all forgotten."""

_ABSENT: Final = object()


class Weighing:
    """Weighs the operations of one document."""

    __slots__ = ("_document", "_known", "_names", "_operations")

    def __init__(
        self, document: DocumentNode, operations: Sequence[OperationDefinitionNode]
    ) -> None:
        self._document = document
        self._operations = operations
        self._names: tuple[str, ...] | None = None
        self._known: dict[tuple[Any, ...], tuple[Weight, ...]] = {}

    def weights(
        self, schema: GraphQLSchema, *, variables: Mapping[str, Any], limits: Limits
    ) -> tuple[Weight, ...]:
        """Return the weight of each operation, for one schema and its limits."""
        if self._names is not None:
            known = self._known.get(_sizes(self._names, variables))
            if known is not None:
                return known
        names: set[str] = set()
        weights = []
        for operation in self._operations:
            walk = Walk(
                schema=schema, document=self._document, variables=variables, limits=limits
            )
            weights.append(walk.weigh(operation))
            names |= walk.variables_read
        self._keep(tuple(sorted(names)), variables, tuple(weights))
        return tuple(weights)

    def _keep(
        self, names: tuple[str, ...], variables: Mapping[str, Any], weights: tuple[Weight, ...]
    ) -> None:
        self._names = names  # the same each time: they are where the document has them
        if len(self._known) == MOST_SIZES:
            self._known.clear()
        self._known[_sizes(names, variables)] = weights


def _sizes(names: tuple[str, ...], variables: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return all that a walk could see of some variables; of a text, that it is one."""
    return tuple(_seen(variables.get(name, _ABSENT)) for name in names)


def _seen(value: Any) -> tuple[Any, ...]:
    if isinstance(value, int | float):
        return type(value), value
    return type(value), len(value) if isinstance(value, list) else None
