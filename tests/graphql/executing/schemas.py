"""The schemas that documents are made over: the product's, and one of awkward types."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Final

import strawberry
from graphql import GraphQLField, GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from api.graphql.money import Money
from api.graphql.scalars import SCALARS, CurrencyCode
from api.schema import make_schema
from core.plugin_host import PluginHost

ROOTS: Final = frozenset({"Query", "Mutation", "Subscription"})


@strawberry.enum
class Colour(Enum):
    """An enum of which two members have equal values in other eyes."""

    RED = 1
    GREEN = strawberry.enum_value(2)


@strawberry.interface
class Named:
    """An interface."""

    name: str


@strawberry.type
class Leafy(Named):
    """Leaves of every kind, nullable and not, and lists of lists of them."""

    whole: int
    maybe_whole: int | None
    real: float
    truth: bool
    maybe_truth: bool | None
    colour: Colour
    maybe_colour: Colour | None
    price: Decimal
    matrix: list[list[int]]
    holes: list[list[Colour | None] | None] | None
    texts: list[str | None]
    money: Money | None

    @strawberry.field
    def method(self) -> str:
        """Need a resolver."""
        return f"{self.name}!"

    @strawberry.field
    def shout(self, locale: Annotated[str, strawberry.argument()] = "en") -> int | None:
        """Need an argument, and fail for some."""
        return len(locale) if len(locale) < 10 else 1 // 0


@strawberry.type
class Tree(Named):
    """Objects in objects, single and in lists, sure and not."""

    leafy: Leafy
    maybe: Leafy | None
    all: list[Leafy]
    some: list[Leafy | None] | None
    nested: list[list[Leafy]]
    below: Tree | None
    trees: list[Tree]
    named: Named
    either: Annotated[Leafy | Tree, strawberry.union("Either")] | None

    @strawberry.field
    async def awaited(self) -> str | None:
        """Need to be awaited."""
        await asyncio.sleep(0)
        return getattr(self, "name", None)


@strawberry.type
class _Query:
    tree: Tree


def awkward() -> GraphQLSchema:
    """Make the schema of awkward types."""
    made = strawberry.Schema(
        _Query, types=[Leafy, Tree], config=StrawberryConfig(scalar_map=SCALARS)
    )._schema
    return rooted(made, ["Leafy", "Tree"])


def product() -> GraphQLSchema:
    """Make a schema of all object types of the product, without its root."""
    made = make_schema(PluginHost())._schema
    names = [
        name
        for name, kind in sorted(made.type_map.items())
        if isinstance(kind, GraphQLObjectType)
        and not name.startswith("__")
        and name not in ROOTS
    ]
    assert len(names) > 200
    return rooted(made, names)


def rooted(made: GraphQLSchema, names: list[str]) -> GraphQLSchema:
    """Put types below a root of ours: one, many, and one that is awaited, of each."""
    fields: dict[str, GraphQLField] = {}

    def resolve(source: Any, info: Any) -> Any:
        return source[info.field_name]

    for name in names:
        kind = made.type_map[name]
        assert isinstance(kind, GraphQLObjectType)
        fields[f"one{name}"] = GraphQLField(kind, resolve=resolve)
        fields[f"sure{name}"] = GraphQLField(GraphQLNonNull(kind), resolve=resolve)
        fields[f"many{name}"] = GraphQLField(GraphQLList(kind), resolve=resolve)
        fields[f"later{name}"] = GraphQLField(
            GraphQLNonNull(GraphQLList(GraphQLNonNull(kind))), resolve=resolve
        )
    return GraphQLSchema(GraphQLObjectType("Roots", fields), types=list(made.type_map.values()))


LEAFY: Final = Leafy(
    name="a", whole=1, maybe_whole=None, real=0.5, truth=True, maybe_truth=None,
    colour=Colour.RED, maybe_colour=None, price=Decimal("1.50"), matrix=[[1], [2, 3]],
    holes=None, texts=["x", None],
    money=Money(amount=Decimal("2.00"), currency_code=CurrencyCode("EUR")),
)  # fmt: skip
"""An object with a value in most of its leaves."""
