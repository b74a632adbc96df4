"""What a step `shows`: fields of an operation's answer, held against what is expected.

A mapping names fields of an object. A list holds some of the objects that are answered, in any
order; an empty one says that there are none. A text beside an object is its amount of money,
or else its code; `$name` is its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_required_argument,
)

from api.scenarios.arguments import INSTANTS, Arguments
from api.scenarios.compare import MISSING, Difference, is_same
from api.scenarios.document import Scenario, Step
from api.scenarios.public import PublicFace
from core.catalogue.yaml_tree import Mapping, Node, Scalar, Sequence

_ONE_OF_A_PAGE: Final = "{ edges { node { id } } }"
_STANDS_FOR: Final = ("amount", "code")
_COMPOSITE: Final = (GraphQLObjectType, GraphQLInterfaceType)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a step expects to be shown; selects it, and compares it."""

    scenario: Scenario
    arguments: Arguments

    def selection(self, node: Node, kind: Any) -> str:
        """Return the fields to select of a type, `{ … }`; empty for a plain value.

        Raises:
            ScenarioInvalid: the type does not have them.
        """
        named = get_named_type(kind)
        if isinstance(node, Sequence):
            items = node.items or [Mapping({}, node.line)]
            return _merged({self.selection(each, named) for each in items})
        if not isinstance(named, _COMPOSITE):
            return ""
        if isinstance(node, Scalar):
            return f"{{ {_standing_for(node, named)} }}"
        parts = [
            f"{key} {self.selection(value, self._field(named, key, line).type)}"
            for key, (line, value) in node.entries.items()
        ]
        return f"{{ __typename {' '.join(parts)} }}"

    def unlike(
        self, node: Node, found: Any, kind: GraphQLOutputType, *, where: str
    ) -> Iterator[Difference]:
        """Tell what is not as the node says."""
        named = get_named_type(kind)
        if isinstance(node, Sequence):
            yield from self._unlike_list(node, found or [], kind, where=where)
        elif isinstance(node, Mapping):
            if not isinstance(found, dict):
                yield Difference(where, "something", MISSING, node.line)
                return
            for key, (line, value) in node.entries.items():
                below = self._field(named, key, line).type
                yield from self.unlike(value, found[key], below, where=f"{where}.{key}")
        else:
            if isinstance(found, dict):
                found = found[_standing_for(node, named)]
            wanted, real = self._wanted(node, named.name), _text(found, named.name)
            if not is_same(wanted, real):
                yield Difference(where, wanted or MISSING, real or MISSING, node.line)

    def _unlike_list(
        self, node: Sequence, found: list[Any], kind: GraphQLOutputType, *, where: str
    ) -> Iterator[Difference]:
        """Give each expected one the first that is left and is like it."""
        if not node.items and found:
            yield Difference(where, "none", f"{len(found)}", node.line)
        left = list(found)
        for each in node.items:
            told = [list(self.unlike(each, real, kind, where=where)) for real in left]
            if [] in told:
                del left[told.index([])]
            else:
                yield from min(
                    told, key=len, default=[Difference(where, "one", MISSING, each.line)]
                )

    def _field(self, kind: Any, key: str, line: int | None) -> GraphQLField:
        known = {
            name: field
            for name, field in getattr(kind, "fields", {}).items()
            if not any(is_required_argument(each) for each in field.args.values())
        }
        if key not in known:
            told = f"{kind.name} shows no {key!r}; it shows {', '.join(known)}"
            self.scenario.refuse(told, line=line)
        found: GraphQLField = known[key]
        return found

    def _wanted(self, node: Node, kind: str) -> str:
        assert isinstance(node, Scalar)
        if node.is_null:
            return ""
        text = self.arguments.text(node)
        if kind in INSTANTS:
            return self.arguments.instant(text, line=node.line).isoformat()
        return text


class Told(NamedTuple):
    """What is not as a step says, and the id of the one object that was answered."""

    differences: list[Difference]
    id: str | None


async def shown_by_query(
    face: PublicFace, scenario: Scenario, step: Step, arguments: Arguments
) -> Told:
    """Ask a query of the schema, and hold its answer against what its step says.

    Raises:
        ScenarioInvalid: it does not take these arguments, or nothing is expected.
        OperationFailed: it is refused.
    """
    name = step.mutation or ""
    field = face.query(name)
    if step.shows is None and step.bind is None:
        scenario.refuse("say what it `shows:`", line=step.line)
    if field is None or not isinstance(step.given, Mapping):
        scenario.refuse("a query takes a mapping of its arguments", line=step.line)
    given: dict[str, Any] = {}
    for key, (line, value) in step.given.entries.items():
        if key not in field.args:
            told = f"{name} takes no {key!r}; it takes {', '.join(field.args)}"
            scenario.refuse(told, line=line)
        given[key] = arguments.value(value, field.args[key].type)
    shown, node = Shown(scenario, arguments), step.shows or Mapping({}, step.line)
    parts = {shown.selection(node, field.type)}
    if step.bind is not None:
        parts.add(_ONE_OF_A_PAGE if _is_page(field) else "{ id }")
    found = (await face.ask(_document(name, field, given, _merged(parts)), given))["it"]
    unlike = [] if step.shows is None else shown.unlike(node, found, field.type, where=name)
    return Told(list(unlike), _the_one(found) if step.bind is not None else None)


def _document(name: str, field: GraphQLField, given: Iterable[str], selection: str) -> str:
    heads = ", ".join(f"${key}: {field.args[key].type}" for key in given)
    passed = ", ".join(f"{key}: ${key}" for key in given)
    if not heads:
        return f"query {{ it: {name} {selection} }}"
    return f"query ({heads}) {{ it: {name}({passed}) {selection} }}"


def _is_page(field: GraphQLField) -> bool:
    return "edges" in getattr(get_named_type(field.type), "fields", ())


def _the_one(found: Any) -> str | None:
    """Return the id of the object that is answered, or of a page's only one."""
    if found is None:
        return None
    if "edges" not in found:
        return str(found["id"])
    ids = {edge["node"]["id"] for edge in found["edges"]}
    return ids.pop() if len(ids) == 1 else None


def _standing_for(node: Scalar, kind: Any) -> str:
    """Return the field that a text beside an object is compared with."""
    if node.text.startswith("$") and "id" in kind.fields:
        return "id"
    return next((name for name in _STANDS_FOR if name in kind.fields), "__typename")


def _text(found: Any, kind: str) -> str:
    if found is None:
        return ""
    if kind in INSTANTS:
        return datetime.fromisoformat(str(found)).astimezone(UTC).isoformat()
    return str(found).lower() if isinstance(found, bool) else str(found)


def _merged(wanted: set[str]) -> str:
    """Return one selection of several; the same field may be selected twice."""
    inner = " ".join(each[1:-1] for each in sorted(wanted))
    return f"{{{inner}}}" if inner else ""
