"""Plugins and their checks as tables on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.plugin_failures import ParkedBy
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


def show_checks(console: Console, source: PluginSource, checks: Sequence[Checked]) -> None:
    """Print what each check said, and the sum.

    On a terminal a failure's advice is wrapped beside its check. A program that reads gets it
    below the table as a line of its own, whole.
    """
    is_wrapped = console.is_terminal
    columns = ("channel", "check", "", "what to do")[: 4 if is_wrapped else 3]
    table = Table(*columns, box=None, title=source.title)
    table.title_justify = "left"
    for one in checks:
        if one.outcome != "skipped":
            outcome = Text(one.outcome, _STYLES[one.outcome])
            cells = (Text(one.channel), Text(one.title), outcome, Text(one.message))
            table.add_row(*cells[: len(columns)])
    console.print(table)
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
    table = Table(*columns, *(("failures",) if is_wrapped else ()), box=None)
    for listing in listings:
        table.add_row(
            Text(listing.name),
            Text(listing.version),
            Text(listing.origin.replace("_", " ")),
            Text(listing.state, _STYLES[listing.state]),
            Text(_contributions(listing)),
            Text(_conformance(known.get(listing.name))),
            *((Text(_failures(listing, parked)),) if is_wrapped else ()),
        )
    console.print(table)
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


def _conformance(record: CheckRecord | None) -> str:
    if record is None:
        return "not checked"
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
