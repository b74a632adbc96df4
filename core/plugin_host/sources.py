"""Where a plugin comes from, in plain text, so that a child process can load it again."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
import sys
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import ClassVar, Final, Literal

from core.kernel.errors import Refusal
from core.plugin_api.markers import ENTRY_POINT_GROUP

OWN_DISTRIBUTION = "forfait"
FILE_MODULE: Final = "forfait_plugin_file_"
"""How the modules of one-file plugins begin, so that none hides an installed one."""
MAX_FILES: Final = 100
_PLUGIN_FILE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}\.py")

Origin = Literal["built_in", "installed", "file", "object"]


class PluginsFolderUnfit(Refusal):
    """The folder of one-file plugins is not there, or holds none, or too many."""

    code: ClassVar[str] = "PLUGINS_DIR_UNFIT"


@dataclass(frozen=True, slots=True)
class PluginSource:
    """A plugin's name, version and place: `package.module`, with `:attribute`, or a file.

    The target of a file is its absolute path; it ends in `.py`.
    `target` is None for an object that was handed over and cannot be imported; a child
    process cannot load such a plugin. Built in is what Forfait's own distribution
    registers; everything else is third-party, and kept apart from the host's process.
    """

    name: str
    version: str
    target: str | None
    is_built_in: bool = False
    given: object = field(default=None, compare=False, repr=False)

    @property
    def title(self) -> str:
        """Return name and version as messages show them."""
        return f"{self.name} {self.version}"

    @property
    def file(self) -> Path | None:
        """Return the file of a one-file plugin."""
        if self.target is None or not self.target.endswith(".py"):
            return None
        return Path(self.target)

    @property
    def origin(self) -> Origin:
        """Tell where it comes from, without its path."""
        if self.is_built_in:
            return "built_in"
        if self.target is None:
            return "object"
        return "installed" if self.file is None else "file"

    def load(self) -> object:
        """Import the plugin; whatever the import raises rises."""
        if self.target is None:
            return self.given
        if self.file is not None:
            return _loaded_file(self.name, self.file)
        module_name, _, attributes = self.target.partition(":")
        loaded: object = importlib.import_module(module_name)
        for attribute in filter(None, attributes.split(".")):
            loaded = getattr(loaded, attribute)
        return loaded


def installed_sources() -> tuple[PluginSource, ...]:
    """Return the plugins that installed packages name, the built-in ones first."""
    points = metadata.entry_points(group=ENTRY_POINT_GROUP)
    found = {_from_entry_point(point) for point in points}
    return tuple(sorted(found, key=lambda source: (not source.is_built_in, source.name)))


def _from_entry_point(point: metadata.EntryPoint) -> PluginSource:
    distribution = point.dist
    own_name = distribution.name if distribution is not None else ""
    return PluginSource(
        name=point.name,
        version=distribution.version if distribution is not None else "0",
        target=point.value,
        is_built_in=own_name.lower() == OWN_DISTRIBUTION,
    )


def folder_sources(folder: Path) -> tuple[PluginSource, ...]:
    """Return the one-file plugins of a folder, for trying out: each `name.py` is the plugin.

    Files whose names begin with `_` or `.` are passed over. All are a third party's.

    Raises:
        PluginsFolderUnfit: there is no such folder, it holds no such file or more than 100, or
            one has a name that is no plugin's.
    """
    try:
        found = sorted(folder.absolute().glob("*.py"))
    except OSError as problem:
        raise PluginsFolderUnfit(f"plugins folder {folder}: {problem}") from None
    if not folder.is_dir():
        raise PluginsFolderUnfit(f"plugins folder {folder} is no folder; mend --plugins-dir")
    if folder.absolute() / "__init__.py" in found:
        raise PluginsFolderUnfit(
            f"plugins folder {folder} is a package; install it with pip, or name a folder of "
            "one-file plugins"
        )
    files = [path for path in found if not path.name.startswith(("_", "."))]
    if not files:
        raise PluginsFolderUnfit(
            f"plugins folder {folder} holds no *.py; a package is installed with pip"
        )
    if len(files) > MAX_FILES:
        raise PluginsFolderUnfit(
            f"plugins folder {folder} holds {len(files)} files; {MAX_FILES} are taken"
        )
    for path in files:
        if not _PLUGIN_FILE.fullmatch(path.name):
            raise PluginsFolderUnfit(
                f"{path} has no plugin's name; use lower case, digits and _, at most 40"
            )
    return tuple(file_source(path) for path in files)


def file_source(path: Path) -> PluginSource:
    """Return the source of a one-file plugin; its version is its `__version__`, or 0."""
    return PluginSource(path.stem, _version_in(path), str(path.absolute()))


def _version_in(path: Path) -> str:
    """Read the version without running the file: it may be disabled."""
    try:
        body = ast.parse(path.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return "0"
    for node in body:
        match node:
            case ast.Assign(
                targets=[ast.Name(id="__version__")], value=ast.Constant(value=str(version))
            ):
                return version
    return "0"


def _loaded_file(name: str, path: Path) -> object:
    """Run a file as a module; one that has not changed since is not run again."""
    module_name = f"{FILE_MODULE}{name}"
    written = path.read_bytes()
    loaded = sys.modules.get(module_name)
    if loaded is not None and vars(loaded).get("__forfait_source__") == (str(path), written):
        return loaded
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    vars(module)["__forfait_source__"] = (str(path), written)
    sys.modules[module_name] = module  # annotations of its classes are looked up there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[module_name]
        raise
    return module


def source_of(plugin: object) -> PluginSource:
    """Return the source of a module or object that is handed to the host, third-party."""
    if isinstance(plugin, PluginSource):
        return plugin
    version = str(getattr(plugin, "__version__", "0"))
    if isinstance(plugin, ModuleType):
        name = plugin.__name__.rpartition(".")[2]
        return PluginSource(name=name, version=version, target=plugin.__name__)
    name = str(getattr(plugin, "__plugin_name__", type(plugin).__name__))
    return PluginSource(name=name, version=version, target=None, given=plugin)
