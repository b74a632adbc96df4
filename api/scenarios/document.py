"""Scenario files: YAML documents read into frozen values, every fault with file and line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, NoReturn

from core.catalogue.schema import SECTIONS
from core.catalogue.yaml_tree import Mapping, Node, Scalar, Sequence, parse_yaml
from core.kernel.errors import Refusal

MAX_BYTES: Final = 4 * 1024 * 1024
MAX_STEPS: Final = 2000
_SEPARATOR: Final = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_TOP: Final = ("scenario", "clock", "tenant", "units", "catalogue", "steps", "expect")
_TENANT: Final = ("name", "currency", "timezone", "country")
_BESIDE: Final = ("at", "as", "by", "refuses")
_SHOWS: Final = "shows"
_EXPECT: Final = ("invoices", "creditNotes", "refused")


class ScenarioInvalid(Refusal):
    """A scenario file cannot be played as it is written."""

    code: ClassVar[str] = "SCENARIO_INVALID"


@dataclass(frozen=True, slots=True)
class Step:
    """Move the clock, run one mutation, or both in this order.

    `by` names the staff member who runs it, as `$name`; without it the seller's
    administrator does.
    """

    line: int
    at: str | None
    mutation: str | None
    given: Node
    bind: str | None
    refuses: str | None
    by: str | None = None
    shows: Node | None = None
    """What is expected of the answer."""


@dataclass(frozen=True, slots=True)
class Unit:
    """An org unit below the seller's root, made before the catalogue that names it."""

    code: str
    name: str
    line: int | None


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected: documents as trees, and the codes refused, in the order of steps."""

    invoices: tuple[Mapping, ...] | None
    refused: tuple[str, ...] | None
    credit_notes: tuple[Mapping, ...] | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """One document of a file."""

    file: Path
    line: int
    name: str
    clock: str
    tenant: dict[str, str]
    units: tuple[Unit, ...]
    catalogue: Node | Path | None
    steps: tuple[Step, ...]
    expected: Expected

    def refuse(self, message: str, *, line: int | None) -> NoReturn:
        """Refuse this scenario, at a line of its file."""
        raise fault(self.file, line or self.line, message)


def fault(file: Path, line: int | None, message: str) -> ScenarioInvalid:
    """Return a refusal that names file and line."""
    return ScenarioInvalid(f"{file}:{line or 1}: {message}")


def read_scenarios(file: Path) -> list[Scenario]:
    """Read every scenario of a file.

    Raises:
        ScenarioInvalid: the file cannot be read, says something unknown, or holds none.
    """
    nodes = _parsed(file)
    if any(_is_catalogue(node) for node in nodes):
        told = "is a catalogue; a scenario beside it names it: `catalogue: {file: its name}`"
        raise fault(file, 1, told)
    return [_Reader(file).scenario(node) for node in nodes]


def scenarios_among(files: Iterable[Path]) -> list[Scenario]:
    """Read the scenarios of files, and pass over the catalogues that lie among them.

    So that a folder's `*.yaml` can be played where scenarios share a catalogue.

    Raises:
        ScenarioInvalid: as for one file, or none of them holds a scenario.
    """
    found: list[Scenario] = []
    given = list(files)
    for file in given:
        nodes = _parsed(file)
        if not (len(nodes) == 1 and _is_catalogue(nodes[0])):
            found += read_scenarios(file)
    if given and not found:
        read_scenarios(given[0])  # which tells that it is a catalogue
    return found


def _parsed(file: Path) -> list[Mapping]:
    try:
        octets = file.read_bytes()[: MAX_BYTES + 1]
        text = octets.decode("utf-8-sig")
    except OSError as problem:
        raise fault(file, 1, f"cannot be read: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise fault(file, 1, "is not UTF-8; save it as UTF-8") from problem
    if len(octets) > MAX_BYTES:
        raise fault(file, 1, f"has more than {MAX_BYTES} bytes; split it")
    nodes = list(_documents(file, text))
    if not nodes:
        raise fault(file, 1, "holds no scenario; begin with `scenario: its name`")
    return nodes


def _is_catalogue(node: Mapping) -> bool:
    return set(node.entries) <= set(SECTIONS)


def _documents(file: Path, text: str) -> Iterator[Mapping]:
    """Parse the documents one by one; blank lines before each keep its line numbers."""
    starts = [0, *(match.end() for match in _SEPARATOR.finditer(text))]
    ends = [*(match.start() for match in _SEPARATOR.finditer(text)), len(text)]
    for start, end in zip(starts, ends, strict=True):
        lines_before = text.count("\n", 0, start)
        node, problems = parse_yaml("\n" * lines_before + text[start:end], file=str(file))
        if problems:
            raise ScenarioInvalid(str(problems[0]))
        if not isinstance(node, Mapping):
            raise fault(file, lines_before + 1, "a scenario is a mapping of keys")
        if node.entries:
            yield node


@dataclass(frozen=True, slots=True)
class _Reader:
    file: Path

    def scenario(self, node: Mapping) -> Scenario:
        self._known(node, _TOP)
        tenant = self._mapping(node, "tenant")
        self._known(tenant, _TENANT)
        steps = self._sequence(node, "steps")
        if len(steps.items) > MAX_STEPS:
            raise fault(self.file, steps.line, f"more than {MAX_STEPS} steps; split it")
        return Scenario(
            file=self.file,
            line=node.line or 1,
            name=self._text(node, "scenario"),
            clock=self._text(node, "clock"),
            tenant={name: self._text(tenant, name) for name in _TENANT},
            units=self._units(node),
            catalogue=self._catalogue(node),
            steps=tuple(self._step(step) for step in steps.items),
            expected=self._expected(node),
        )

    def _units(self, node: Mapping) -> tuple[Unit, ...]:
        if "units" not in node.entries:
            return ()
        found = self._mapping(node, "units")
        return tuple(
            Unit(code, self._text(found, code), line)
            for code, (line, _name) in found.entries.items()
        )

    def _catalogue(self, node: Mapping) -> Node | Path | None:
        if "catalogue" not in node.entries:
            return None
        found = self._mapping(node, "catalogue")
        if set(found.entries) != {"file"}:
            return found
        path = self.file.parent / self._text(found, "file")
        if not path.is_file():
            raise fault(self.file, found.line, f"there is no file {path}")
        return path

    def _step(self, node: Node) -> Step:
        if not isinstance(node, Mapping):
            raise fault(self.file, node.line, "a step is a mapping: `- mutation: {its input}`")
        mutations = [key for key in node.entries if key not in (*_BESIDE, _SHOWS)]
        if len(mutations) > 1:
            told = f"one mutation a step; here are {', '.join(mutations)}"
            raise fault(self.file, node.line, told)
        beside = {key: self._text(node, key) for key in _BESIDE if key in node.entries}
        if not mutations and set(node.entries) != {"at"}:
            raise fault(self.file, node.line, "a step runs a mutation or moves the clock (at:)")
        mutation = mutations[0] if mutations else None
        line, given = node.entries[mutation] if mutation else (node.line, Mapping({}, None))
        return Step(
            line=line or node.line or 1,
            at=beside.get("at"),
            mutation=mutation,
            given=given,
            bind=beside.get("as"),
            refuses=beside.get("refuses"),
            by=beside.get("by"),
            shows=node.entries[_SHOWS][1] if _SHOWS in node.entries else None,
        )

    def _expected(self, node: Mapping) -> Expected:
        if "expect" not in node.entries:
            raise fault(self.file, node.line, "say what to `expect:`")
        found = self._mapping(node, "expect")
        self._known(found, _EXPECT)
        refused = None
        if "refused" in found.entries:
            items = self._sequence(found, "refused").items
            refused = tuple(item.text for item in items if isinstance(item, Scalar))
        invoices = self._documents(found, "invoices")
        return Expected(invoices, refused, self._documents(found, "creditNotes"))

    def _documents(self, found: Mapping, key: str) -> tuple[Mapping, ...] | None:
        if key not in found.entries:
            return None
        items = self._sequence(found, key).items
        return tuple(self._is_mapping(item) for item in items)

    def _known(self, node: Mapping, names: tuple[str, ...]) -> None:
        for key, (line, _value) in node.entries.items():
            if key not in names:
                told = f"{key!r} is unknown here; known are {', '.join(names)}"
                raise fault(self.file, line, told)

    def _text(self, node: Mapping, key: str) -> str:
        line, found = node.entries.get(key, (node.line, None))
        if not isinstance(found, Scalar) or found.is_null:
            raise fault(self.file, line, f"`{key}:` with a text is needed here")
        return found.text

    def _mapping(self, node: Mapping, key: str) -> Mapping:
        line, found = node.entries.get(key, (node.line, None))
        if not isinstance(found, Mapping):
            raise fault(self.file, line, f"`{key}:` with a mapping is needed here")
        return found

    def _is_mapping(self, node: Node) -> Mapping:
        if not isinstance(node, Mapping):
            raise fault(self.file, node.line, "a mapping is needed here")
        return node

    def _sequence(self, node: Mapping, key: str) -> Sequence:
        line, found = node.entries.get(key, (node.line, None))
        if isinstance(found, Scalar) and found.is_null:
            return Sequence([], line)
        if not isinstance(found, Sequence):
            raise fault(self.file, line, f"`{key}:` with a list is needed here")
        return found
