"""Which plugins a command is about: by name, by file, or by a package's folder."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from core.kernel.errors import Refusal
from core.plugin_api import ENTRY_POINT_GROUP
from core.plugin_host import PluginSource, file_source, folder_sources, installed_sources


class PluginNotFound(Refusal):
    """No plugin is installed under this name, and no file or folder is there."""

    code: ClassVar[str] = "PLUGIN_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class Target:
    """A plugin, and the folders in which its modules are found where it is not installed."""

    source: PluginSource
    folders: tuple[Path, ...] = ()


def all_targets(plugins_dir: Path | None) -> tuple[Target, ...]:
    """Return the installed plugins, and the one-file plugins of a folder."""
    files: Iterable[PluginSource] = () if plugins_dir is None else folder_sources(plugins_dir)
    return tuple(Target(source) for source in (*installed_sources(), *files))


def targets_of(name_or_path: str, *, plugins_dir: Path | None = None) -> tuple[Target, ...]:
    """Return what is named: an installed plugin, a file `*.py`, or a folder with a package.

    Raises:
        PluginNotFound: there is none.
    """
    named = [
        target for target in all_targets(plugins_dir) if target.source.name == name_or_path
    ]
    if named:
        return tuple(named)
    path = Path(name_or_path)
    if path.is_file() and path.suffix == ".py":
        return (Target(file_source(path)),)
    if (path / "pyproject.toml").is_file():
        return _of_package(path)
    known = ", ".join(sorted({target.source.name for target in all_targets(plugins_dir)}))
    raise PluginNotFound(
        f"{name_or_path} is neither a plugin ({known}), nor a file *.py, nor a folder with a "
        "pyproject.toml"
    )


def _of_package(folder: Path) -> tuple[Target, ...]:
    """Read the entry points of a package that need not be installed."""
    try:
        read = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise PluginNotFound(f"{folder}/pyproject.toml cannot be read: {problem}") from None
    project = read.get("project", {})
    points = project.get("entry-points", {}).get(ENTRY_POINT_GROUP, {})
    if not points:
        raise PluginNotFound(
            f"{folder}/pyproject.toml names no plugin; add "
            f'[project.entry-points."{ENTRY_POINT_GROUP}"]'
        )
    inside = folder / "src"
    modules = (inside if inside.is_dir() else folder).absolute()
    version = str(project.get("version", "0"))
    return tuple(
        Target(PluginSource(str(name), version, str(target)), (modules,))
        for name, target in points.items()
    )
