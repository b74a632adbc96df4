"""The short-cut answers as graphql-core does: data, errors, paths, and their order.

Documents and values are made from seeds, over every type of the product's own schema and
over a few that are as awkward as the rules allow. graphql-core's executor is the measure.
"""

from __future__ import annotations

import gc
import inspect
import json
import re
from collections import Counter
from typing import Any, Final, cast

import pytest
from graphql import DocumentNode, ExecutionResult, GraphQLSchema, execute, parse
from strawberry.execution.is_awaitable import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext as Usual

from api.graphql.executor import ShortCutExecutor
from api.graphql.executor_selections import known_of
from api.schema import make_schema
from core.plugin_host import PluginHost
from tests.graphql.executing.documents import VARIABLES, Documents
from tests.graphql.executing.schemas import LEAFY, awkward, product
from tests.graphql.executing.values import Later, Values

_ADDRESS: Final = re.compile(r" at 0x[0-9a-f]+")
"""Two objects of one seed are equal in all but where they lie."""
SEEDS: Final = range(10)
DOCUMENTS: Final = 40
"""Of each seed, over the product's types and over awkward ones: 800 in all, each twice."""


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
