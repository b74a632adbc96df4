"""A new plugin's package from the template: it passes its own tests at once."""

from __future__ import annotations

import keyword
import re
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import ClassVar, Final, get_args

from mako.template import Template  # type: ignore[import-untyped]

from core.kernel.errors import Refusal
from core.plugin_api import API_VERSION, Pricing
from core.plugin_host import schema_name
from core.plugin_host.sources import OWN_DISTRIBUTION

TEMPLATE: Final = "template"
SUFFIX: Final = ".mako"
SERVED: Final[tuple[Pricing, ...]] = ("per_period", "per_event")
"""How a third party's channel may be priced."""
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_LONGEST: Final = 40


class PluginNameUnfit(Refusal):
    """A plugin cannot have this name."""

    code: ClassVar[str] = "PLUGIN_NAME_UNFIT"


class PluginFolderTaken(Refusal):
    """The folder of the new package exists already; nothing in it is changed."""

    code: ClassVar[str] = "PLUGIN_FOLDER_TAKEN"


class PricingNotServed(Refusal):
    """This release does not price a third party's channel so."""

    code: ClassVar[str] = "PRICING_NOT_SERVED"


def new_plugin(
    name: str,
    *,
    into: Path,
    pricing: Pricing = "per_period",
    taken: frozenset[str] = frozenset(),
) -> Path:
    """Write the package `forfait-<name>` into a folder, and return where it is.

    The same name and release make the same files. `taken` are names of channels that exist.

    Raises:
        PluginNameUnfit: the name is none, or taken.
        PluginFolderTaken: the folder exists.
        PricingNotServed: a third party's channel cannot be priced so.
    """
    _check(name, pricing=pricing, taken=taken)
    project = f"{OWN_DISTRIBUTION}-{name.replace('_', '-')}"
    package = f"{OWN_DISTRIBUTION}_{name}"
    folder = into / project
    if folder.exists():
        raise PluginFolderTaken(f"{folder} exists; choose another name, or --into a folder")
    words = {
        "name": name,
        "project": project,
        "package": package,
        "prefix": "".join(word.capitalize() for word in name.split("_")),
        "field": schema_name(name),
        "label": name.replace("_", " ").capitalize(),
        "pricing": pricing,
        "is_per_event": pricing == "per_event",
        "api_major": API_VERSION[0],
        "api_minor": API_VERSION[1],
        "forfait_range": _range_of(metadata.version(OWN_DISTRIBUTION)),
    }
    written = dict(_rendered(resources.files("core.plugin_kit") / TEMPLATE, Path(), words))
    for path, text in written.items():
        placed = folder / _placed(path, package)
        placed.parent.mkdir(parents=True, exist_ok=True)
        placed.write_text(text, encoding="utf-8")
    return folder


def _check(name: str, *, pricing: Pricing, taken: frozenset[str]) -> None:
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise PluginNameUnfit(
            f"{name!r} is no plugin's name; use lower case, digits and _ between words, at "
            f"most {_LONGEST}"
        )
    if keyword.iskeyword(name):
        raise PluginNameUnfit(f"{name} is a word of Python's own; choose another name")
    if name in taken:
        raise PluginNameUnfit(f"a channel {name} is installed already; choose another name")
    if pricing not in get_args(Pricing):
        raise PricingNotServed(f"pricing {pricing} is none of {', '.join(SERVED)}")
    if pricing not in SERVED:
        raise PricingNotServed(
            f"pricing {pricing}: this release replays only windowed channels of its own; "
            f"choose {' or '.join(SERVED)}"
        )


def _range_of(version: str) -> str:
    """Return which releases a package made by this one runs with: 0.3.1 is `>=0.3,<1`."""
    major, minor, *_rest = version.split(".")
    return f">={major}.{minor},<{int(major) + 1}"


def _rendered(
    folder: Traversable, path: Path, words: dict[str, object]
) -> list[tuple[Path, str]]:
    """Return the files below a folder of the template, filled, in a fixed order."""
    found: list[tuple[Path, str]] = []
    for each in sorted(folder.iterdir(), key=lambda one: one.name):
        if each.is_dir():
            found += _rendered(each, path / each.name, words)
        elif each.name.endswith(SUFFIX):
            # Python and TOML of our own, shown to no browser.
            template = Template(each.read_text("utf-8"), strict_undefined=True)  # noqa: S702
            text: str = template.render(**words)
            found.append((path / each.name.removesuffix(SUFFIX), text))
    return found


def _placed(path: Path, package: str) -> Path:
    """Return where a file of the template goes: `src/event.py` is the package's."""
    return Path("src") / package / path.name if path.parts[0] == "src" else path
