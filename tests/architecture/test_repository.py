"""What must not be in the repository, and what the locks must be."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture.licences import document, locked_names, misfits
from tests.architecture.source_files import ROOT, committed_files, relative

# In pieces, so that this file does not name what it forbids.
FORBIDDEN = tuple(
    "".join(pieces)
    for pieces in (
        ("pypi", ".org"),
        ("python", "hosted.org"),
        ("registry.", "npmjs"),
        ("npmjs", ".com"),
        ("docker", ".io"),
        ("ghcr", ".io"),
        ("quay", ".io"),
        ("--index", "-url"),
        ("--find", "-links"),
    )
)
# The Makefile tells uv to leave them out of the lock.
ALLOWED = {"Makefile": ("--no-emit-index" + "-url", "--no-emit-find" + "-links")}
LOCKS = ("requirements/runtime.lock", "requirements/dev.lock")


def test_no_committed_file_names_a_package_registry() -> None:
    """Where packages come from is the business of the machine that installs them."""
    found = []
    for path in committed_files():
        text = path.read_bytes().decode(errors="replace")
        for allowed in ALLOWED.get(relative(path), ()):
            text = text.replace(allowed, "")
        found += [f"{relative(path)}: {word}" for word in FORBIDDEN if word in text]
    assert found == []


def test_decisions_are_numbered_one_by_one() -> None:
    """0001, 0002, …: two that were written at once do not bear the same number."""
    files = sorted((ROOT / "docs/decisions").glob("*.md"))
    numbers = [int(file.name[:4]) for file in files]
    assert numbers == list(range(1, len(files) + 1))
    for number, file in zip(numbers, files, strict=True):
        assert file.read_text(encoding="utf-8").startswith(f"# {number}. "), file.name


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_everything_with_hashes_and_no_place(lock: str) -> None:
    """Each requirement is name==version with a SHA-256, and no line is an address or option."""
    text = (ROOT / lock).read_text()
    assert "://" not in text
    requirements = re.split(r"\n(?=\S)", text.strip())
    assert len(requirements) > 40
    for requirement in requirements:
        assert re.match(r"[a-z0-9-]+(\[[a-z,]+\])?==\S+", requirement), requirement
        assert "--hash=sha256:" in requirement, requirement


def test_the_runtime_lock_is_part_of_the_development_lock() -> None:
    """What is tested is what runs: the same versions of the same packages."""
    runtime, development = (_pins(lock) for lock in LOCKS)
    assert runtime - development == set()


def test_what_we_depend_on_fits_our_licence() -> None:
    """Every locked package has a licence that may be used from an Apache-2.0 program."""
    assert misfits() == []


def test_the_list_of_licences_is_up_to_date() -> None:
    """docs/licences.md names every locked package: `make licences` writes it."""
    listed = (ROOT / "docs/licences.md").read_text()
    assert [name for name in sorted(locked_names()) if f"| {name} |" not in listed] == []
    assert listed == document()


def test_the_wheel_brings_its_migrations(tmp_path: Path) -> None:
    """Installed from a wheel, without a checkout, the history has its one head."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("forfait-*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
        assert not [
            name for name in archive.namelist() if name.startswith(("tests/", "bench/"))
        ]
    program = (
        f"import sys; sys.path.insert(0, {str(installed)!r}); import core.migrations as m; "
        "print(m.__file__); print(m._folder()); print(len(m.heads()))"
    )
    said = subprocess.run(
        [sys.executable, "-P", "-c", program],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert said == [
        str(installed / "core/migrations.py"),
        str(installed / "core/migrations_bundle/alembic"),
        "1",
    ]


def _pins(lock: str) -> set[str]:
    return set(re.findall(r"^[a-z0-9.-]+==\S+", (ROOT / lock).read_text(), re.MULTILINE))
