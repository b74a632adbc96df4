"""The page for readers of CRM.COM's guide names nothing that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from graphql import GraphQLSchema, build_schema

from api.scenarios.document import read_scenarios
from core.catalogue.schema import Catalogue
from core.catalogue.schema.fields import keys_of, types_of
from core.kernel import condition_context
from core.rating.price_models import BUILT_IN
from tests.architecture.source_files import ROOT

PAGE = (ROOT / "docs/crm-com.md").read_text(encoding="utf-8")
SEEDS = ROOT / "tests/scenarios/seeds"
TERMS = ["in the guide", "on Forfait", "operations", "scenarios"]
CONTEXT = {
    "account": condition_context.ACCOUNT,
    "subscription": condition_context.SUBSCRIPTION,
    "job": condition_context.JOB,
    "bill": condition_context.BILL,
}


def cells(line: str) -> list[str]:
    """The cells of a row of a table."""
    return [cell.strip() for cell in line.strip("|").split("|")]


def rows() -> Iterator[list[str]]:
    """The rows of the tables that map terms; each has four cells."""
    for table in re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE):
        lines = [cells(line) for line in table.splitlines()]
        if lines[0] == TERMS:
            yield from lines[2:]


def quoted(text: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`]+)`", text)


ROWS = list(rows())


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    """The public schema as it is checked in."""
    return build_schema((ROOT / "api/schema.graphql").read_text(encoding="utf-8"))


def keys_below(definition: type, parent: str) -> Iterator[tuple[str, Any]]:
    """Every key as `parent.key`, with its annotation, down the whole catalogue."""
    hints = types_of(definition)
    for name, found in keys_of(definition).items():
        hint = hints[found.name]
        yield f"{parent}.{name}" if parent else name, hint
        for nested in definitions_in(hint):
            yield from keys_below(nested, name)


def definitions_in(hint: Any) -> Iterator[type]:
    """The definitions inside an annotation."""
    if isinstance(hint, type) and is_dataclass(hint):
        yield hint
    for member in get_args(hint):
        yield from definitions_in(member)


def choices(key: str, hint: Any) -> set[str]:
    """The words that a key may have; none where it takes any."""
    if key.endswith(".model"):
        return set(BUILT_IN)
    found = {str(one) for one in get_args(hint)} if get_origin(hint) is Literal else set()
    return found.union(*(choices(key, member) for member in get_args(hint)), set())


def test_every_term_says_how_it_is_done_and_where_it_is_shown() -> None:
    """No term without an operation and a scenario; the guide has some seventy."""
    assert len(ROWS) > 70
    for row in ROWS:
        assert len(row) == len(TERMS), row
        assert all(row), row
        assert quoted(row[2]), row
        assert quoted(row[3]), row


@pytest.mark.parametrize("name", sorted({name for row in ROWS for name in quoted(row[2])}))
def test_the_operation_exists(schema: GraphQLSchema, name: str) -> None:
    """A query or a mutation of the schema that is checked in."""
    assert schema.query_type is not None
    assert schema.mutation_type is not None
    assert name in {**schema.query_type.fields, **schema.mutation_type.fields}


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([\w./-]+\.yaml)`", PAGE))))
def test_the_scenario_exists_and_can_be_read(name: str) -> None:
    """Files beside the catalogue; they are played by the tests of scenarios."""
    file = SEEDS / name
    assert file.parent == SEEDS
    if name != "crm-com.yaml":
        assert read_scenarios(file)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([^)#]+)\)", PAGE))))
def test_the_link_leads_somewhere(path: str) -> None:
    """Links go from the page's own folder."""
    assert (ROOT / "docs" / Path(path)).exists()


@pytest.mark.parametrize("text", sorted({text for row in ROWS for text in quoted(row[1])}))
def test_the_key_exists_and_takes_the_value(text: str) -> None:
    """A key of the catalogue after its mapping, with one of its words; or a condition's."""
    key, _, value = text.partition(": ")
    first, _, rest = key.partition(".")
    if first in CONTEXT:
        assert rest in CONTEXT[first]
        return
    hints: dict[str, list[Any]] = {}
    for name, hint in keys_below(Catalogue, ""):
        hints.setdefault(name, []).append(hint)
    assert key in hints
    if value:
        assert value in set().union(*(choices(key, hint) for hint in hints[key]))
