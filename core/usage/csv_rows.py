"""Rows of CSV, read as reports: the header names the fields as a line of JSON nests them.

`account,source,id,occurredAt,event.ott.service,event.ott.udrType`. A row is one line; an
empty cell is a field that is left out, so that rows of several channels fit into one file.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from core.usage.codec import ChannelCodec
from core.usage.lines import Line, LineReader, by_spelling
from core.usage.records import UsageReport, Verdict, rejected

_AROUND: Final = ("account", "source", "id", "occurredAt", "subscription")
_TRUTHS: Final = {"true": True, "false": False}
_BOM: Final = "\ufeff"


class _Column(NamedTuple):
    """Where a cell goes, and how its text becomes a value of JSON."""

    name: str
    channel: str
    convert: Callable[[str], object]


_NO_CSV: Final = (
    "the row is no CSV in UTF-8; end each with a line feed, close quotes on the row that opens "
    "them, and write a quote within quotes twice"
)


class RowReader:
    """Reads the rows of one stream; the first one is the header.

    `has_wrong_header` once the header cannot be used: that is told with it, and no row behind
    it is read.
    """

    def __init__(self, codecs: Mapping[str, ChannelCodec], lines: LineReader) -> None:
        self._codecs = by_spelling(codecs)
        self._lines = lines
        self._columns: list[_Column] | None = None
        self.has_wrong_header = False

    def read(self, line: Line) -> UsageReport | Verdict | None:
        """Return the report of a row, or why it is rejected.

        None for a sound header, and for every row behind a wrong one.
        """
        if self.has_wrong_header:
            return None
        if line.too_long:
            return self._unread(f"the row is longer than {line.too_long} bytes; shorten it")
        try:
            cells = next(csv.reader([line.text.decode().rstrip("\r")], strict=True))
        except (UnicodeDecodeError, csv.Error):
            return self._unread(_NO_CSV)
        if self._columns is None:
            return self._header(cells)
        if len(cells) != len(self._columns):
            told = f"the row has {len(cells)} cells, the header {len(self._columns)}"
            return _unreadable(f"{told}; quote cells with a comma")
        return self._row(cells, self._columns)

    def _unread(self, fault: str) -> Verdict:
        return self._wrong_header(fault) if self._columns is None else _unreadable(fault)

    def _wrong_header(self, fault: str) -> Verdict:
        self.has_wrong_header = True
        return _unreadable(f"the header row is wrong, so no row is read: {fault}")

    def _header(self, cells: list[str]) -> Verdict | None:
        names = [cell.removeprefix(_BOM).strip() for cell in cells]
        columns = [self._column(name) for name in names]
        unknown = [name for name, column in zip(names, columns, strict=True) if column is None]
        missing = [name for name in _AROUND[:4] if name not in names]
        if unknown:
            known = f"{', '.join(_AROUND)} and event.<channel>.<field>"
            told = f"there is no field {unknown[0][:80]!r}; columns are {known}"
            return self._wrong_header(told)
        if missing:
            return self._wrong_header(f"the column {missing[0]} is missing; add it")
        if len(set(names)) < len(names):
            return self._wrong_header("a column comes twice; keep one")
        self._columns = [column for column in columns if column is not None]
        return None

    def _column(self, name: str) -> _Column | None:
        if name in _AROUND:
            return _Column(name, "", str)
        event, _, rest = name.partition(".")
        channel, _, field_name = rest.partition(".")
        codec = self._codecs.get(channel)
        if event != "event" or codec is None:
            return None
        for field in codec.channel.fields:
            if field.json_name == field_name and not field.is_list:
                return _Column(field_name, codec.channel.name, _CONVERTERS.get(field.kind, str))
        return None

    def _row(self, cells: list[str], columns: list[_Column]) -> UsageReport | Verdict:
        written: dict[str, Any] = {}
        event: dict[str, dict[str, object]] = {}
        for cell, (name, channel, convert) in zip(cells, columns, strict=True):
            if not cell:
                continue
            if not channel:
                written[name] = cell
                continue
            try:
                event.setdefault(channel, {})[name] = convert(cell)
            except (KeyError, ValueError):
                told = f"{name} is {cell[:80]!r}, which {_WANTED[convert]}"
                return rejected("INVALID_VALUE", told, path=("event", channel, name))
        return self._lines.read_object(written | {"event": event})


def _truth(cell: str) -> bool:
    return _TRUTHS[cell.lower()]


_CONVERTERS: Final[Mapping[str, Callable[[str], object]]] = {"integer": int, "boolean": _truth}
_WANTED: Final[Mapping[Callable[[str], object], str]] = {
    int: "is no whole number",
    _truth: "is neither true nor false",
}


def _unreadable(message: str) -> Verdict:
    return rejected("INVALID_VALUE", message)
