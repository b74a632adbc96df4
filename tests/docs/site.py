"""Builds the documentation site: `docs`, the plugins' pages, and what is generated.

Run as a program it writes `build/site`. Whatever the site warns of, such as a link that
leads nowhere, fails the build.
"""

from __future__ import annotations

import os
import posixpath
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from graphql import build_schema

from tests.architecture.source_files import ROOT
from tests.docs.command_page import command_page
from tests.docs.schema_pages import schema_pages

SOURCE: Final = ROOT / "build" / "site-source"
SITE: Final = ROOT / "build" / "site"
CONFIGURATION: Final = ROOT / "mkdocs.yml"
_SAID_TO_TESTS: Final = re.compile(r"^(```\w+) \w+$", re.MULTILINE)
_GENERATED: Final = {
    "api/schema.graphql": "reference/schema/queries.md",
    "api/commands": "reference/commands.md",
    "CHANGELOG.md": "changelog.md",
}
"""Where the site shows what a checkout has elsewhere; pages link to what a checkout has."""
_LINK: Final = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#\s]+)(#[^)\s]*)?\)")


class SiteBroken(Exception):
    """The site cannot be built as it stands; the message is the builder's own."""


def assemble() -> None:
    """Put together what the site is built from: copies, and pages that are generated."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    for page in sorted((ROOT / "docs").rglob("*")):
        if page.is_file():
            _place(page, page.relative_to(ROOT / "docs"))
    for readme in sorted((ROOT / "plugins").glob("*/README.md")):
        _place(readme, Path("channels") / f"{readme.parent.name}.md")
    _place(ROOT / "CHANGELOG.md", Path("changelog.md"))
    schema = build_schema((ROOT / "api/schema.graphql").read_text(encoding="utf-8"))
    for name, text in schema_pages(schema).items():
        _write(Path("reference/schema") / f"{name}.md", text)
    _write(Path("reference/commands.md"), command_page())


def build() -> None:
    """Build the site from what was assembled.

    Raises:
        SiteBroken: the builder warned or failed.
    """
    builder = Path(sys.executable).with_name("zensical")
    done = subprocess.run(
        [builder, "build", "--strict", "--clean", "-f", CONFIGURATION],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"NO_COLOR": "1"},
    )
    if done.returncode:
        raise SiteBroken(done.stdout + done.stderr)


def _place(page: Path, target: Path) -> None:
    """Copy a page; in Markdown, what it links to beside the site is named instead."""
    if page.suffix != ".md":
        (SOURCE / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(page, SOURCE / target)
        return
    # What a fence says beside its language is for tests; the builder takes it for no fence.
    text = _SAID_TO_TESTS.sub(r"\1", page.read_text(encoding="utf-8"))
    _write(target, _LINK.sub(lambda link: _within(link, page, target), text))


def _within(link: re.Match[str], page: Path, target: Path) -> str:
    text, address = link[1], link[2]
    if "://" in address:
        return link[0]
    leads_to = (page.parent / address).resolve()
    if leads_to.is_relative_to(ROOT / "docs") and page.is_relative_to(ROOT / "docs"):
        return link[0]
    if not leads_to.exists():
        raise SiteBroken(f"{page.relative_to(ROOT)} links to {address}, which is not there")
    place = leads_to.relative_to(ROOT).as_posix()
    if place in _GENERATED:
        return f"[{text}]({posixpath.relpath(_GENERATED[place], target.parent.as_posix())})"
    named = f"`{place}`"
    return named if text.strip("`") in named else f"{text} ({named})"


def _write(target: Path, text: str) -> None:
    path = SOURCE / target
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def main() -> None:
    """Assemble and build, or say what is broken."""
    try:
        assemble()
        build()
    except SiteBroken as broken:
        sys.exit(str(broken))
    pages = sum(1 for _ in SITE.rglob("*.html"))
    print(f"{pages} pages in {SITE.relative_to(ROOT)}; `make docs-serve` shows them")


if __name__ == "__main__":
    main()
