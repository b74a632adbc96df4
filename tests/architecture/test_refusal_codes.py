"""One fact, one code: over the whole program, in the schema, and in the reference."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from graphql import GraphQLEnumType, GraphQLObjectType, GraphQLSchema, get_named_type

from api.schema import make_schema
from core.plugin_host import PluginHost
from tests.architecture.source_files import ROOT

REFERENCE = ROOT / "docs" / "reference" / "operations.md"

# In a process of its own, so that neither tests' refusals nor missing imports change it.
LISTING = """
import importlib, pkgutil
import api, core, workers
from core.kernel.errors import all_refusals

for package in (core, api, workers):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
for found in all_refusals():
    print(found.code, "code" in vars(found), found.__module__ + "." + found.__qualname__)
"""
OF_A_KEY = frozenset(
    {"IDEMPOTENCY_KEY_INVALID", "IDEMPOTENCY_KEY_IN_FLIGHT", "IDEMPOTENCY_KEY_REUSED"}
)
VERDICTS = frozenset({"ACCEPTED", "DUPLICATE", "REJECTED"})


@dataclass(frozen=True, slots=True)
class Refusing:
    """A mutation: whether its input takes a key, and every code that it may answer."""

    takes_key: bool = False
    codes: frozenset[str] = field(default_factory=frozenset)


def test_no_two_refusals_of_the_program_share_a_code() -> None:
    """Every module of core, api and workers is imported; clients act on codes."""
    listed = subprocess.run(
        [sys.executable, "-c", LISTING], cwd=ROOT, check=True, capture_output=True, text=True
    )
    found: dict[str, list[str]] = {}
    for line in listed.stdout.splitlines():
        code, has_own, name = line.split(" ", 2)
        assert has_own == "True", f"{name} has no code of its own"
        assert re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*", code), f"{name}: {code}"
        found.setdefault(code, []).append(name)
    assert {"CURRENCY_MISMATCH", "NOT_FOUND", "NOT_PARKED", "PLUGINS_REFUSED"} <= set(found)
    assert {code: names for code, names in found.items() if len(names) > 1} == {}


@pytest.fixture(scope="module")
def in_schema() -> dict[str, Refusing]:
    """What each mutation of the schema may answer, verdicts' reasons included."""
    built: GraphQLSchema = make_schema(PluginHost())._schema
    assert built.mutation_type is not None
    found = {}
    for name, mutation in built.mutation_type.fields.items():
        takes = [get_named_type(argument.type) for argument in mutation.args.values()]
        payload = get_named_type(mutation.type)
        assert isinstance(payload, GraphQLObjectType)
        found[name] = Refusing(
            takes_key=any("idempotencyKey" in each.fields for each in takes),
            codes=frozenset(_codes(payload)),
        )
    return found


def _codes(payload: GraphQLObjectType) -> Iterator[str]:
    for name in ("userErrors", "verdicts"):
        if name in payload.fields:
            answer = get_named_type(payload.fields[name].type)
            reason = get_named_type(answer.fields["reason"].type)
            assert isinstance(reason, GraphQLEnumType)
            yield from reason.values


def rows() -> list[tuple[list[str], frozenset[str]]]:
    """The reference's rows: the mutations named first, the codes named last."""
    found = []
    for line in REFERENCE.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            first, *_between, last = line.strip().strip("|").split("|")
            names = re.findall(r"`([a-z][A-Za-z]+)`", first)
            found.append((names, frozenset(re.findall(r"`([A-Z][A-Z0-9_]+)`", last))))
    return found


def test_every_mutation_has_one_row_in_the_reference(in_schema: dict[str, Refusing]) -> None:
    """None is left out, none is named twice, and none is named that does not exist."""
    named = [name for names, _codes in rows() for name in names]
    assert sorted(named) == sorted(in_schema)


def test_a_row_names_the_codes_that_its_mutations_answer(
    in_schema: dict[str, Refusing],
) -> None:
    """All of them and no others, for each mutation of the row; keys have a paragraph."""
    wrong = {
        name: sorted((in_schema[name].codes - OF_A_KEY) ^ (codes - VERDICTS))
        for names, codes in rows()
        for name in names
        if in_schema[name].codes - OF_A_KEY != codes - VERDICTS
    }
    assert wrong == {}


def test_what_takes_a_key_answers_the_refusals_of_keys(in_schema: dict[str, Refusing]) -> None:
    """And nothing else does; the reference says so once, for all."""
    for name, mutation in in_schema.items():
        assert mutation.codes & OF_A_KEY == (OF_A_KEY if mutation.takes_key else set()), name
    assert sum(mutation.takes_key for mutation in in_schema.values()) > 20
    before_rows = REFERENCE.read_text(encoding="utf-8").partition("\n## ")[0]
    assert set(re.findall(r"`(IDEMPOTENCY_[A-Z_]+)`", before_rows)) == OF_A_KEY
