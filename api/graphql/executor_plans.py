"""What is read out of an operation once, and holds whenever it is executed again.

An operation without directives selects the same fields of a type each time, whatever its
variables are. The guard keeps parsed documents, so that the same operation comes again: what
was found out about its selections goes with it, and goes when it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from weakref import ref

from graphql import GraphQLType, OperationDefinitionNode
from graphql.execution.collect_fields import (
    CollectedFields,
    FieldDetailsList,
    FragmentDetails,
    GroupedFieldSet,
)

from api.graphql.executor_leaves import Complete
from api.graphql.executor_objects import Entry


class Plan(NamedTuple):
    """How the fields of a selection are resolved; `usual` ones in the ordinary way."""

    names: tuple[str, ...]
    short: tuple[tuple[Entry, FieldDetailsList], ...]
    usual: GroupedFieldSet


class Plans:
    """The plans of selections, and how lists of objects are completed.

    Kept by the identity of what they are for, which is kept alive beside them.
    """

    def __init__(self) -> None:
        self.collected: dict[Any, tuple[FieldDetailsList, CollectedFields]] = {}
        self.groups: set[int] = set()
        self.of_groups: dict[int, tuple[GroupedFieldSet, Plan | None]] = {}
        self.of_lists: dict[Any, tuple[Any, FieldDetailsList, Complete | None]] = {}

    def keep(self, key: Any, details: FieldDetailsList, found: CollectedFields) -> None:
        """Keep the fields that a selection has."""
        self.collected[key] = details, found
        self.groups.add(id(found.grouped_field_set))


class Operations:
    """The plans of operations, for as long as those live."""

    def __init__(self) -> None:
        self._plans: dict[int, tuple[ref[OperationDefinitionNode], Plans]] = {}

    def __len__(self) -> int:
        return len(self._plans)

    def plans_of(
        self, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDetails]
    ) -> Plans | None:
        """Return the plans of an operation; None where each execution needs its own."""
        key = id(operation)
        kept = self._plans.get(key)
        if kept is None:
            if not _is_steady(operation, fragments):
                return None
            gone = ref(operation, lambda _operation: self._plans.pop(key, None))
            kept = self._plans[key] = gone, Plans()
        return kept[1]


def selection_key(kind: GraphQLType, details: FieldDetailsList) -> tuple[int, ...]:
    """Return what tells a selection from others of its document: its fields' places."""
    if len(details) == 1:
        return id(kind), id(details[0].node)
    return id(kind), *(id(each.node) for each in details)


def _is_steady(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDetails]
) -> bool:
    """Whether no directive and no variable decides what is selected.

    A text without an @ holds no directive; one that has it in a string is not looked into.
    """
    location = operation.loc
    if location is None or "@" in location.source.body:
        return False
    return not any(each.variable_signatures for each in fragments.values())
