"""The reference page says what the schema says, and names every code of a problem."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.catalogue import errors
from core.catalogue.checks import Known, check_catalogue
from core.catalogue.reference import BEGIN, END, reference_tables
from core.catalogue.schema import SECTIONS, Catalogue, Section
from core.catalogue.yaml_source import load_catalogue

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "catalogue.md"


def test_the_tables_of_the_reference_are_those_of_the_schema():
    """After a change of the schema: write the page again from `reference_tables()`."""
    page = PAGE.read_text(encoding="utf-8")
    written = page[page.index(BEGIN) : page.index(END) + len(END)]
    assert written == reference_tables()
    assert "| `quantity_from` | a mapping | Take the quantity from a gauge" in written


def test_every_code_of_a_problem_is_on_the_page():
    """Clients read these codes; each has a line that says what to do."""
    page = PAGE.read_text(encoding="utf-8")
    codes = {
        value
        for name, value in vars(errors).items()
        if name.isupper() and isinstance(value, str)
    }
    codes |= set(errors.UNKNOWN_CODE.values())
    assert len(codes) > 15
    assert [code for code in sorted(codes) if f"`{code}`" not in page] == []


def test_the_examples_on_the_page_are_one_catalogue():
    """Each can be loaded as it stands, and together they hold what they name."""
    page = PAGE.read_text(encoding="utf-8")
    examples = [part.split("```")[0] for part in page.split("```yaml\n")[1:]]
    loaded = [load_catalogue(example) for example in examples]
    assert [found.problems for found in loaded] == [()] * 10
    merged: dict[Section, tuple[Any, ...]] = {
        section: tuple(entry for each in loaded for entry in each.catalogue.section(section))
        for section in SECTIONS
    }
    whole: Any = Catalogue(**merged)
    known = Known(
        wanted=whole,
        stored=Catalogue(),
        zone="Europe/Nicosia",
        now=datetime(2026, 11, 1, tzinfo=UTC),
    )
    assert check_catalogue(known) == []
    lacking = [section for section in SECTIONS if not whole.section(section)]
    assert lacking == []
