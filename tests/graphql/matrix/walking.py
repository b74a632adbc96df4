"""Walks all that a caller may reach, from every root down, and keeps what it was told.

The paths are read off the schema. Each edge of it (a field of a type) is gone along by some
paths, the shortest first, as long as something is found at its end; what is forbidden ends a
path. So what a field shows is seen on objects that were come to in more than one way.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)

from tests.graphql.api_clients import KeyClient
from tests.graphql.customers import SCHEMA
from tests.graphql.matrix.documents import is_plain

WAYS: Final = 2
"""By how many paths each edge is gone along."""
LONGEST: Final = 10
"""Steps of a path; a connection takes three, and the guard admits a depth of 12."""
PAGES: Final = (10, 1)
"""How much of each list is asked for; less, where that would be too much at once."""
MOST_SHUT: Final = 12

Edge = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """A field of a type, and the type of what it leads to."""

    owner: str
    field: str
    to: str


Path = tuple[Step, ...]
Arguments = Mapping[Edge, Sequence[Mapping[str, str]]]
"""Literals of the arguments to ask with, in turn, where a field demands some."""


@dataclass
class Walk:
    """Where somebody came, and what they were told on the way."""

    client: KeyClient
    arguments: Arguments
    reached: Counter[Edge] = field(default_factory=Counter)
    types: set[str] = field(default_factory=set)
    forbidden: set[Edge] = field(default_factory=set)
    refused: dict[str, Any] = field(default_factory=dict)
    """What was answered with an error of another kind."""
    told: set[str] = field(default_factory=set)
    """Every text of every answer."""
    ids: dict[str, set[str]] = field(default_factory=dict)
    """Ids of what was found, by type."""
    requests: int = 0

    async def go(self, roots: Sequence[str]) -> None:
        """Walk from some fields of the query down."""
        begun = [step for step in steps_from("Query", self.arguments) if step.field in roots]
        waiting: deque[Path] = deque((each,) for each in begun)
        while waiting:
            path = waiting.popleft()
            if self._is_over(path):
                continue
            givens = self.arguments.get(edge_of(path[0]), [{}])
            if any([await self._finds(path, given) for given in givens]):
                self.reached[edge_of(path[-1])] += 1
                self.types.add(path[-1].to)
                further = steps_from(path[-1].to, self.arguments)
                waiting.extend((*path, each) for each in further if len(path) < LONGEST)

    @property
    def empty(self) -> set[str]:
        """What could be gone along from where the walk came, but led to nothing."""
        found = {edge_of(step) for name in self.types for step in steps_from(name, {})}
        return {".".join(each) for each in found - self.forbidden - set(self.reached)}

    def _is_over(self, path: Path) -> bool:
        edge = edge_of(path[-1])
        return edge in self.forbidden or (len(path) > 1 and self.reached[edge] >= WAYS)

    async def _finds(self, path: Path, given: Mapping[str, str]) -> bool:
        """Ask for the leaves at the end of a path, and say whether there is anything."""
        for _without_what_is_shut in range(MOST_SHUT):
            for page in PAGES:
                text = self._document(path, given, page)
                response = await self.client.post(text)
                self.requests += 1
                if "QUERY_TOO_COMPLEX" not in response.text:
                    break
            answer = response.json()
            self._keep(answer)
            errors = answer.get("errors", ())
            if not errors:
                return is_something(answer["data"], path)
            for error in errors:
                self._note(error, path, text)
            if self._is_over(path) or text in self.refused:
                return False
        raise AssertionError(f"forbidden again and again: {text}")

    def _note(self, error: Mapping[str, Any], path: Path, text: str) -> None:
        names = [each for each in error.get("path", ()) if isinstance(each, str)]
        if error["extensions"]["code"] != "FORBIDDEN":
            self.refused[text] = error
        elif len(names) > len(path):
            self.forbidden.add((path[-1].to, names[len(path)]))
        else:
            self.forbidden.add((path[len(names) - 1].owner, names[-1]))

    def _document(self, path: Path, given: Mapping[str, str], page: int) -> str:
        end = path[-1].to
        leaves = [
            name
            for name, each in fields_of(end).items()
            if is_plain(each) and is_leaf_type(get_named_type(each.type))
        ]
        shown = (each for each in leaves if (end, each) not in self.forbidden)
        text = " ".join(["__typename", *shown])
        for place in reversed(range(len(path))):
            step = path[place]
            literals = dict(given if place == 0 else self._literals(step))
            if "first" in fields_of(step.owner)[step.field].args:
                literals["first"] = str(page)
            text = _asking(step, literals, text)
        return f"{{ {text} }}"

    def _literals(self, step: Step) -> Mapping[str, str]:
        return self.arguments.get(edge_of(step), [{}])[0]

    def _keep(self, answer: Any) -> None:
        if isinstance(answer, Mapping):
            if isinstance(ident := answer.get("id"), str) and "__typename" in answer:
                self.ids.setdefault(answer["__typename"], set()).add(ident)
            for each in answer.values():
                self._keep(each)
        elif isinstance(answer, list):
            for each in answer:
                self._keep(each)
        elif isinstance(answer, str):
            self.told.add(answer)


def edge_of(step: Step) -> Edge:
    """Return the field that a step goes along, whatever it leads to."""
    return step.owner, step.field


def fields_of(name: str) -> dict[str, GraphQLField]:
    """Return the fields of a type."""
    kind = SCHEMA.type_map[name]
    assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
    found: dict[str, GraphQLField] = kind.fields
    return found


def steps_from(owner: str, arguments: Arguments) -> Iterator[Step]:
    """Go through the fields of a type that lead to other objects, and to what each leads."""
    for name, each in fields_of(owner).items():
        named = get_named_type(each.type)
        if is_leaf_type(named) or not (is_plain(each) or (owner, name) in arguments):
            continue
        possible = SCHEMA.get_possible_types(named) if is_abstract_type(named) else [named]
        for found in possible:
            yield Step(owner, name, found.name)


def _asking(step: Step, literals: Mapping[str, str], wanted: str) -> str:
    asked = fields_of(step.owner)[step.field]
    call = ", ".join(f"{name}: {value}" for name, value in literals.items())
    if is_abstract_type(get_named_type(asked.type)):
        wanted = f"... on {step.to} {{ {wanted} }}"
    return f"{step.field}{f'({call})' if call else ''} {{ {wanted} }}"


def is_something(data: Any, path: Path) -> bool:
    """Say whether an object stands at the end of a path."""
    at = [data]
    for step in path:
        at = [each.get(step.field) for each in at]
        while any(isinstance(each, list) for each in at):
            at = [one for each in at for one in (each if isinstance(each, list) else [each])]
        at = [each for each in at if each]
    return any(each["__typename"] == path[-1].to for each in at if "__typename" in each)
