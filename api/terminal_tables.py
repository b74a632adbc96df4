"""Tables on a terminal that lose nothing where it is narrow.

A cell breaks between words and never inside one: a figure, a currency or a code is whole, or
the table is written as one value a line, each with its label.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich.box import Box
from rich.console import Console, JustifyMethod
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

Cell = str | Text

_UNBOUND: Final = 100_000
"""As wide as no terminal is: what a cell would take if it could."""


def show_table(
    console: Console,
    heads: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    figures: Sequence[str] = (),
    title: str | None = None,
    box: Box | None = None,
) -> None:
    """Print rows under their heads, or one value a line where a word would not fit.

    Columns of `figures` stand to the right. Cells are text, never markup.
    """
    cells = [tuple(_text(cell) for cell in row) for row in rows]
    needs = _needs(console, heads, cells)
    table = Table(title=title, title_justify="left", box=box, pad_edge=box is None)
    for head, need in zip(heads, needs, strict=True):
        side: JustifyMethod = "right" if head in figures else "left"
        table.add_column(head, justify=side, overflow="fold", width=need.minimum)
    for row in cells:
        table.add_row(*row)
    around = _width(console, table) - sum(need.minimum for need in needs)
    room = console.width - around - sum(need.minimum for need in needs)
    if room < 0:
        _show_upright(console, heads, cells, title=title)
        return
    for column, width in zip(table.columns, _shared(needs, room=room), strict=True):
        column.width = width
    console.print(table)


def _text(cell: Cell) -> Text:
    return Text(cell) if isinstance(cell, str) else cell


def _needs(
    console: Console, heads: Sequence[str], cells: Sequence[Sequence[Text]]
) -> list[Measurement]:
    """Return how wide each column must be for its longest word, and would be for its lines."""
    options = console.options.update(width=_UNBOUND)
    columns = zip(*cells, strict=True) if cells else ((),) * len(heads)
    needs = []
    for head, column in zip(heads, columns, strict=True):
        each = [Measurement.get(console, options, text) for text in (Text(head), *column)]
        needs.append(
            Measurement(max(one.minimum for one in each), max(one.maximum for one in each))
        )
    return needs


def _width(console: Console, table: Table) -> int:
    """Return how wide a table of set widths is, with its edges and padding."""
    titled, table.title = table.title, None
    measured = Measurement.get(console, console.options.update(width=_UNBOUND), table)
    table.title = titled
    return measured.maximum


def _shared(needs: Sequence[Measurement], *, room: int) -> list[int]:
    """Share what is left of a line: small wishes are met, the others get the rest."""
    widths = [need.minimum for need in needs]
    wishing = sorted(range(len(needs)), key=lambda number: needs[number].span)
    for left, number in enumerate(wishing):
        given = min(needs[number].span, room // (len(wishing) - left))
        widths[number] += given
        room -= given
    return widths


def _show_upright(
    console: Console,
    heads: Sequence[str],
    cells: Sequence[Sequence[Text]],
    *,
    title: str | None,
) -> None:
    """Print one value a line behind its label, and a line between two rows."""
    if title:
        console.print(Text(title, "italic"), soft_wrap=True)
    labels = max(len(head) for head in heads)
    for row in cells:
        for head, cell in zip(heads, row, strict=True):
            if cell.plain:
                label = Text(f"{head:<{labels}}  " if head else "", "bold")
                lines = cell.split("\n", allow_blank=True)
                for line in lines:
                    console.print(label + line, soft_wrap=True)
                    label = Text(" " * (labels + 2))
        console.print()
