"""Every link of every page leads somewhere in a plain checkout, where nothing is generated."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Final

import pytest

from tests.architecture.source_files import ROOT, committed_files, relative

_LINK: Final = re.compile(r"\[[^\]\n]*\]\((?P<address>[^)#\s]*)(?:#(?P<heading>[^)\s]*))?\)")
_FENCE: Final = re.compile(r"^(`{3,}).*?^\1`*$", re.MULTILINE | re.DOTALL)
_HEADING: Final = re.compile(r"^#+ +(.+)$", re.MULTILINE)


FILES: Final = [relative(path) for path in committed_files()]
PLACES: Final = {*FILES, *(above.as_posix() for one in FILES for above in Path(one).parents)}
PAGES: Final = sorted(place for place in FILES if place.endswith(".md"))


def dead_links(page: str, text: str) -> list[str]:
    """Return the addresses of a page that lead nowhere in a checkout."""
    dead = []
    for link in _LINK.finditer(_FENCE.sub("", text)):
        address, heading = link["address"], link["heading"]
        if "://" in address or address.startswith("mailto:"):
            continue
        leads_to = (ROOT / page).parent / address if address else ROOT / page
        place = leads_to.resolve()
        inside = place.relative_to(ROOT).as_posix() if place.is_relative_to(ROOT) else ".."
        if inside not in PLACES or (heading and heading not in anchors(place)):
            dead.append(link[0])
    return dead


def anchors(page: Path) -> set[str]:
    """Return what a link may name of a page: its headings, as they become addresses."""
    found = _HEADING.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", each.lower()).strip().replace(" ", "-") for each in found}


def test_there_are_pages_to_look_at() -> None:
    """The README, those of the plugins, the tutorials, the references, the decisions."""
    folders = {PurePosixPath(page).parts[0] for page in PAGES}
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs", "plugins"} <= folders
    assert len(PAGES) > 50


@pytest.mark.parametrize("page", PAGES)
def test_no_link_is_dead(page: str) -> None:
    """Into the repository; links into the web are not followed."""
    assert dead_links(page, (ROOT / page).read_text(encoding="utf-8")) == []


def test_a_dead_link_is_found() -> None:
    """To what only the built site has, to no heading of a page, and out of the checkout."""
    text = (
        "[a](reference/schema/queries.md) [b](concepts.md) [c](concepts.md#no-such-heading) "
        "[d](../../elsewhere.md) [e](https://example.com)\n```\n[f](in-a-fence.md)\n```\n"
    )
    assert dead_links("docs/index.md", text) == [
        "[a](reference/schema/queries.md)",
        "[c](concepts.md#no-such-heading)",
        "[d](../../elsewhere.md)",
    ]
