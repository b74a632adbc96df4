"""What the tutorials say is what happens to somebody who does it, from an empty folder on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.source_files import ROOT
from tests.docs.examples import ExampleFailed, Reader, follow
from tests.docs.fences import blocks_of
from tests.docs.stage import Stage

TUTORIALS = sorted((ROOT / "docs/tutorials").glob("*.md"))


@pytest.mark.slow
@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_a_tutorial_does_what_it_says(page: Path, tmp_path: Path) -> None:
    """Everything is typed as it stands, and every answer is as it is shown."""
    follow(page, named=f"docs/tutorials/{page.name}", below=tmp_path / "reader")


FAILING = [
    ("```sh\necho one\n```\n```text\ntwo\n```\n", "page.md:4: this is not what was printed"),
    ("```sh\nfalse\necho on\n```\n", "page.md:1: exit code 1"),
    ('```sh title="exit code 1"\ntrue\n```\n', "page.md:1: exit code 0"),
    ("```sh\nexit 3\n```\n", "page.md:1: exit code -1"),
    ('```sh\necho \'{"a": [1, 2]}\'\n```\n```json\n{"a": [1]}\n```\n', "page.md:4: .a has 2"),
    ('```sh\necho \'{"a": 1}\'\n```\n```json\n{"b": 1}\n```\n', "page.md:4: .b is not there"),
    (
        "```sh\necho '{\"userErrors\": [{}]}'\n```\n```json\n{}\n```\n",
        "page.md:4: .userErrors is",
    ),
    ('```yaml title="away/a.yaml"\na: 1\n```\n', "page.md:1: "),
    ("```ruby\nputs 1\n```\n", "page.md:1: nothing says how to run ruby"),
]


@pytest.mark.parametrize(("text", "told"), FAILING)
def test_what_does_not_do_what_its_page_says_is_told_with_its_line(
    text: str, told: str, tmp_path: Path
) -> None:
    """A tutorial cannot pass by accident: each way to be wrong fails, at its place."""
    with pytest.raises(ExampleFailed) as failed:
        _followed(text, tmp_path)
    assert str(failed.value).startswith(told)


def test_a_page_is_typed_into_one_shell(tmp_path: Path) -> None:
    """Folder, variables and files stay; … stands for anything; other terminals run beside."""
    _followed(
        "```sh\nmkdir a; cd a\nWHO=Ada\n```\n"
        '```yaml title="b.yaml"\nwho: yes\n```\n'
        "```sh\necho $WHO; cat b.yaml; basename $PWD\n```\n"
        "```text\nAda\nwho: …\na\n```\n"
        '```sh title="second terminal"\necho there; sleep 60\n```\n'
        '```text title="second terminal"\nthere\n```\n'
        '```sh\necho \'{"a": [{"b": 1, "c": "x-7"}, 2]}\'\n```\n'
        '```json\n{"a": [{"c": "x-…"}, "…"]}\n```\n',
        tmp_path,
    )


def _followed(text: str, folder: Path) -> None:
    page = folder / "page.md"
    page.write_text(text, encoding="utf-8")
    reader = Reader(Stage.made(folder / "reader"), folder / "scratch")
    try:
        reader.follow(blocks_of(page, named="page.md"))
    finally:
        reader.leave()
    assert all(terminal.has_ended for terminal in reader.beside.values())
