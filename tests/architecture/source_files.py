"""The files that the tests of the code's own shape read."""

from __future__ import annotations

import ast
import os
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("core", "plugins", "api", "workers")
PURE = ("core/kernel", "core/plugin_api", "core/rating", "core/billing", "plugins")
NOT_OURS = {".git", ".venv", ".forfait", "node_modules", "dist", "build"}


def python_files(*folders: str) -> list[Path]:
    """Return the Python files below these folders of the repository, in order."""
    return [path for folder in folders for path in _python_files_below(ROOT / folder)]


@cache
def _python_files_below(folder: Path) -> tuple[Path, ...]:
    """Walk a folder, but not what was installed or made in it."""
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in NOT_OURS]
        found += [Path(place) / name for name in names if name.endswith(".py")]
    return tuple(sorted(found))


@cache
def tree(path: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def nodes(paths: Iterable[Path]) -> Iterator[tuple[str, ast.AST]]:
    """Walk all the syntax of these files; with each node its place, as path:line."""
    for path in paths:
        for node in ast.walk(tree(path)):
            yield f"{relative(path)}:{getattr(node, 'lineno', 1)}", node


def relative(path: Path) -> str:
    """Return a path as a reader of the repository writes it."""
    return path.relative_to(ROOT).as_posix()


def committed_files() -> list[Path]:
    """Return every file under version control; without git, every file that could be."""
    try:
        listed = subprocess.run(
            ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"],
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return [
            path
            for path in sorted(ROOT.rglob("*"))
            if path.is_file() and not NOT_OURS & set(path.relative_to(ROOT).parts)
        ]
    names = [name for name in listed.stdout.decode().split("\0") if name]
    return [path for name in names if (path := ROOT / name).is_file()]
