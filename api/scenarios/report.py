"""What a run of scenarios found, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from api.scenarios.play import Result
from api.terminal_tables import show_table

MOST_SHOWN = 50
"""Differences of one scenario that are shown."""


def show(console: Console, result: Result) -> None:
    """Print one line for a scenario that passed, and its differences for one that failed."""
    scenario = result.scenario
    verdict = Text("pass", "green") if result.passed else Text("FAIL", "bold red")
    console.print(verdict, Text(scenario.name), Text(scenario.file.name, "dim"), soft_wrap=True)
    if result.passed:
        return
    rows = [
        (
            str(each.line or scenario.line),
            each.where,
            Text(each.expected, "green"),
            Text(each.found, "red"),
        )
        for each in result.differences[:MOST_SHOWN]
    ]
    show_table(console, ("line", "what", "expected", "found"), rows)
    left = len(result.differences) - MOST_SHOWN
    if left > 0:
        console.print(f"… and {left} more differences")


def show_sum(console: Console, results: Sequence[Result]) -> None:
    """Print the last line: how many passed."""
    passed = sum(result.passed for result in results)
    invoices = sum(result.invoices for result in results)
    style = "green" if passed == len(results) else "bold red"
    told = f"{passed} of {len(results)} scenarios passed, {invoices} invoices compared."
    console.print(Text(told, style))
