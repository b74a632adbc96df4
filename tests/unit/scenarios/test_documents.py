"""Scenario files: what they may say, and that a fault names its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.scenarios.document import ScenarioInvalid, Unit, read_scenarios, scenarios_among

HEAD = """\
scenario: one
clock: 2026-01-01
tenant: {name: TV, currency: EUR, timezone: Europe/Nicosia, country: CY}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a test writes its scenario."""
    return tmp_path / "case.yaml"


def test_a_file_holds_several_scenarios_and_each_knows_its_lines(file: Path) -> None:
    """The second begins in line 7; the mutation of its step stands in line 12."""
    second = HEAD.replace("scenario: one", "scenario: two")
    file.write_text(
        f"{HEAD}steps: []\nexpect: {{invoices: []}}\n---\n{second}steps:\n"
        "  - at: 2026-02-01\n"
        "    usageVoid: {id: a}\n"
        "    refuses: EVENT_NOT_FOUND\n"
        "expect: {refused: [EVENT_NOT_FOUND]}\n"
    )

    one, two = read_scenarios(file)

    assert (one.name, two.name) == ("one", "two")
    assert one.expected.invoices == ()
    assert one.expected.refused is None
    (step,) = two.steps
    assert (step.line, step.at, step.mutation) == (12, "2026-02-01", "usageVoid")
    assert step.refuses == "EVENT_NOT_FOUND"
    assert two.expected.refused == ("EVENT_NOT_FOUND",)


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("", 1, "holds no scenario"),
        ("- a list\n", 1, "a scenario is a mapping"),
        (f"{HEAD}steps: []\n", 1, "`expect:`"),
        (f"{HEAD}stepps: []\n", 4, "'stepps' is unknown here"),
        (f"{HEAD}steps: 7\nexpect: {{}}\n", 4, "`steps:` with a list"),
        (f"{HEAD}steps:\n  - {{}}\nexpect: {{}}\n", 5, "a step runs a mutation"),
        (f"{HEAD}steps:\n  - just text\nexpect: {{}}\n", 5, "a step is a mapping"),
        (f"{HEAD}steps:\n  - {{a: {{}}, b: {{}}}}\nexpect: {{}}\n", 5, "one mutation a step"),
        (f"{HEAD}catalogue: {{file: no.yaml}}\nsteps: []\nexpect: {{}}\n", 4, "no file"),
        (f"{HEAD}steps: [\nexpect: {{}}\n", 6, "not well-formed YAML"),
        (HEAD.replace(", country: CY", "") + "steps: []\nexpect: {}\n", 3, "`country:`"),
    ],
)
def test_a_fault_names_its_file_and_line(file: Path, text: str, line: int, told: str) -> None:
    """So that an editor jumps there."""
    file.write_text(text)

    with pytest.raises(ScenarioInvalid) as refused:
        read_scenarios(file)

    assert str(refused.value).startswith(f"{file}:{line}:")
    assert told in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The path as it was given."""
    with pytest.raises(ScenarioInvalid, match=r"absent\.yaml:1: cannot be read"):
        read_scenarios(tmp_path / "absent.yaml")


CATALOGUE = "products: {seat: {kind: licence, name: Seat}}\n"


def test_catalogues_among_the_files_are_passed_over(tmp_path: Path) -> None:
    """So that a folder's `*.yaml` can be played."""
    shop, case = tmp_path / "a-shop.yaml", tmp_path / "case.yaml"
    shop.write_text(CATALOGUE)
    case.write_text(f"{HEAD}catalogue: {{file: a-shop.yaml}}\nsteps: []\nexpect: {{}}\n")

    (found,) = scenarios_among([shop, case])

    assert (found.name, found.catalogue) == ("one", shop)


def test_a_catalogue_alone_is_told_to_be_one(tmp_path: Path) -> None:
    """Whoever names it where a scenario belongs learns how to use it."""
    shop = tmp_path / "a-shop.yaml"
    shop.write_text(CATALOGUE)

    for read in (lambda: read_scenarios(shop), lambda: scenarios_among([shop])):
        with pytest.raises(ScenarioInvalid, match=r"a-shop\.yaml:1: is a catalogue"):
            read()


def test_units_are_named_by_their_codes(file: Path) -> None:
    """A catalogue may name them, so they come before it."""
    file.write_text(f"{HEAD}units:\n  desk: Front desk\nsteps: []\nexpect: {{}}\n")

    (found,) = read_scenarios(file)

    assert found.units == (Unit("desk", "Front desk", 5),)
