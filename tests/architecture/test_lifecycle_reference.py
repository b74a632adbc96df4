"""The reference shows the table of states as the code has it."""

from __future__ import annotations

from typing import get_args

from core.subscriptions.lifecycle import ALLOWED, State, Verb
from tests.architecture.source_files import ROOT

PAGE = (ROOT / "docs" / "reference" / "subscriptions.md").read_text(encoding="utf-8")


def cells(line: str) -> list[str]:
    """The cells of a row of a table."""
    return [cell.strip().replace(" ", "_") for cell in line.strip("|").split("|")]


def test_the_table_of_states_is_that_of_the_code() -> None:
    """A verb that is allowed somewhere new is told there, and so is one that is new."""
    lines = [line for line in PAGE.splitlines() if line.startswith("|")]
    head = lines.index(next(line for line in lines if line.startswith("| verb | trial")))
    states = cells(lines[head])[1:]
    assert set(states) == set(get_args(State))
    rows = {cells(line)[0]: cells(line)[1:] for line in lines[head + 2 :]}
    told = {
        (state, verb): leads
        for verb, row in rows.items()
        for state, leads in zip(states, row, strict=True)
        if leads != "–"
    }
    assert told == dict(ALLOWED)
    assert set(rows) == set(get_args(Verb))
