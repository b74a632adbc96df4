"""The page that goes through the sellers' own words names nothing that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from graphql import GraphQLObjectType, GraphQLSchema, build_schema, get_named_type

from api.scenarios.document import read_scenarios
from core.catalogue.schema import Catalogue
from tests.architecture.source_files import ROOT
from tests.architecture.test_pricing_guide import cells, choices, keys_below, quoted

PAGE = (ROOT / "docs/sellers.md").read_text(encoding="utf-8")
SEEDS = ROOT / "tests/scenarios/seeds"
COLUMNS = ["the customer is told", "on Forfait", "shown by"]
SCENARIO = re.compile(r"`(?P<file>[^`]+\.yaml)` \"(?P<name>[^\"]+)\"")


class Row(NamedTuple):
    """A sentence, under the seller's heading."""

    seller: str
    told: str
    done: str
    shown: str


def rows() -> Iterator[Row]:
    """The rows of every seller's tables; each has three cells."""
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        seller, _, text = section.partition("\n")
        for table in re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE):
            lines = [cells(line) for line in table.splitlines()]
            if lines[0] == COLUMNS:
                yield from (Row(seller, *line) for line in lines[2:])


ROWS = list(rows())
SHOWN = sorted({match.groups() for row in ROWS for match in SCENARIO.finditer(row.shown)})
NAMED = sorted({text for row in ROWS for text in quoted(row.done)})


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    """The public schema as it is checked in."""
    return build_schema((ROOT / "api/schema.graphql").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def keys() -> dict[str, list[Any]]:
    """Every key of the catalogue after its mapping, with its annotations."""
    found: dict[str, list[Any]] = {}
    for name, hint in keys_below(Catalogue, ""):
        found.setdefault(name, []).append(hint)
    return found


def test_every_sentence_has_its_scenario() -> None:
    """No sentence without what does it and what shows it."""
    assert ROWS
    for row in ROWS:
        assert row.told, row
        assert quoted(row.done), row
        assert SCENARIO.search(row.shown), row
        assert not SCENARIO.sub("", row.shown).replace(";", "").strip(), row


@pytest.mark.parametrize(("file", "name"), SHOWN)
def test_the_scenario_exists(file: str, name: str) -> None:
    """Files are played by the tests of scenarios; here the file holds one of that name."""
    assert name in {scenario.name for scenario in read_scenarios(SEEDS / file)}


@pytest.mark.parametrize("text", NAMED)
def test_what_does_it_exists(
    schema: GraphQLSchema, keys: dict[str, list[Any]], text: str
) -> None:
    """An operation, with a field of what it answers; or a key, which takes the value."""
    key, _, value = text.partition(": ")
    if is_operation(schema, key):
        assert not value
        return
    assert key in keys
    if value:
        assert value in set().union(*(choices(key, hint) for hint in keys[key]))


def is_operation(schema: GraphQLSchema, text: str) -> bool:
    """Say whether the text is a query or a mutation, and has the field that it names."""
    name, *path = text.split(".")
    assert schema.query_type is not None
    assert schema.mutation_type is not None
    field = {**schema.query_type.fields, **schema.mutation_type.fields}.get(name)
    for each in path:
        kind = None if field is None else get_named_type(field.type)
        field = kind.fields.get(each) if isinstance(kind, GraphQLObjectType) else None
    return field is not None


def test_a_name_that_does_not_exist_is_noticed(schema: GraphQLSchema) -> None:
    """A renamed operation or field would leave the page behind."""
    assert is_operation(schema, "can.remaining")
    assert not is_operation(schema, "can.left")
    assert not is_operation(schema, "could")
