"""The command line on a database of the session, and as processes of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli import build_app
from core.embedded import DatabaseUrls

PEPPER = "a pepper for tests that is long enough"
Invoke = Callable[..., Result]


@pytest.fixture
def environment(database: DatabaseUrls, redis_url: str, tmp_path: Path) -> dict[str, str]:
    """What names an installation: a migrated database, a Redis, a pepper."""
    return {
        "DATABASE_URL": database.app,
        "OWNER_DATABASE_URL": database.owner,
        "REDIS_URL": redis_url,
        "FORFAIT_PEPPER": PEPPER,
        "FORFAIT_HOME": str(tmp_path),
    }


@pytest.fixture
def invoke(environment: dict[str, str]) -> Invoke:
    """Run a command in this process, on the installation of the test."""

    def run(*arguments: str, **changed: str) -> Result:
        return CliRunner().invoke(build_app(), arguments, env={**environment, **changed})

    return run


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty home that the embedded servers' account can pass through."""
    folder = Path(tempfile.mkdtemp(prefix="forfait-cli-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def started(
    *arguments: str, home: Path, errors: int = subprocess.DEVNULL
) -> subprocess.Popen[str]:
    """Start a command as a process of its own, on embedded services below `home`."""
    addresses = ("DATABASE_URL", "OWNER_DATABASE_URL", "REDIS_URL", "FORFAIT_PEPPER")
    known = {name: text for name, text in os.environ.items() if name not in addresses}
    return subprocess.Popen(
        [sys.executable, "-m", "api.cli", *arguments],
        env={**known, "FORFAIT_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )
