"""Many items of a list that differ by their number, written once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from api.scenarios.document import fault
from core.catalogue.yaml_tree import Mapping, Node, Scalar, Sequence

MAX_TIMES: Final = 1000
_REPEAT: Final = "repeat"
_KEYS: Final = {"times", "of"}
_NUMBER: Final = "{n}"


def written_out(items: Iterable[Node], *, file: Path) -> Iterator[Node]:
    """Return a list with each `repeat: {times, of}` as so many items, numbered from 1.

    Raises:
        ScenarioInvalid: it does not say how many times, or what.
    """
    for item in items:
        if not isinstance(item, Mapping) or set(item.entries) != {_REPEAT}:
            yield item
            continue
        line, said = item.entries[_REPEAT]
        if not isinstance(said, Mapping) or set(said.entries) != _KEYS:
            raise fault(file, line, "write `repeat: {times: 10, of: …}`")
        times = _times(said.entries["times"][1], file=file)
        for number in range(1, times + 1):
            yield _numbered(said.entries["of"][1], str(number))


def _times(node: Node, *, file: Path) -> int:
    text = node.text if isinstance(node, Scalar) else ""
    if not text.isdecimal() or not 1 <= int(text) <= MAX_TIMES:
        raise fault(file, node.line, f"times is a whole number from 1 to {MAX_TIMES}")
    return int(text)


def _numbered(node: Node, number: str) -> Node:
    """Return a copy in whose texts `{n}` is the number."""
    if isinstance(node, Mapping):
        entries = {
            key: (line, _numbered(value, number)) for key, (line, value) in node.entries.items()
        }
        return Mapping(entries, node.line)
    if isinstance(node, Sequence):
        return Sequence([_numbered(each, number) for each in node.items], node.line)
    return Scalar(node.text.replace(_NUMBER, number), node.line, node.is_null)
