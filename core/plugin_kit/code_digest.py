"""Whether a package in a folder is the one that is installed: their modules' bytes say it."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from core.plugin_host import PluginSource


def code_digest(source: PluginSource, folders: Sequence[Path] = ()) -> str | None:
    """Return a digest of the modules of a plugin's package, or None where there are none.

    They are looked for in the folders of a package that need not be installed; without any,
    where Python imports them from. Nothing of them is run.
    """
    package = (source.target or "").partition(":")[0].partition(".")[0]
    if not package or source.file is not None:
        return None
    place = _in_folders(package, folders) if folders else _imported(package)
    if place is None:
        return None
    files = [place] if place.is_file() else sorted(place.rglob("*.py"))
    digest = sha256()
    for file in files:
        written = file.read_bytes()
        name = file.relative_to(place.parent).as_posix()
        digest.update(f"{name}\0{len(written)}\0".encode() + written)
    return digest.hexdigest()


def _in_folders(package: str, folders: Sequence[Path]) -> Path | None:
    places = [folder / name for folder in folders for name in (package, f"{package}.py")]
    return next((place for place in places if place.exists()), None)


def _imported(package: str) -> Path | None:
    spec = find_spec(package)  # of a name without dots: nothing is imported
    if spec is None or spec.origin is None:
        return None
    origin = Path(spec.origin)
    return origin.parent if spec.submodule_search_locations else origin
