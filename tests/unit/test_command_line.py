"""What the command line says of itself."""

from __future__ import annotations

import tomllib
from pathlib import Path

from typer.testing import CliRunner

from api.cli import build_app

ROOT = Path(__file__).parents[2]


def test_the_version_is_that_of_the_package() -> None:
    """One line, and no command is needed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    told = CliRunner().invoke(build_app(), ["--version"])

    assert (told.exit_code, told.output) == (0, f"forfait {project['version']}\n")
