"""The documentation site can be built, leads everywhere, and needs nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import pytest
from graphql import GraphQLObjectType, build_schema
from ruamel.yaml import YAML

from tests.architecture.source_files import ROOT
from tests.docs.site import CONFIGURATION, SITE, SOURCE, assemble, build

LOADING: Final = {
    ("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src"), ("source", "src"),
    ("video", "src"), ("audio", "src"), ("object", "data"), ("embed", "src"),
}  # fmt: skip
_IN_STYLES: Final = re.compile(r"url\(\s*['\"]?((?:https?:)?//[^)]*)|@import\s+['\"]([^'\"]+)")


@pytest.fixture(scope="module")
def site() -> Path:
    """The site, built from what the checkout holds; a warning fails the build."""
    assemble()
    build()
    return SITE


@pytest.mark.slow
def test_every_page_is_built_and_in_the_navigation(site: Path) -> None:
    """What nobody can find is not documented."""
    in_navigation = set(_leaves(YAML(typ="safe").load(CONFIGURATION)["nav"]))
    pages = {page.relative_to(SOURCE).as_posix() for page in SOURCE.rglob("*.md")}
    assert pages == in_navigation
    assert len(pages) > 50
    assert [page for page in pages if not (site / page).with_suffix(".html").is_file()] == []


@pytest.mark.slow
def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    """No script, style, font or image: the site works without a network, and tells nobody."""
    pages = sorted(site.rglob("*.html"))
    loaded = [(page, address) for page in pages for address in _Loaded.by(page)]
    assert len(loaded) > len(pages)  # styles and scripts of the site's own are found
    assert [(page, one) for page, one in loaded if one.startswith(("http", "//"))] == []
    styles = sorted(site.rglob("*.css"))
    assert styles
    assert [found for each in styles for found in _IN_STYLES.findall(each.read_text())] == []


@pytest.mark.slow
def test_no_fence_is_left_on_a_page(site: Path) -> None:
    """A block that the builder does not take for one is shown with its fence."""
    left = [
        page for page in sorted(site.rglob("*.html")) if "<p>```" in page.read_text("utf-8")
    ]
    assert left == []


@pytest.mark.slow
def test_the_schema_pages_name_every_field_of_a_root(site: Path) -> None:
    """With a heading each, to link to."""
    schema = build_schema((ROOT / "api/schema.graphql").read_text(encoding="utf-8"))
    roots = {
        "queries": schema.query_type,
        "mutations": schema.mutation_type,
        "subscriptions": schema.subscription_type,
    }
    for page, root in roots.items():
        assert isinstance(root, GraphQLObjectType)
        text = (site / f"reference/schema/{page}.html").read_text(encoding="utf-8")
        assert [name for name in root.fields if f'<h2 id="{name.lower()}">' not in text] == []


@pytest.mark.slow
def test_the_page_of_commands_names_every_command(site: Path) -> None:
    """Those of `api/commands`, each with a heading; help texts come from the commands."""
    text = (site / "reference/commands.html").read_text(encoding="utf-8")
    files = {path.stem for path in (ROOT / "api/commands").glob("[!_]*.py")}
    headings = set(re.findall(r'<h2 id="forfait-([a-z]+)', text))
    assert len(files) > 12
    assert files == headings


def _leaves(navigation: Any) -> Iterator[str]:
    if isinstance(navigation, str):
        yield navigation
    elif isinstance(navigation, dict):
        for below in navigation.values():
            yield from _leaves(below)
    else:
        for below in navigation:
            yield from _leaves(below)


class _Loaded(HTMLParser):
    """Collects what a browser fetches by itself for a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    @classmethod
    def by(cls, page: Path) -> list[str]:
        """Return what a page loads."""
        parser = cls()
        parser.feed(page.read_text(encoding="utf-8"))
        return parser.found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note addresses, but not those of links that people follow."""
        given = dict(attrs)
        if tag == "link" and given.get("rel") == "canonical":
            return
        self.found += [
            value for name, value in given.items() if value and (tag, name) in LOADING
        ]
