"""What a step shows is selected from the schema, and compared with the answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema

from api.scenarios.arguments import Arguments
from api.scenarios.document import Scenario, ScenarioInvalid, read_scenarios
from api.scenarios.shown import Shown
from core.catalogue.yaml_tree import Node, parse_yaml

SCHEMA = build_schema("""
scalar DateTime
type Money { currency: String!, amount: String! }
type Plan { id: ID!, code: String! }
type Line { amount: Money!, count: Int!, detail(of: ID!): String }
type Payload { due: Money, plan: Plan, ends: DateTime, isOpen: Boolean!, lines: [Line!]! }
type Query { payload: Payload }
""")
KIND: Any = SCHEMA.type_map["Payload"]
SCENARIO = """
scenario: nothing
clock: 2026-01-01
tenant: {name: Shop, currency: EUR, timezone: Europe/Paris, country: FR}
steps: []
expect: {}
"""
FOUND = {
    "__typename": "Payload",
    "due": {"amount": "412.77"},
    "plan": {"code": "pro"},
    "ends": "2026-01-31T23:00:00Z",
    "isOpen": False,
    "lines": [
        {"__typename": "Line", "count": 1, "amount": {"amount": "5"}},
        {"__typename": "Line", "count": 2, "amount": {"amount": "7.50"}},
    ],
}


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    """A scenario in Paris."""
    file = tmp_path / "case.yaml"
    file.write_text(SCENARIO, encoding="utf-8")
    return read_scenarios(file)[0]


def shown(scenario: Scenario) -> Shown:
    """What compares, with $pro bound."""
    return Shown(scenario, Arguments(scenario.file, "Europe/Paris", {"pro": "pln_1"}))


def node(text: str) -> Node:
    """What a step shows, as the file is read."""
    found, problems = parse_yaml(f"shows: {text}")
    assert not problems
    return found.entries["shows"][1]  # type: ignore[union-attr]


def told(scenario: Scenario, text: str, found: Any = FOUND) -> list[tuple[str, str, str]]:
    """The differences, as where, expected, found."""
    unlike = shown(scenario).unlike(node(text), found, KIND, where="it")
    return [(one.where, one.expected, one.found) for one in unlike]


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("{due: 1}", "{ __typename due { amount } }"),
        ("{plan: pro}", "{ __typename plan { code } }"),
        ("{plan: $pro}", "{ __typename plan { id } }"),
        ("{plan: null}", "{ __typename plan { code } }"),
        ("{lines: []}", "{ __typename lines { __typename  } }"),
        (
            "{lines: [{count: 1}, {amount: 2}]}",
            "{ __typename lines { __typename amount { amount }   __typename count  } }",
        ),
    ],
)
def test_what_is_shown_is_selected(scenario: Scenario, text: str, selected: str) -> None:
    """A text beside an object is its amount, its code, or its id."""
    assert shown(scenario).selection(node(text), KIND) == selected


@pytest.mark.parametrize(
    "text",
    [
        "{due: 412.770, plan: pro, isOpen: false}",
        "{ends: 2026-02-01}",  # midnight in Paris
        "{lines: [{count: 2, amount: 7.5}]}",
        "{lines: [{count: 2}, {count: 1}]}",
    ],
)
def test_what_is_as_shown_tells_nothing(scenario: Scenario, text: str) -> None:
    """Numbers by value, times as instants, lists in any order and in part."""
    assert told(scenario, text) == []


@pytest.mark.parametrize(
    ("text", "difference"),
    [
        ("{due: 412.78}", ("it.due", "412.78", "412.77")),
        ("{due: null}", ("it.due", "nothing", "412.77")),
        ("{ends: 2026-02-02}",
         ("it.ends", "2026-02-01T23:00:00+00:00", "2026-01-31T23:00:00+00:00")),
        ("{isOpen: true}", ("it.isOpen", "true", "false")),
        ("{lines: []}", ("it.lines", "none", "2")),
        ("{lines: [{count: 1, amount: 6}]}", ("it.lines.amount", "6", "5")),
        ("{lines: [{count: 1}, {count: 2}, {count: 2}]}", ("it.lines", "one", "nothing")),
    ],
)  # fmt: skip
def test_what_is_not_as_shown_is_a_difference(
    scenario: Scenario, text: str, difference: tuple[str, str, str]
) -> None:
    """Of a list, the one that is closest is told; each is used once."""
    assert told(scenario, text) == [difference]


def test_an_object_that_is_not_there_is_a_difference(scenario: Scenario) -> None:
    """A refused or empty answer does not hide what was expected of it."""
    assert told(scenario, "{plan: {code: pro}}", {**FOUND, "plan": None}) == [
        ("it.plan", "something", "nothing")
    ]


@pytest.mark.parametrize("text", ["{dues: 1}", "{lines: [{detail: a}]}"])
def test_a_field_that_the_schema_does_not_show_is_a_fault_of_the_file(
    scenario: Scenario, text: str
) -> None:
    """Unknown names, and fields that need arguments of their own, are told with the line."""
    with pytest.raises(ScenarioInvalid, match="shows no"):
        shown(scenario).selection(node(text), KIND)
