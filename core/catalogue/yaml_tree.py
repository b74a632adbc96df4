"""YAML as a tree of texts with lines: the safe, bounded first step of loading.

Built from the parser's events, one by one, so that no object is ever constructed, no
number is read as a float, and every bound holds before memory is spent: size, depth,
anchors, and how much aliases may unfold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from core.catalogue.errors import DUPLICATE_KEY, MALFORMED_YAML, TOO_LARGE, LocatedProblem

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 20
MAX_ALIASES: Final = 1000
MAX_NODES: Final = 200_000
"""Nodes after aliases are unfolded."""

_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(slots=True)
class Scalar:
    """A text; `is_null` when it was written as nothing, without quotes."""

    text: str
    line: int | None
    is_null: bool = False
    size: int = 1


@dataclass(slots=True)
class Sequence:
    """A list."""

    items: list[Node]
    line: int | None
    size: int = 1


@dataclass(slots=True)
class Mapping:
    """Keys with values; a key that comes twice keeps its first value."""

    entries: dict[str, tuple[int | None, Node]]
    line: int | None
    size: int = 1


Node = Scalar | Sequence | Mapping


class _Stop(Exception):
    def __init__(self, problem: LocatedProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def parse_yaml(
    text: str | bytes, *, file: str = ""
) -> tuple[Node | None, list[LocatedProblem]]:
    """Read one YAML document into a tree, with what is wrong in its form.

    A malformed or oversized document gives no tree and one problem. Keys given twice are
    told together, and the tree keeps the first. An empty document is an empty mapping.
    """
    problems: list[LocatedProblem] = []
    octets = text.encode() if isinstance(text, str) else text
    if len(octets) > MAX_BYTES:
        told = f"the file has {len(octets)} bytes; split it, at most {MAX_BYTES} are read"
        return None, [LocatedProblem(TOO_LARGE, told, file=file)]
    try:
        readable = octets.decode("utf-8-sig")
        builder = _Builder(file=file, problems=problems)
        return builder.build(YAML(typ="safe", pure=True).parse(readable)), problems
    except _Stop as stop:
        return None, [stop.problem]
    except UnicodeDecodeError as failure:
        told = f"byte {failure.start} is not UTF-8; save the file as UTF-8"
        return None, [LocatedProblem(MALFORMED_YAML, told, file=file)]
    except YAMLError as failure:
        return None, [_malformed(failure, file=file)]


def tree_of(value: object) -> Node:
    """Turn plain dicts, lists, texts, truths, numbers, dates into a tree without lines."""
    if isinstance(value, dict):
        return Mapping({str(name): (None, tree_of(item)) for name, item in value.items()}, None)
    if isinstance(value, list | tuple):
        return Sequence([tree_of(item) for item in value], None)
    if isinstance(value, bool):
        return Scalar(str(value).lower(), None)
    if isinstance(value, float):
        raise TypeError("a float is not exact; give a decimal or its text")
    return Scalar("" if value is None else str(value), None, is_null=value is None)


@dataclass(slots=True)
class _Builder:
    file: str
    problems: list[LocatedProblem]
    anchors: dict[str, Node] = field(default_factory=dict)
    aliases: int = 0

    def build(self, events: Iterator[Any]) -> Node:
        """Build the one document of a stream."""
        root: Node | None = None
        for event in events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent" and root is not None:
                self._stop("the file holds a second document (---); keep one", event)
            if kind in {"StreamStartEvent", "DocumentStartEvent", "DocumentEndEvent"}:
                continue
            if kind == "StreamEndEvent":
                break
            root = self._node(event, events, depth=0)
        return root if root is not None else Mapping({}, None)

    def _node(self, event: Any, events: Iterator[Any], *, depth: int) -> Node:
        kind = type(event).__name__
        if kind == "AliasEvent":
            return self._alias(event)
        if depth > MAX_DEPTH:
            self._stop(
                f"nested more than {MAX_DEPTH} levels deep; flatten it", event, TOO_LARGE
            )
        if event.tag is not None:
            self._stop(f"the tag {event.tag} is not read; write the plain value", event)
        line = event.start_mark.line + 1
        node: Node
        if kind == "ScalarEvent":
            plain = event.style is None or event.style == ""
            node = Scalar(event.value, line, is_null=plain and event.value in _NULLS)
        elif kind == "SequenceStartEvent":
            node = self._sequence(events, line=line, depth=depth)
        else:
            node = self._mapping(events, line=line, depth=depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def _sequence(self, events: Iterator[Any], *, line: int, depth: int) -> Sequence:
        sequence = Sequence([], line)
        for event in events:
            if type(event).__name__ == "SequenceEndEvent":
                break
            item = self._node(event, events, depth=depth + 1)
            sequence.items.append(item)
            self._grow(sequence, item, event)
        return sequence

    def _mapping(self, events: Iterator[Any], *, line: int, depth: int) -> Mapping:
        mapping = Mapping({}, line)
        merged: list[Mapping] = []
        for event in events:
            if type(event).__name__ == "MappingEndEvent":
                break
            name = self._node(event, events, depth=depth + 1)
            if not isinstance(name, Scalar):
                self._stop("a key is a text; write `key: value`", event)
            value = self._node(next(events), events, depth=depth + 1)
            self._grow(mapping, value, event)
            if name.text == "<<":
                merged.extend(self._merged(value, event))
            elif name.text in mapping.entries:
                first = mapping.entries[name.text][0]
                told = f"{name.text!r} is here a second time (first in line {first}); keep one"
                self.problems.append(self._problem(told, event, DUPLICATE_KEY, (name.text,)))
            else:
                mapping.entries[name.text] = (name.line, value)
        for source in merged:  # what the mapping says itself wins
            for text, entry in source.entries.items():
                mapping.entries.setdefault(text, entry)
        return mapping

    def _merged(self, value: Node, event: Any) -> list[Mapping]:
        sources = value.items if isinstance(value, Sequence) else [value]
        found = [source for source in sources if isinstance(source, Mapping)]
        if len(found) != len(sources):
            self._stop("`<<` takes a mapping, as in `<<: *name`", event)
        return found

    def _alias(self, event: Any) -> Node:
        self.aliases += 1
        if self.aliases > MAX_ALIASES:
            self._stop(
                f"more than {MAX_ALIASES} aliases; write the values out", event, TOO_LARGE
            )
        node = self.anchors.get(event.anchor)
        if node is None:
            self._stop(f"*{event.anchor} stands for nothing; put &{event.anchor} first", event)
        return node

    def _grow(self, parent: Sequence | Mapping, child: Node, event: Any) -> None:
        parent.size += child.size
        if parent.size > MAX_NODES:
            self._stop(f"more than {MAX_NODES} values once aliases unfold", event, TOO_LARGE)

    def _problem(
        self, message: str, event: Any, code: str, path: tuple[str, ...] = ()
    ) -> LocatedProblem:
        line = event.start_mark.line + 1
        return LocatedProblem(code, message, path, file=self.file, line=line)

    def _stop(self, message: str, event: Any, code: str = MALFORMED_YAML) -> NoReturn:
        raise _Stop(self._problem(message, event, code))


def _malformed(failure: YAMLError, *, file: str) -> LocatedProblem:
    line: int | None = None
    told = "the file is no YAML"
    if isinstance(failure, MarkedYAMLError):
        mark = failure.problem_mark or failure.context_mark
        line = mark.line + 1 if mark is not None else None
        told = failure.problem or failure.context or told
    message = f"not well-formed YAML: {told}; check indentation, colons and quotes"
    return LocatedProblem(MALFORMED_YAML, message, file=file, line=line)
