"""From a tree of texts to definitions, by their annotations; every fault with its place.

Binding is best effort: an entry with a fault is left out and named in `broken`, so that the
rest can still be checked and all problems told at once.
"""

from __future__ import annotations

import types
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin

from core.catalogue.errors import (
    BAD_VALUE,
    MISSING_KEY,
    NOT_A_CHOICE,
    NOT_A_NUMBER,
    UNKNOWN_KEY,
    WRONG_TYPE,
    LocatedProblem,
)
from core.catalogue.schema.fields import GROUPED, KEYED_BY, is_required, keys_of, types_of
from core.catalogue.wording import described, key_list, meant
from core.catalogue.yaml_tree import Mapping, Node, Scalar, Sequence
from core.kernel.decimals import DecimalRefused, parse_decimal

MAX_DIGITS: Final = 13
MAX_PLACES: Final = 12
MAX_TEXT: Final = 4000
_TRUTHS: Final = {"true": True, "false": False}

T = TypeVar("T")
Path = tuple[str, ...]


class Broken(Exception):
    """A value could not be bound; its problem is in the list."""


@dataclass(slots=True)
class Binder:
    """Binds one tree; collects problems and the line of every path."""

    file: str = ""
    problems: list[LocatedProblem] = field(default_factory=list)
    lines: dict[Path, int] = field(default_factory=dict)
    broken: set[Path] = field(default_factory=set)

    def bind(self, node: Node, definition: type[T], path: Path = (), **given: Any) -> T:
        """Bind a mapping to a definition; `given` are the fields that stand outside it."""
        if not isinstance(node, Mapping):
            raise self.refuse(
                WRONG_TYPE, f"write a mapping of {key_list(definition)}", path, node.line
            )
        declared: type = definition
        keys, hints = keys_of(declared), types_of(declared)
        values: dict[str, Any] = dict(given)
        faulty = False
        for name, (line, child) in node.entries.items():
            self._note((*path, name), line)
            found = keys.get(name)
            if found is None or found.name in given:
                self._unknown_key(name, definition, given, path, line)
                faulty = True
                continue
            if isinstance(child, Scalar) and child.is_null and not is_required(found):
                continue
            try:
                values[found.name] = self._field(child, found, hints[found.name], (*path, name))
            except Broken:
                faulty = True
        faulty |= self._missing(keys, values, path, node)
        if faulty:
            raise Broken
        return definition(**values)

    def refuse(self, code: str, message: str, path: Path, line: int | None) -> Broken:
        """Note a problem; raise what this returns, to leave the value."""
        self.problems.append(LocatedProblem(code, message, path, file=self.file, line=line))
        return Broken()

    def _field(self, node: Node, found: Any, hint: Any, path: Path) -> object:
        keyed_by = found.metadata.get(KEYED_BY)
        if keyed_by:
            item = get_args(hint)[0]
            grouped = str(found.metadata.get(GROUPED) or "")
            return self._keyed(node, item, keyed_by, path, grouped=grouped)
        return self.value(node, hint, path)

    def _keyed(
        self, node: Node, item: Any, keyed_by: str, path: Path, *, grouped: str
    ) -> tuple[object, ...]:
        """Bind `{code: {...}}` to a tuple; broken entries are left out and named."""
        if not isinstance(node, Mapping):
            told = f"write a mapping from {keyed_by} to its definition"
            raise self.refuse(WRONG_TYPE, told, path, node.line)
        bound: list[object] = []
        for name, (line, child) in node.entries.items():
            here = (*path, name)
            self._note(here, line)
            several = child.items if grouped and isinstance(child, Sequence) else None
            for index, one in enumerate(several if several is not None else [child]):
                at = here if several is None else (*here, str(index))
                self._note(at, one.line if several is not None else line)
                try:
                    made = self.bind(one, item, at, **{keyed_by: name})
                except Broken:
                    self.broken.add(here)
                    continue
                bound.append(made)
                if several is not None:
                    self._note_again(at, (*here, str(getattr(made, grouped))))
        return tuple(bound)

    def value(self, node: Node, hint: Any, path: Path) -> object:
        """Bind any value by its annotation."""
        origin = get_origin(hint)
        if origin in {Union, types.UnionType}:
            return self._union(node, get_args(hint), path)
        if origin is tuple:
            return self._tuple(node, get_args(hint)[0], path)
        if isinstance(origin, type) and issubclass(origin, MappingType):
            return self._mapping(node, get_args(hint)[1], path)
        if is_dataclass(hint) and isinstance(hint, type):
            return self.bind(node, hint, path)
        if not isinstance(node, Scalar) or node.is_null:
            raise self.refuse(WRONG_TYPE, f"write {described(hint)}", path, node.line)
        if origin is Literal:
            return self._choice(node, get_args(hint), path)
        return self._scalar(node, hint, path)

    def _union(self, node: Node, members: tuple[Any, ...], path: Path) -> object:
        """Take the member that fits the node's shape: a text, or a nested definition."""
        some = [member for member in members if member is not type(None)]
        if set(some) == {date, datetime}:
            return self.value(node, datetime, path)
        nested = [member for member in some if is_dataclass(member)]
        plain = [member for member in some if not is_dataclass(member)]
        chosen = nested if nested and (isinstance(node, Mapping) or not plain) else plain
        return self.value(node, chosen[0], path)

    def _tuple(self, node: Node, item: Any, path: Path) -> tuple[object, ...]:
        if not isinstance(node, Sequence):
            raise self.refuse(WRONG_TYPE, f"write a list of {described(item)}", path, node.line)
        bound: list[object] = []
        faulty = False
        for index, child in enumerate(node.items):
            at = (*path, str(index))
            self._note(at, child.line)
            try:
                bound.append(self.value(child, item, at))
            except Broken:
                faulty = True
        if faulty:
            raise Broken
        return tuple(bound)

    def _mapping(self, node: Node, item: Any, path: Path) -> dict[str, object]:
        if not isinstance(node, Mapping):
            told = f"write a mapping from a name to {described(item)}"
            raise self.refuse(WRONG_TYPE, told, path, node.line)
        bound: dict[str, object] = {}
        faulty = False
        for name, (line, child) in node.entries.items():
            self._note((*path, name), line)
            try:
                bound[name] = self.value(child, item, (*path, name))
            except Broken:
                faulty = True
        if faulty:
            raise Broken
        return bound

    def _choice(self, node: Scalar, choices: tuple[str, ...], path: Path) -> str:
        if node.text not in choices:
            hint = meant(node.text, choices)
            told = f"{node.text[:40]!r} is none of {', '.join(choices)}{hint}"
            raise self.refuse(NOT_A_CHOICE, told, path, node.line)
        return node.text

    def _scalar(self, node: Scalar, hint: Any, path: Path) -> object:
        if hint is Decimal:
            return self._decimal(node, path)
        if hint is int:
            number = self._decimal(node, path)
            if number != number.to_integral_value():
                raise self.refuse(
                    NOT_A_NUMBER, f"{node.text} is no whole number", path, node.line
                )
            return int(number)
        if hint is datetime:
            return self._moment(node, path)
        if hint is bool:
            return self._truth(node, path)
        if len(node.text) > MAX_TEXT:
            told = f"the text has {len(node.text)} characters; at most {MAX_TEXT} are taken"
            raise self.refuse(BAD_VALUE, told, path, node.line)
        return node.text

    def _decimal(self, node: Scalar, path: Path) -> Decimal:
        try:
            return parse_decimal(node.text, max_digits=MAX_DIGITS, max_places=MAX_PLACES)
        except DecimalRefused as refusal:
            raise self.refuse(NOT_A_NUMBER, refusal.message, path, node.line) from None

    def _truth(self, node: Scalar, path: Path) -> bool:
        if node.text not in _TRUTHS:
            told = f"{node.text[:40]!r} is neither true nor false; write one of them"
            raise self.refuse(NOT_A_CHOICE, told, path, node.line)
        return _TRUTHS[node.text]

    def _moment(self, node: Scalar, path: Path) -> date | datetime:
        told = f"{node.text[:40]!r} is no date; write 2026-01-01 or 2026-01-01T00:00:00+01:00"
        try:
            if len(node.text) == len("2026-01-01"):
                return date.fromisoformat(node.text)
            instant = datetime.fromisoformat(node.text)
            if instant.tzinfo is not None:
                return instant.astimezone(UTC)
            told = f"{node.text[:40]} has no offset; end it with Z or +01:00, say"
        except (ValueError, OverflowError):
            pass
        raise self.refuse(BAD_VALUE, told, path, node.line)

    def _missing(
        self, keys: MappingType[str, Any], values: dict[str, object], path: Path, node: Mapping
    ) -> bool:
        line = self.lines.get(path, node.line or 0) or node.line
        lacking = [
            name
            for name, found in keys.items()
            if is_required(found) and found.name not in values and name not in node.entries
        ]
        for name in lacking:
            told = f"`{name}` is missing; add it"
            self.problems.append(
                LocatedProblem(MISSING_KEY, told, (*path, name), file=self.file, line=line)
            )
        return bool(lacking)

    def _unknown_key(
        self, name: str, definition: type, given: object, path: Path, line: int | None
    ) -> None:
        known = [key for key in keys_of(definition) if key not in str(given)]
        hint = meant(name, known) or f"; its keys are {', '.join(known)}"
        told = f"`{name[:60]}` is no key here{hint}"
        self.problems.append(
            LocatedProblem(UNKNOWN_KEY, told, (*path, name), file=self.file, line=line)
        )

    def _note_again(self, path: Path, other: Path) -> None:
        """Give another path, and what is below it, the lines of this one."""
        for known, line in list(self.lines.items()):
            if known[: len(path)] == path:
                self.lines.setdefault(other + known[len(path) :], line)

    def _note(self, path: Path, line: int | None) -> None:
        if line is not None:
            self.lines[path] = line
