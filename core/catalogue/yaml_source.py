"""Load a catalogue from YAML, with every fault named by file, line and path.

Numbers are read as decimals from their text, never as floats. Loading is best effort: what
could be read can be checked together with what is stored, so that all problems of a file
are told at once. Nothing with a problem is ever applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.catalogue.binding import Binder, Broken
from core.catalogue.errors import (
    MALFORMED_YAML,
    TOO_LARGE,
    WRONG_TYPE,
    CatalogueRefused,
    LocatedProblem,
)
from core.catalogue.schema import Catalogue
from core.catalogue.wording import key_list
from core.catalogue.yaml_tree import MAX_BYTES, Node, parse_yaml, tree_of
from core.catalogue.yaml_tree import Mapping as MappingNode
from core.kernel.errors import Problem


@dataclass(frozen=True, slots=True)
class LoadedCatalogue:
    """A catalogue as far as it could be read, and what is wrong with the rest.

    `broken` are the sections and codes of entries that were left out.
    """

    catalogue: Catalogue
    file: str = ""
    problems: tuple[LocatedProblem, ...] = ()
    broken: frozenset[tuple[str, str]] = frozenset()
    lines: Mapping[tuple[str, ...], int] = field(default_factory=dict)

    def located(self, problems: Iterable[Problem]) -> list[LocatedProblem]:
        """Add file and line to problems: those of the nearest value on the path."""
        return [
            LocatedProblem(
                problem.code,
                problem.message,
                problem.path,
                file=self.file,
                line=self._line(problem.path),
            )
            for problem in problems
        ]

    def refuse_if_any(self, problems: Iterable[Problem] = ()) -> None:
        """Raise `CatalogueRefused` with the problems of loading and these, by line."""
        found: list[LocatedProblem] = [*self.problems, *self.located(problems)]
        if found:
            raise CatalogueRefused(sorted(found, key=_line_of))

    def _line(self, path: tuple[str, ...]) -> int | None:
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return None


def _line_of(problem: Problem) -> int:
    return problem.line or 0 if isinstance(problem, LocatedProblem) else 0


def load_catalogue(text: str | bytes, *, file: str = "") -> LoadedCatalogue:
    """Read a catalogue from YAML text. Raises nothing; problems are in the result."""
    node, problems = parse_yaml(text, file=file)
    if node is None:
        return LoadedCatalogue(Catalogue(), file=file, problems=tuple(problems))
    return _loaded(node, problems, file=file)


def load_catalogue_file(path: Path) -> LoadedCatalogue:
    """Read a catalogue from a file; one that cannot be read is a problem as well."""
    file = str(path)
    try:
        with path.open("rb") as opened:
            octets = opened.read(MAX_BYTES + 1)
    except OSError as failure:
        told = f"the file cannot be read: {failure.strerror}; check the path"
        return _unread(MALFORMED_YAML, told, file=file)
    if len(octets) > MAX_BYTES:
        told = f"the file has more than {MAX_BYTES} bytes; split it"
        return _unread(TOO_LARGE, told, file=file)
    return load_catalogue(octets, file=file)


def load_catalogue_values(values: Mapping[str, object], *, file: str = "") -> LoadedCatalogue:
    """Read a catalogue from plain dicts, lists, texts and numbers, as in a scenario."""
    return _loaded(tree_of(dict(values)), [], file=file)


def _unread(code: str, message: str, *, file: str) -> LoadedCatalogue:
    problem = LocatedProblem(code, message, file=file)
    return LoadedCatalogue(Catalogue(), file=file, problems=(problem,))


def _loaded(node: Node, problems: list[LocatedProblem], *, file: str) -> LoadedCatalogue:
    binder = Binder(file=file, problems=problems)
    catalogue, broken = _bound(binder, node)
    return LoadedCatalogue(
        catalogue=catalogue,
        file=file,
        problems=tuple(problems),
        broken=broken,
        lines=binder.lines,
    )


def _bound(binder: Binder, node: Node) -> tuple[Catalogue, frozenset[tuple[str, str]]]:
    """Bind a whole catalogue as far as it goes, with the codes of what was left out.

    An entry with one broken part (a rate of a plan) is left out as a whole.
    """
    sections: dict[str, Any] = {}
    if not isinstance(node, MappingNode):
        told = f"a catalogue is a mapping of {key_list(Catalogue)}"
        binder.problems.append(
            LocatedProblem(WRONG_TYPE, told, file=binder.file, line=node.line)
        )
        return Catalogue(), frozenset()
    for name, (line, child) in node.entries.items():
        part = MappingNode({name: (line, child)}, line)
        try:
            bound = binder.bind(part, Catalogue)
            sections[name] = getattr(bound, name)
        except Broken:
            continue
    broken = frozenset((path[0], path[1]) for path in binder.broken if len(path) > 1)
    kept = {
        name: tuple(entry for entry in entries if (name, entry.code) not in broken)
        for name, entries in sections.items()
    }
    return Catalogue(**kept), broken
