"""The schema as a client learns it: by introspection, with the connections in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_client_schema,
    get_introspection_query,
    get_named_type,
    is_required_argument,
)

from tests.clients.asking import Asking

PAGE_ARGUMENTS: Final = ("first", "after", "last", "before")


@dataclass(frozen=True, slots=True, eq=False)
class ConnectionField:
    """A field that returns pages, and where it is."""

    owner: GraphQLObjectType
    name: str
    definition: GraphQLField

    def __str__(self) -> str:
        return f"{self.owner.name}.{self.name}"

    @property
    def is_root(self) -> bool:
        """Whether it hangs on the query itself."""
        return self.owner.name == "Query"

    @property
    def node_type(self) -> GraphQLObjectType | GraphQLInterfaceType:
        """The type of what it lists."""
        connection = get_named_type(self.definition.type)
        edge = get_named_type(connection.fields["edges"].type)
        named: GraphQLObjectType | GraphQLInterfaceType = get_named_type(
            edge.fields["node"].type
        )
        return named

    @property
    def orders(self) -> tuple[str, ...]:
        """The values of its `orderBy`; empty where it has one order only."""
        argument = self.definition.args.get("orderBy")
        kind = get_named_type(argument.type) if argument is not None else None
        return tuple(kind.values) if isinstance(kind, GraphQLEnumType) else ()

    @property
    def needs(self) -> tuple[str, ...]:
        """Arguments that must be given, beside those of the page."""
        return tuple(
            name
            for name, argument in self.definition.args.items()
            if is_required_argument(argument) and name not in PAGE_ARGUMENTS
        )


async def introspected(asking: Asking) -> GraphQLSchema:
    """Ask the server for its schema and build it."""
    return build_client_schema(await asking.data(get_introspection_query()))


def connections_of(schema: GraphQLSchema) -> list[ConnectionField]:
    """Return every field of the schema that returns a connection."""
    return [
        ConnectionField(owner, name, definition)
        for owner in _objects(schema)
        if not owner.name.endswith("Connection")
        for name, definition in owner.fields.items()
        if get_named_type(definition.type).name.endswith("Connection")
        and set(PAGE_ARGUMENTS) & set(definition.args)
    ]


def has_id(kind: GraphQLObjectType | GraphQLInterfaceType) -> bool:
    """Say whether objects of a type can be told apart by their ids."""
    return "id" in kind.fields


def is_node(kind: object) -> bool:
    """Say whether objects of a type can be asked for by id."""
    return isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and any(
        one.name == "Node" for one in kind.interfaces
    )


def _objects(schema: GraphQLSchema) -> Iterator[GraphQLObjectType]:
    for name, kind in sorted(schema.type_map.items()):
        if isinstance(kind, GraphQLObjectType) and not name.startswith("__"):
            yield kind
