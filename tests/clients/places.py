"""Where in a seller's rows each connection can be read: the roots, and the objects it hangs on.

Objects are found as a client would find them: from the pages of the roots, along fields to
other objects, and from the pages of those, a few rounds deep.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_required_argument,
)

from tests.clients.asking import Asking
from tests.clients.shape import ConnectionField, connections_of, is_node

ROUNDS: Final = 3
OBJECTS_OF_A_TYPE: Final = 5
PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Place:
    """One list: a connection's field, the object that it hangs on, and its arguments."""

    field: ConnectionField
    owner_id: str | None = None
    arguments: str = ""

    def __str__(self) -> str:
        told = f"({self.arguments})" if self.arguments else ""
        return f"{self.field}{told}" + (f" of {self.owner_id}" if self.owner_id else "")

    def document(self, selection: str) -> str:
        """Return a query of one page; its variables are Relay's four and the object's id."""
        page = "first: $first, after: $after, last: $last, before: $before"
        more = f"{self.arguments}, " if self.arguments else ""
        field = f"it: {self.field.name}({more}{page}) {{ {selection} }}"
        variables = "$first: Int, $after: String, $last: Int, $before: String"
        if self.owner_id is None:
            return f"query ({variables}) {{ {field} }}"
        owner = self.field.owner.name
        return (
            f"query ({variables}, $owner: ID!) "
            f"{{ node(id: $owner) {{ ... on {owner} {{ {field} }} }} }}"
        )

    async def page(self, asking: Asking, selection: str, **page: Any) -> dict[str, Any]:
        """Return one page of the list."""
        if self.owner_id is None:
            data = await asking.data(self.document(selection), **page)
        else:
            document = self.document(selection)
            data = (await asking.data(document, owner=self.owner_id, **page))["node"]
        found: dict[str, Any] = data["it"]
        return found


async def places_of(asking: Asking, schema: GraphQLSchema) -> list[Place]:
    """Return every list that this seller has, empty ones too."""
    fields = connections_of(schema)
    known: dict[str, dict[str, None]] = defaultdict(dict)
    read: set[Place] = set()
    for _round in range(ROUNDS):
        for place in _places(fields, known):
            if place not in read:
                read.add(place)
                for kind, found in await _objects_at(asking, schema, place):
                    if len(known[kind]) < OBJECTS_OF_A_TYPE:
                        known[kind][found] = None
    return list(_places(fields, known))


def _places(
    fields: Sequence[ConnectionField], known: dict[str, dict[str, None]]
) -> Iterator[Place]:
    for field in fields:
        owners = [None] if field.is_root else list(known.get(field.owner.name, ()))
        for owner in owners:
            for arguments in _arguments(field, known):
                yield Place(field, owner, arguments)


def _arguments(field: ConnectionField, known: dict[str, dict[str, None]]) -> list[str]:
    """Return the arguments to read a field with: every order, and what it cannot do without."""
    given = [""]
    if "where" in field.needs:
        given = [f'where: {{ account: "{one}" }}' for one in known.get("Account", ())]
    if field.orders:
        given = [
            ", ".join(part for part in (one, f"orderBy: {order}") if part)
            for one in given
            for order in field.orders
        ]
    return given


async def _objects_at(
    asking: Asking, schema: GraphQLSchema, place: Place
) -> list[tuple[str, str]]:
    """Return type and id of what a list holds, and of the objects beside those."""
    node = place.field.node_type
    selection = f"edges {{ node {{ {_names(schema, node)} }} }}"
    page = await place.page(asking, selection, first=PAGE)
    if page is None:
        return []
    return list(_named([edge["node"] for edge in page["edges"]]))


def _names(schema: GraphQLSchema, kind: GraphQLObjectType | GraphQLInterfaceType) -> str:
    """Select an object's type and id, and those of the objects that its fields lead to."""
    own = "__typename id" if "id" in kind.fields else "__typename"
    beside = [
        f"{name} {{ __typename id }}"
        for name, field in kind.fields.items()
        if is_node(get_named_type(field.type))
        and not is_list_type(get_nullable_type(field.type))
        and not any(is_required_argument(argument) for argument in field.args.values())
    ]
    return " ".join([own, *beside])


def _named(found: Sequence[Any]) -> Iterator[tuple[str, str]]:
    for one in found:
        if not isinstance(one, dict):
            continue
        if "id" in one:
            yield one["__typename"], one["id"]
        yield from _named([value for value in one.values() if isinstance(value, dict)])
