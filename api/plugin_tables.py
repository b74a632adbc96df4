"""Plugins and their checks as tables on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from api.plugin_failures import ParkedBy
from api.terminal_tables import show_table
from core.plugin_host import PluginListing, PluginSource
from core.plugin_kit.records import CheckRecord
from core.plugin_kit.running import Checked

_STYLES: Final = {
    "passed": "green",
    "failed": "bold red",
    "skipped": "dim",
    "served": "green",
    "disabled": "yellow",
}
_UNCHECKED: Final = {"built_in": "built in", "file": "not kept"}
"""Of a file nothing is kept, because it changes under one version."""


def show_checks(console: Console, source: PluginSource, checks: Sequence[Checked]) -> None:
    """Print what each check said, and the sum.

    On a terminal a failure's advice is wrapped beside its check. A program that reads gets it
    below the table as a line of its own, whole.
    """
    is_wrapped = console.is_terminal
    columns = ("channel", "check", "", "what to do")[: 4 if is_wrapped else 3]
    rows = [
        (one.channel, one.title, Text(one.outcome, _STYLES[one.outcome]), one.message)
        for one in checks
        if one.outcome != "skipped"
    ]
    show_table(console, columns, [row[: len(columns)] for row in rows], title=source.title)
    if not is_wrapped:
        for one in checks:
            if one.outcome == "failed":
                where = " ".join(filter(None, (one.channel, one.title)))
                _print_whole(console, f"{where}: {one.message}")
    failed = sum(one.outcome == "failed" for one in checks)
    passed = sum(one.outcome == "passed" for one in checks)
    console.print(f"{source.name}: {passed} passed, {failed} failed\n", highlight=False)


def show_plugins(
    console: Console,
    listings: Sequence[PluginListing],
    known: Mapping[str, CheckRecord],
    parked: Mapping[str, ParkedBy] | None,
) -> None:
    """Print the plugins, one a line, and what of theirs a later version will not take."""
    is_wrapped = console.is_terminal
    columns = ("plugin", "version", "source", "state", "hooks and contributions", "conformance")
    rows = [
        (
            listing.name,
            listing.version,
            listing.origin.replace("_", " "),
            Text(listing.state, _STYLES[listing.state]),
            _contributions(listing),
            _conformance(listing, known.get(listing.name)),
            *((_failures(listing, parked),) if is_wrapped else ()),
        )
        for listing in listings
    ]
    show_table(console, (*columns, *(("failures",) if is_wrapped else ())), rows)
    if not is_wrapped:
        for listing in listings:
            if failure := _failures(listing, parked):
                _print_whole(console, f"{listing.name} {listing.version}: {failure}")
    for listing in listings:
        for sentence in listing.deprecations:
            warning = Text(f"{listing.name} {listing.version}: {sentence}", "yellow")
            console.print(warning, soft_wrap=True)


def _print_whole(console: Console, line: str) -> None:
    """Print one line however long it is: what reads it looks for it line by line."""
    console.print(Text(line), soft_wrap=True)


def _contributions(listing: PluginListing) -> str:
    return "\n".join(
        f"{hook.removeprefix('register_').replace('_', ' ')}: {', '.join(names) or 'none'}"
        for hook, names in listing.contributions.items()
    )


def _conformance(listing: PluginListing, record: CheckRecord | None) -> str:
    """Say what is known: the product's own tests check what comes with it."""
    if record is None:
        return _UNCHECKED.get(listing.origin, "not checked")
    if record.conforms:
        return f"{record.passed} passed"
    return f"{len(record.failed)} failed, {record.passed} passed"


def _failures(listing: PluginListing, parked: Mapping[str, ParkedBy] | None) -> str:
    if listing.failures:
        return "; ".join(listing.failures)
    found = None if parked is None else parked.get(listing.name)
    if found is None:
        return "" if parked is None else "none parked"
    return f"{found.subscriptions} parked, last: {found.last_reason}"
