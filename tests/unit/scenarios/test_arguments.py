"""A step's mapping becomes the variables that the schema asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, build_schema

from api.scenarios.arguments import Arguments
from api.scenarios.document import ScenarioInvalid
from core.catalogue.yaml_tree import Mapping, parse_yaml

SCHEMA = build_schema("""
scalar DateTime
scalar EventDateTime
scalar Decimal
enum Operation { CORRECTED DEDUPLICATED }
input Line { product: ID!, quantity: Decimal }
input Everything {
  account: ID, name: String, at: DateTime, usedAt: EventDateTime, count: Int, isOn: Boolean,
  operation: Operation, lines: [Line!]
}
type Query { everything(input: Everything): String }
""")
FILE = Path("case.yaml")


def read(text: str) -> Any:
    """Read a mapping as the input `Everything`, with $ada bound, in Paris."""
    node, problems = parse_yaml(text)
    assert not problems
    assert isinstance(node, Mapping)
    kind = SCHEMA.type_map["Everything"]
    assert isinstance(kind, GraphQLInputObjectType)
    return Arguments(FILE, "Europe/Paris", {"ada": "acc_1"}).value(node, kind)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("account: $ada", {"account": "acc_1"}),
        ("name: null", {"name": None}),
        ("name: 'null'", {"name": "null"}),
        ("name: {a: [1, x]}", {"name": '{"a": ["1", "x"]}'}),
        ("at: 2026-01-15", {"at": "2026-01-14T23:00:00+00:00"}),  # winter: UTC+1
        ("at: 2026-07-15T12:30:00", {"at": "2026-07-15T10:30:00+00:00"}),  # summer: UTC+2
        ("at: 2026-07-15T12:30:00Z", {"at": "2026-07-15T12:30:00+00:00"}),
        ("usedAt: 2026-01-15", {"usedAt": "2026-01-14T23:00:00+00:00"}),  # of a usage event
        ("count: 12", {"count": 12}),
        ("isOn: true", {"isOn": True}),
        ("operation: CORRECTED", {"operation": "CORRECTED"}),
        (
            "lines: [{product: a, quantity: 0.10}]",
            {"lines": [{"product": "a", "quantity": "0.10"}]},
        ),
        ("lines: {product: a}", {"lines": [{"product": "a"}]}),
        (
            "lines: [{product: a}, {repeat: {times: 2, of: {product: 'm{n}', quantity: 1}}}]",
            {
                "lines": [
                    {"product": "a"},
                    {"product": "m1", "quantity": "1"},
                    {"product": "m2", "quantity": "1"},
                ]
            },
        ),
    ],
)
def test_values_become_what_the_schema_asks_for(text: str, expected: dict[str, Any]) -> None:
    """Texts stay texts: a decimal is never a float."""
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("\nnames: x", 2, "Everything has no field 'names'; it has account, name"),
        ("account: $eve", 1, "$eve is not bound"),
        ("at: tomorrow", 1, "'tomorrow' is no time"),
        ("count: 1.5", 1, "'1.5' is no whole number"),
        ("isOn: yes", 1, "'yes' is none of true, false"),
        ("operation: corrected", 1, "'corrected' is none of CORRECTED, DEDUPLICATED"),
        ("lines:\n  - {quantity: 1}", 2, "Line needs product"),
        ("lines: [{product: null}]", 1, "a value is needed here"),
        ("count: [1]", 1, "a single value is needed here (Int)"),
        ("lines: [text]", 1, "Line is a mapping"),
        ("lines: [{repeat: {of: {product: a}}}]", 1, "write `repeat: {times: 10, of"),
        ("lines: [{repeat: {times: 1001, of: {product: a}}}]", 1, "number from 1 to 1000"),
        ("lines: [{repeat: {times: 0, of: {product: a}}}]", 1, "number from 1 to 1000"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_line(text: str, line: int, told: str) -> None:
    """Before anything runs."""
    with pytest.raises(ScenarioInvalid) as refused:
        read(text)

    assert str(refused.value).startswith(f"case.yaml:{line}: ")
    assert told in str(refused.value)
