"""The short-cut answers as graphql-core does: data, errors, paths, and their order.

Documents and values are made from seeds, over every type of the product's own schema and
over a few that are as awkward as the rules allow. graphql-core's executor is the measure.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import re
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Final, cast

import pytest
import strawberry
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    execute,
    parse,
)
from strawberry.execution.is_awaitable import optimized_is_awaitable
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext as Usual

from api.graphql.executor import ShortCutExecutor
from api.graphql.executor_selections import known_of
from api.graphql.money import Money
from api.graphql.scalars import SCALARS, CurrencyCode
from api.schema import make_schema
from core.plugin_host import PluginHost
from tests.graphql.executing.documents import VARIABLES, Documents
from tests.graphql.executing.values import Later, Values

_ADDRESS: Final = re.compile(r" at 0x[0-9a-f]+")
"""Two objects of one seed are equal in all but where they lie."""
SEEDS: Final = range(10)
ROOTS: Final = frozenset({"Query", "Mutation", "Subscription"})
DOCUMENTS: Final = 40
"""Of each seed, over the product's types and over awkward ones: 800 in all, each twice."""


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


@pytest.fixture(scope="module", params=[product, awkward], ids=["product", "awkward"])
def schema(request: pytest.FixtureRequest) -> GraphQLSchema:
    """Each of the two schemas."""
    made: GraphQLSchema = request.param()
    return made


class Roots(dict[str, Any]):
    """Root values, made when they are asked for, the same from the same seed."""

    def __init__(self, schema: GraphQLSchema, seed: int) -> None:
        super().__init__()
        assert schema.query_type is not None
        deep = 2 if "oneLeafy" in schema.query_type.fields else 3
        self._values = Values(schema, seed, strange=(0, 0.02, 0.1)[seed % 3], deep=deep)
        self._fields = schema.query_type.fields

    def __missing__(self, name: str) -> Any:
        value = self._values.of_root(self._fields[name].type)
        is_later = name.startswith("later") and not isinstance(value, Later)
        return Later(value) if is_later else value


async def told(
    schema: GraphQLSchema,
    document: DocumentNode,
    seed: int,
    how: type[Usual],
) -> tuple[str, list[str]]:
    """Execute a document and return the data as text, and the errors in their order."""
    found = execute(
        schema,
        document,
        root_value=Roots(schema, seed),
        variable_values=VARIABLES,
        is_awaitable=cast("Any", optimized_is_awaitable),
        executor_class=how,
    )
    result = await found if inspect.isawaitable(found) else found
    assert isinstance(result, ExecutionResult)
    errors = [
        json.dumps(
            [
                _ADDRESS.sub("", error.message),
                error.path,
                [str(one) for one in error.locations or ()],
            ]
        )
        + type(error.original_error).__name__
        for error in result.errors or ()
    ]
    return _ADDRESS.sub("", json.dumps(result.data)), errors


@pytest.mark.parametrize("seed", SEEDS)
async def test_random_documents_are_answered_as_by_graphql_core(
    schema: GraphQLSchema, seed: int
) -> None:
    """Data and errors are the same text; among them are many errors, and much data.

    Each document is executed twice, over other objects: what the first execution found out
    about it must hold for the second. A half has no directives, so that it is kept.
    """
    documents, seen = Documents(schema, seed), Counter[str]()
    for number in range(DOCUMENTS):
        text = documents.document(directives=number % 2 == 0)
        document = parse(text)
        for values in (1000 * seed + number, 100_000 + 1000 * seed + number):
            usual = await told(schema, document, values, Usual)
            assert await told(schema, document, values, ShortCutExecutor) == usual, text
            seen["data"] += len(usual[0])
            seen["errors"] += len(usual[1])
    assert seen["data"] > 5_000
    assert seen["errors"] > 20


