"""The public face as a scenario uses it: mutations by name, with nothing but the schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    GraphQLField,
    GraphQLInputType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_list_type,
    is_required_argument,
)

from api.context import context_for
from api.graphql.plugin_schema import PluginSchema
from core.bootstrap import Application
from core.kernel.errors import Refusal
from core.kernel.ids import new_id
from core.tenancy import Principal

_VERDICT: Final = ("outcome", "verdict", "reason", "message")
_DECIDED: Final = frozenset({"outcome", "verdict"})


class OperationFailed(Refusal):
    """An operation of a scenario ended with a top-level error."""

    code = "OPERATION_FAILED"


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal of a mutation, or one rejected event or reading.

    Of a catalogue, `detail` is its own code of what is wrong, in `line` of its text.
    """

    code: str
    message: str
    path: tuple[str, ...] = ()
    detail: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a mutation answered: the id of its object, or why it was refused.

    `shown` is what was selected besides.
    """

    id: str | None
    problems: tuple[Problem, ...]
    shown: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PublicFace:
    """Runs operations in this process, as the holder of one principal."""

    application: Application
    schema: PluginSchema
    principal: Principal

    def input_type(self, mutation: str) -> GraphQLInputType | None:
        """Return the type of a mutation's input; None when there is no such mutation."""
        found = self._mutations().get(mutation)
        return None if found is None else found.args["input"].type

    def named_type(self, name: str) -> GraphQLNamedType | None:
        """Return a type of the schema by its name."""
        known = self.schema._schema.type_map  # noqa: SLF001 - Strawberry shows it nowhere else
        return known.get(name)

    def mutations(self) -> list[str]:
        """Return the names of all mutations that take an input."""
        return sorted(self._mutations())

    def query(self, name: str) -> GraphQLField | None:
        """Return a query of the schema; None when there is none of that name."""
        root = self.schema._schema.query_type  # noqa: SLF001 - Strawberry shows it nowhere else
        return None if root is None else root.fields.get(name)

    def payload(self, mutation: str) -> GraphQLObjectType:
        """Return what a mutation answers."""
        found = get_named_type(self._mutations()[mutation].type)
        assert isinstance(found, GraphQLObjectType)
        return found

    async def change(
        self, mutation: str, given: Mapping[str, Any], *, shown: str = ""
    ) -> Answer:
        """Run a mutation; errors of the request itself are problems like any other.

        `shown` are fields of its payload to select besides.
        """
        found = self._mutations()[mutation]
        selected = f"{_selection(mutation, self.payload(mutation))} {shown}"
        document = (
            f"mutation ($input: {found.args['input'].type}) "
            f"{{ it: {mutation}(input: $input) {{ {selected} }} }}"
        )
        data, problems = await self._run(document, {"input": dict(given)})
        return Answer(None, problems) if problems else _answer(data["it"])

    async def ask(
        self, document: str, variables: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Run an operation and return its data.

        Raises:
            OperationFailed: the answer has errors.
        """
        data, problems = await self._run(document, dict(variables or {}))
        if problems:
            raise OperationFailed("; ".join(f"{one.code}: {one.message}" for one in problems))
        return data

    async def _run(
        self, document: str, variables: dict[str, Any]
    ) -> tuple[dict[str, Any], tuple[Problem, ...]]:
        context = context_for(self.application, self.principal, request_id=new_id().hex)
        result = await self.schema.execute(
            document, variable_values=variables, context_value=context
        )
        problems = tuple(
            Problem(str((error.extensions or {}).get("code", "ERROR")), error.message)
            for error in result.errors or ()
        )
        return dict(result.data or {}), problems

    def _mutations(self) -> dict[str, GraphQLField]:
        root = self.schema._schema.mutation_type  # noqa: SLF001 - Strawberry shows it nowhere else
        fields = root.fields if root is not None else {}
        return {name: field for name, field in fields.items() if "input" in field.args}


def _selection(mutation: str, payload: GraphQLObjectType) -> str:
    """Select user errors, verdicts, and the id of the object that the mutation is about."""
    parts = _errors(payload)
    about = _object_field(mutation, payload)
    if about is not None:
        parts.append(f"object: {about} {{ id }}")
    for name, each in payload.fields.items():
        kind = get_named_type(each.type)
        if (
            name == "userErrors"
            or not _is_list(each)
            or not isinstance(kind, GraphQLObjectType)
        ):
            continue
        # A credit note has a reason too, and is no verdict.
        if "reason" in kind.fields and not _DECIDED.isdisjoint(kind.fields):
            leaves = " ".join(leaf for leaf in _VERDICT if leaf in kind.fields)
            parts.append(f"verdicts: {name} {{ {leaves} }}")
    return " ".join(parts) or "__typename"


def _errors(payload: GraphQLObjectType) -> list[str]:
    if "userErrors" not in payload.fields:
        return []
    error = get_named_type(payload.fields["userErrors"].type)
    assert isinstance(error, GraphQLObjectType)
    more = " ".join(name for name in ("problem", "line") if name in error.fields)
    return [f"userErrors {{ code message path {more} }}"]


def _object_field(mutation: str, payload: GraphQLObjectType) -> str | None:
    """Return the payload's object: the one that the mutation is named after, else the first."""
    found = [
        name
        for name, field in payload.fields.items()
        if not _is_list(field)
        and "id" in getattr(get_named_type(field.type), "fields", ())
        and not any(is_required_argument(each) for each in field.args.values())
    ]
    named = [
        name
        for name in found
        if mutation.startswith(name) or mutation.endswith(name[0].upper() + name[1:])
    ]
    if mutation.startswith("subscriptionItem") and "item" in found:
        return "item"  # it belongs to a subscription, which is answered too
    return max(named, key=len) if named else next(iter(found), None)


def _is_list(field: GraphQLField) -> bool:
    kind = field.type
    return is_list_type(kind.of_type if isinstance(kind, GraphQLNonNull) else kind)


def _answer(payload: Mapping[str, Any]) -> Answer:
    problems = [
        Problem(
            error["code"],
            error["message"],
            tuple(error["path"]),
            error.get("problem"),
            error.get("line"),
        )
        for error in payload.get("userErrors") or ()
    ]
    problems += [
        Problem(verdict["reason"], verdict.get("message") or "")
        for verdict in payload.get("verdicts") or ()
        if verdict.get("reason")
    ]
    about = payload.get("object")
    return Answer(None if about is None else about["id"], tuple(problems), payload)
