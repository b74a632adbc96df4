"""No block of the documentation is there that nothing runs."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.source_files import ROOT
from tests.docs.fences import Block, blocks_of

RUN_AS_A_PAGE: Final = "docs/tutorials/"
ELSEWHERE: Final = {
    ("docs/crm-com.md", "sh"): "tests/scenarios/test_seed_scenarios.py"
    "::test_the_scenario_is_billed_as_its_file_says",
    ("docs/sellers.md", "sh"): "tests/scenarios/test_seed_scenarios.py"
    "::test_the_scenario_is_billed_as_its_file_says",
    ("docs/simulations.md", "sh"): "tests/docs/test_fragments.py"
    "::test_the_commands_of_the_page_on_simulations_run",
    ("docs/simulations.md", "yaml"): "tests/integration/simulations/test_the_guide.py"
    "::test_the_example_comes_out_as_the_guide_says",
    ("docs/reference/catalogue.md", "yaml"): "tests/unit/catalogue/test_reference.py"
    "::test_the_examples_on_the_page_are_one_catalogue",
    ("docs/reference/hooks.md", "python"): "tests/unit/plugins/test_hooks_documented.py"
    "::test_every_documented_example_is_taken_by_the_host",
    ("docs/reference/hooks.md", "python contract"): "tests/architecture/test_hooks.py"
    "::test_a_hook_has_its_section_signature_example_and_test",
    (
        "docs/reference/hooks.md",
        "python per_event",
    ): "tests/unit/plugins/test_hooks_documented.py"
    "::test_the_documented_channel_per_event_tells_what_was_ordered",
    ("docs/reference/hooks.md", "toml"): "tests/docs/test_fragments.py"
    "::test_the_entry_point_of_the_page_is_one",
    ("docs/reference/hooks.md", "yaml"): "tests/docs/test_fragments.py"
    "::test_the_catalogue_of_a_fax_is_one",
    ("docs/reference/hooks.md", "text"): "tests/docs/test_fragments.py"
    "::test_the_documented_suites_pass",
    ("docs/reference/plugin-kit.md", "text"): "tests/docs/test_fragments.py"
    "::test_the_documented_suites_pass",
    ("docs/reference/scenarios.md", "yaml"): "tests/docs/test_fragments.py"
    "::test_the_examples_of_scenarios_are_played",
}
"""Which test runs the blocks of a page in a language; it reads them from the page."""


def _pages() -> Iterator[Path]:
    """The pages that people write, as far as they are on the site, and the README."""
    yield from sorted((ROOT / "docs").rglob("*.md"))
    yield from sorted((ROOT / "plugins").glob("*/README.md"))
    yield ROOT / "CHANGELOG.md"


def _blocks() -> Iterator[Block]:
    for page in _pages():
        yield from blocks_of(page, named=page.relative_to(ROOT).as_posix())


def test_every_block_of_every_page_is_run_by_something() -> None:
    """A tutorial's are typed in order; the others have a test of their own, named here."""
    nobody = [
        f"{block.place} ({block.language})"
        for block in _blocks()
        if not block.page.startswith(RUN_AS_A_PAGE)
        and (block.page, block.language) not in ELSEWHERE
    ]
    assert nobody == []


def test_no_test_is_named_for_blocks_that_are_gone() -> None:
    """So that the table stays what it says."""
    there = Counter((block.page, block.language) for block in _blocks())
    assert [named for named in ELSEWHERE if not there[named]] == []


@pytest.mark.parametrize("named", sorted(set(ELSEWHERE.values())))
def test_a_test_that_runs_blocks_is_there(named: str) -> None:
    """Under the name that the table gives it."""
    file, function = named.split("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert function in {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
