"""The executor's short-cut: attributes of stored objects need no resolver.

graphql-core makes for every field a path, an info object, a dictionary of arguments and a
chain of checks, most of it for a value that lies in an attribute already. Here a selection
is read once into what it takes from an object (`executor_selections`), and applied to each,
or to all objects of a list at once (`executor_objects`). Everything else takes the ordinary
way, and so does the whole of such a field as soon as anything in it is unusual: None where
there must be a value, an exception, something to be awaited, another class, a scalar that
refuses. Reading an attribute twice changes nothing, so that answers and errors are those of
graphql-core.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Iterable, Mapping
from typing import Any, Final

from graphql import (
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
)
from graphql.execution.collect_fields import (
    CollectedFields,
    FieldDetailsList,
    GroupedFieldSet,
)
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from api.graphql.executor_leaves import Complete
from api.graphql.executor_plans import Plan, Plans, selection_key
from api.graphql.executor_selections import Selections, known_of

_MISSING: Final = object()


class ShortCutExecutor(StrawberryGraphQLCoreExecutionContext):
    """Executes like graphql-core, and faster where attributes are read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not getattr(self.middleware_manager, "middlewares", None):
            self.middleware_manager = None  # one without any costs something for each field
        self._may_cut: bool = self.middleware_manager is None and self.abort_signal is None
        known = known_of(self.schema)
        self._own = Plans()
        self._lasting = known.operations.plans_of(self.operation, self.fragments)
        self._selections = Selections(self.schema, known, self.collect_subfields)

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
        for (name, attribute, completion), details in plan.short:
            try:
                found[name] = completion.one(getattr(source_value, attribute))
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

    async def complete_awaitable_value(  # noqa: PLR0917 - graphql-core's signature
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Await what a resolver returned, and complete it; nothing else can end the wait."""
        if not self._may_cut:
            return await super().complete_awaitable_value(
                return_type, field_details_list, info, path, result, position_context
            )
        try:
            completed = self.complete_value(
                return_type, field_details_list, info, path, await result, position_context
            )
            if self.is_awaitable(completed):
                completed = await completed
        except Exception as error:  # noqa: BLE001 - it is the field's
            self.handle_field_error(error, return_type, field_details_list, path)
            completed = None
        return completed

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
            plan = self._selections.plan(parent, grouped)
            kept = plans.of_groups[id(grouped)] = grouped, plan
        return kept[1]

    def _list_of(self, kind: GraphQLList[Any], details: FieldDetailsList) -> Complete | None:
        plans, key = self._own, (id(kind), id(details))  # type: Plans, tuple[int, ...]
        if self._lasting is not None:
            plans, key = self._lasting, selection_key(kind, details)
        kept = plans.of_lists.get(key)
        if kept is None:
            found = self._selections.list_of(kind, details)
            kept = plans.of_lists[key] = kind, details, found and found.one
        return kept[2]


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