LEAFY: Final = Leafy(
    name="a", whole=1, maybe_whole=None, real=0.5, truth=True, maybe_truth=None,
    colour=Colour.RED, maybe_colour=None, price=Decimal("1.50"), matrix=[[1], [2, 3]],
    holes=None, texts=["x", None],
    money=Money(amount=Decimal("2.00"), currency_code=CurrencyCode("EUR")),
)  # fmt: skip


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which fields graphql-core resolves."""
    seen: list[str] = []
    original = ShortCutExecutor.execute_field

    def execute_field(self: Any, parent: Any, source: Any, details: Any, *rest: Any) -> Any:
        seen.append(f"{parent.name}.{details[0].node.name.value}")
        return original(self, parent, source, details, *rest)

    monkeypatch.setattr(ShortCutExecutor, "execute_field", execute_field)
    return seen


async def answered(text: str, **roots: Any) -> Any:
    """Execute a document over awkward types; it must succeed."""
    found = execute(awkward(), parse(text), root_value=roots, executor_class=ShortCutExecutor)
    result = await found if inspect.isawaitable(found) else found
    assert isinstance(result, ExecutionResult)
    assert result.errors is None
    return result.data


async def test_plain_attributes_never_reach_graphql_core(resolved: list[str]) -> None:
    """Of a list of objects with leaves and an object below, only the root is resolved."""
    text = "{ manyLeafy { name whole colour price matrix texts money { amount } } }"
    one = {
        "name": "a", "whole": 1, "colour": "RED", "price": "1.50", "matrix": [[1], [2, 3]],
        "texts": ["x", None], "money": {"amount": "2.00"},
    }  # fmt: skip
    assert await answered(text, manyLeafy=[LEAFY, LEAFY]) == {"manyLeafy": [one, one]}
    assert resolved == ["Roots.manyLeafy"]


MANY: Final = [
    replace(
        LEAFY,
        name=f"n{number}",
        maybe_whole=number if number % 3 else None,
        colour=(Colour.RED, Colour.GREEN)[number % 2],
        maybe_colour=None,
        price=Decimal(number).scaleb(-2),
        matrix=[[number]] * (number % 4),
        holes=[[Colour.RED, None]] if number % 2 else None,
        money=Money(amount=Decimal(number), currency_code=CurrencyCode("EUR")),
    )
    for number in range(10)
]
"""Ten objects whose columns hold values and nothing, lists of lists, and objects."""

COLUMNS: Final = """{ manyLeafy {
  __typename name maybeWhole truth colour maybeColour price matrix holes texts
  money { amount currencyCode }
} }"""


async def test_columns_are_cut_to_the_same_objects(resolved: list[str]) -> None:
    """Ten objects are completed at once; what was joined for that is each object's own."""
    data = await answered(COLUMNS, manyLeafy=MANY)
    assert resolved == ["Roots.manyLeafy"]
    usual = execute(awkward(), parse(COLUMNS), root_value={"manyLeafy": MANY})
    assert isinstance(usual, ExecutionResult)
    assert json.dumps(data) == json.dumps(usual.data)
    assert data["manyLeafy"][3] == {
        "__typename": "Leafy", "name": "n3", "maybeWhole": None, "truth": True,
        "colour": "GREEN", "maybeColour": None, "price": "0.03", "matrix": [[3], [3], [3]],
        "holes": [["RED", None]], "texts": ["x", None],
        "money": {"amount": "3", "currencyCode": "EUR"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("odd", "shown"),
    [
        ({"price": Decimal("1E+3")}, {"price": "1000"}),
        ({"price": Decimal("1E-9")}, {"price": "0.000000001"}),
        ({"price": 7}, {"price": "7"}),
        ({"maybe_whole": -(2**31)}, {"maybeWhole": -(2**31)}),
    ],
    ids=["an exponent", "a small number", "an integer", "the least"],
)
async def test_a_column_of_two_kinds_is_written_value_by_value(
    resolved: list[str], odd: dict[str, Any], shown: dict[str, Any]
) -> None:
    """One value that is written in another way is, without graphql-core and among others."""
    data = await answered(COLUMNS, manyLeafy=[*MANY, replace(LEAFY, **odd)])
    assert resolved == ["Roots.manyLeafy"]
    assert {name: data["manyLeafy"][10][name] for name in shown} == shown
    assert data["manyLeafy"][9]["price"] == "0.09"


@pytest.mark.parametrize(
    ("odd", "told"),
    [
        ({"price": Decimal("NaN")}, "a Decimal field resolved to Decimal('NaN')"),
        ({"maybe_whole": 2**31}, "Int cannot represent non 32-bit signed integer value"),
        ({"colour": None}, "Cannot return null for non-nullable field Leafy.colour."),
        ({"texts": ["x", b"y"]}, "String cannot represent value"),
    ],
    ids=["no number", "too large", "none", "in a list"],
)
async def test_a_value_that_does_not_belong_in_a_column_is_told_at_its_place(
    odd: dict[str, Any], told: str
) -> None:
    """Of eleven objects the last is wrong: only what holds it is missing."""
    roots = {"manyLeafy": [*MANY, replace(LEAFY, **odd)]}
    results = [
        execute(awkward(), parse(COLUMNS), root_value=roots, executor_class=how)
        for how in (ShortCutExecutor, Usual)
    ]
    short, usual = results
    assert isinstance(short, ExecutionResult)
    assert isinstance(usual, ExecutionResult)
    assert short.errors is not None
    assert short.errors[0].message.startswith(told)
    assert short.errors[0].path is not None
    assert short.errors[0].path[:2] == ["manyLeafy", 10]
    assert json.dumps(short.formatted) == json.dumps(usual.formatted)


async def test_what_needs_a_resolver_goes_the_ordinary_way_alone(resolved: list[str]) -> None:
    """The method is resolved; its neighbours are attributes still, in the order asked for."""
    data = await answered("{ sureLeafy { whole method name shout } }", sureLeafy=LEAFY)
    assert list(data["sureLeafy"].items()) == [
        ("whole", 1), ("method", "a!"), ("name", "a"), ("shout", 2),
    ]  # fmt: skip
    assert resolved == ["Roots.sureLeafy", "Leafy.method", "Leafy.shout"]


async def test_one_unusual_value_takes_only_its_field_the_ordinary_way(
    resolved: list[str],
) -> None:
    """A Boolean in place of an Int is written by graphql-core, which takes it for 1."""
    odd = replace(LEAFY, whole=True)
    data = await answered("{ sureLeafy { name whole real } }", sureLeafy=odd)
    assert data == {"sureLeafy": {"name": "a", "whole": 1, "real": 0.5}}
    assert resolved == ["Roots.sureLeafy", "Leafy.whole"]


async def test_the_product_executes_by_the_short_cut() -> None:
    """The schema that is served has it."""
    assert make_schema(PluginHost()).execution_context_class is ShortCutExecutor


async def test_what_is_known_of_an_operation_goes_when_it_does() -> None:
    """Two documents are known while they live; executing one again adds nothing."""
    schema = awkward()
    kept = [parse("{ manyLeafy { name } }"), parse("{ manyLeafy { name } }")]
    for document in (*kept, *kept):
        execute(
            schema,
            document,
            root_value={"manyLeafy": [LEAFY]},
            executor_class=ShortCutExecutor,
        )
    assert len(known_of(schema).operations) == 2
    del document
    kept.clear()
    gc.collect()
    assert len(known_of(schema).operations) == 0


@pytest.mark.parametrize(
    ("text", "variables", "first", "second"),
    [
        (
            "query Q($yes: Boolean!) { manyLeafy { name whole @include(if: $yes) } }",
            ({"yes": True}, {"yes": False}),
            {"name": "a", "whole": 1},
            {"name": "a"},
        ),
        (
            "query Q($l: String!) { manyLeafy { name shout(locale: $l) } }",
            ({"l": "en"}, {"l": "fr-BE"}),
            {"name": "a", "shout": 2},
            {"name": "a", "shout": 5},
        ),
    ],
    ids=["a directive", "an argument"],
)
async def test_other_variables_answer_otherwise_the_second_time(
    text: str,
    variables: tuple[dict[str, Any], dict[str, Any]],
    first: dict[str, Any],
    second: dict[str, Any],
) -> None:
    """What depends on a variable is not kept from one execution to the next."""
    schema, document = awkward(), parse(text)
    for given, one in zip(variables, (first, second), strict=True):
        result = execute(
            schema,
            document,
            root_value={"manyLeafy": [LEAFY]},
            variable_values=given,
            executor_class=ShortCutExecutor,
        )
        assert isinstance(result, ExecutionResult)
        assert (result.data, result.errors) == ({"manyLeafy": [one]}, None)
