"""No figure, currency or code is ever cut off by the width of a terminal."""

from __future__ import annotations

import io

from rich.box import SIMPLE_HEAD
from rich.console import Console

from api.terminal_tables import show_table


def printed(width: int, heads: list[str], rows: list[list[str]], **more: object) -> list[str]:
    """Return the lines of a table on a terminal of this width."""
    console = Console(file=io.StringIO(), width=width)
    show_table(console, heads, rows, **more)  # type: ignore[arg-type]
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_a_table_that_fits_is_as_wide_as_its_cells() -> None:
    """Heads above, figures to the right, nothing stretched."""
    lines = printed(80, ["currency", "before"], [["EUR", "301.50"]], figures=["before"])

    assert lines == [" currency  before", " EUR       301.50"]


def test_sentences_wrap_between_words_and_figures_stay_whole() -> None:
    """20 columns: 4 for padding, 6 for the figure, and 10 for the sentence."""
    lines = printed(20, ["what", "paid"], [["a month of seats", "301.50"]], figures=["paid"])

    assert lines == [" what          paid", " a month of  301.50", " seats"]


def test_what_does_not_fit_is_one_value_a_line() -> None:
    """7 + 12 of the figures and their edges do not fit into 16 columns: label and value."""
    rows = [["EUR", "1,234,567.89"], ["USD", "2.00"]]
    lines = printed(16, ["cur", "before"], rows, title="2026-10", box=SIMPLE_HEAD)

    assert lines == [
        "2026-10",
        "cur     EUR",
        "before  1,234,567.89",
        "",
        "cur     USD",
        "before  2.00",
        "",
    ]


def test_a_word_longer_than_the_terminal_is_written_whole() -> None:
    """A program that reads finds an address in one piece, and an empty value is left out."""
    address = "https://" + "a" * 40
    lines = printed(30, ["where", "note"], [[address, ""]])

    assert lines == [f"where  {address}", ""]


def test_square_brackets_are_text() -> None:
    """What customers and plugins are called is never taken for markup."""
    assert printed(40, ["name"], [["[red]ink[/red]"]]) == [" name", " [red]ink[/red]"]


def test_every_width_shows_every_word() -> None:
    """From 10 columns to 120 nothing of a row of money is lost."""
    row = ["Brasserie du Pont", "12,345.67", "-1,234.50", "+11,111.17", "EUR"]
    heads = ["account", "before", "after", "difference", "currency"]
    for width in range(10, 121):
        words = " ".join(printed(width, heads, [row], box=SIMPLE_HEAD)).split()
        assert set(words) >= set(" ".join(row).split()), width
