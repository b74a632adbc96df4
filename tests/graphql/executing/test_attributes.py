"""Attributes are taken by the short-cut; what is unusual about one is left to graphql-core."""

from __future__ import annotations

import inspect
import json
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import pytest
from graphql import ExecutionResult, execute, parse
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext as Usual

from api.graphql.executor import ShortCutExecutor
from api.graphql.money import Money
from api.graphql.scalars import CurrencyCode
from tests.graphql.executing.schemas import LEAFY, Colour, awkward


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
