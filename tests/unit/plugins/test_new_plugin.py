"""`forfait plugin new`: a package that is built, installed and tested as a partner would."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from core.plugin_kit.new import (
    SERVED,
    PluginFolderTaken,
    PluginNameUnfit,
    PricingNotServed,
    new_plugin,
)

ROOT = Path(__file__).parents[3]
FILES = """LICENSE README.md pyproject.toml src/forfait_pay_phone/README.md
src/forfait_pay_phone/__init__.py src/forfait_pay_phone/event.py src/forfait_pay_phone/plugin.py
src/forfait_pay_phone/pricing.py src/forfait_pay_phone/py.typed src/forfait_pay_phone/rules.py
tests/test_conformance.py tests/test_known_answers.py"""


def written(folder: Path) -> dict[str, str]:
    """Return the files of a folder by their paths."""
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def run(*command: str, cwd: Path, **environment: str) -> str:
    """Run a program without the network; its output, when it ends well."""
    known = {"PATH": os.environ["PATH"], "HOME": str(cwd), "PIP_NO_INDEX": "1", **environment}
    done = subprocess.run(
        command, cwd=cwd, env=known, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def fresh_environment(folder: Path) -> tuple[str, Path]:
    """Make a virtual environment that has Forfait and its dependencies, and nothing else."""
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    paths = {"base": str(folder), "platbase": str(folder)}
    site = Path(sysconfig.get_path("purelib", "venv", vars=paths))
    (site / "forfait.pth").write_text(f"{ROOT}\n{sysconfig.get_path('purelib')}\n")
    return str(python), site


@pytest.mark.parametrize("pricing", SERVED)
def test_a_new_package_builds_installs_and_passes_its_own_tests(
    tmp_path: Path, pricing: str
) -> None:
    """As a wheel, in an environment of its own: pytest, and `forfait plugin check`."""
    folder = new_plugin("pay_phone", into=tmp_path, pricing=pricing)  # type: ignore[arg-type]
    assert folder == tmp_path / "forfait-pay-phone"
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", cwd=folder)
    (wheel,) = (folder / "dist").glob("forfait_pay_phone-0.1.0-*.whl")
    python, site = fresh_environment(tmp_path / "environment")
    uv = str(Path(sys.executable).with_name("uv"))
    run(
        *[uv, "pip", "install", "--offline", "--no-deps", "--no-cache", "--python", python],
        str(wheel),
        cwd=tmp_path,
    )
    assert (site / "forfait_pay_phone" / "README.md").exists()
    outside = tmp_path / "tests"
    (folder / "tests").rename(outside)

    told = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", ".", cwd=outside)
    assert "channel pay_phone: " in told
    told = run(python, "-m", "api.cli", "plugin", "check", "pay_phone", cwd=outside)
    assert "pay_phone" in told


def test_the_same_name_makes_the_same_files(tmp_path: Path) -> None:
    """No date, no user, no order of a folder's listing goes into them."""
    first = new_plugin("pay_phone", into=tmp_path / "one")
    second = new_plugin("pay_phone", into=tmp_path / "two")
    assert list(written(first)) == FILES.split()
    assert written(first) == written(second)
    project = written(first)["pyproject.toml"]
    assert 'dependencies = ["forfait>=0.1,<1"]' in project
    assert 'pay_phone = "forfait_pay_phone.plugin"' in project


@pytest.mark.parametrize(
    "name",
    ["", "Fax", "fax-machine", "2fax", "_fax", "fax_", "fax__one", "a" * 41, "class", "../x"],
)
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    """And nothing is written."""
    with pytest.raises(PluginNameUnfit):
        new_plugin(name, into=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_name_of_an_installed_channel_is_refused(tmp_path: Path) -> None:
    """Forfait would not start with both."""
    with pytest.raises(PluginNameUnfit, match="installed already"):
        new_plugin("sms", into=tmp_path, taken=frozenset({"sms"}))


def test_an_existing_folder_is_left_as_it_is(tmp_path: Path) -> None:
    """Somebody's work is in it."""
    folder = new_plugin("fax", into=tmp_path)
    (folder / "README.md").write_text("mine")
    before = written(folder)
    with pytest.raises(PluginFolderTaken):
        new_plugin("fax", into=tmp_path)
    assert written(folder) == before


def test_a_windowed_channel_of_a_third_party_is_refused(tmp_path: Path) -> None:
    """Rather than made and refused when the host starts."""
    with pytest.raises(PricingNotServed, match="choose per_period or per_event"):
        new_plugin("chat", into=tmp_path, pricing="windowed")
    assert list(tmp_path.iterdir()) == []
