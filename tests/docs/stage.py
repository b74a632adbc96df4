"""An empty folder as a reader has it: Python, Forfait's source, and nothing of this checkout.

`pip install` works there without any network: what Forfait depends on is found where the
tests have it, and Forfait itself is built and installed as the page says.
"""

from __future__ import annotations

import os
import socket
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.architecture.source_files import ROOT

_NOT_A_READERS: Final = frozenset(
    {
        *("forfait", "_forfait", "__pycache__", "pip", "setuptools"),
        *("hypothesis", "_hypothesis_pytestplugin.py", "_hypothesis_globals.py"),
        *("pytest_asyncio", "xdist", "pytest_xdist", "time_machine", "zensical"),
    }
)
"""Forfait itself, which pages install, and what only its own tests use."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A reader's folder, the variables of their shell, and the port that is free for them."""

    folder: Path
    variables: dict[str, str]
    port: int

    @classmethod
    def made(cls, below: Path) -> Stage:
        """Make one below an empty folder."""
        folder, tools, home = below / "folder", below / "tools", below / "home"
        for each in (folder, tools / "bin", tools / "dependencies", home):
            each.mkdir(parents=True)
        (tools / "bin/python3").symlink_to(_own_python())
        _link_dependencies(tools / "dependencies")
        port = _free_port()
        variables = {
            "PATH": f"{tools / 'bin'}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "COLUMNS": "100",
            "TMPDIR": os.environ.get("TMPDIR", "/tmp"),
            "FORFAIT_SOURCE": str(ROOT),
            "FORFAIT_PORT": str(port),
            "FORFAIT_URL": f"http://127.0.0.1:{port}",
            "PYTHONPATH": str(tools / "dependencies"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_BUILD_ISOLATION": "0",  # pip's word for: build with what is there
            "PIP_NO_COMPILE": "1",
            "PIP_NO_INDEX": "1",
        }
        return cls(folder, variables, port)


def _own_python() -> Path:
    """Return the interpreter that the tests' environment was made with."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return Path(sys.base_prefix) / "bin" / version


def _link_dependencies(target: Path) -> None:
    """Show what is installed for the tests, without the checkout itself."""
    for each in Path(sysconfig.get_path("purelib")).iterdir():
        stays = each.suffix == ".pth" or each.name.split("-")[0] in _NOT_A_READERS
        if not stays:
            (target / each.name).symlink_to(each)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port
