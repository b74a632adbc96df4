"""Wheels built from this checkout, a fresh environment that has them, and the product in it.

The environment's own packages are the two wheels and nothing else; what they depend on is found
where the tests have it, so that nothing is downloaded.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
SERVES = re.compile(r"Forfait serves (http://\S+)/graphql")
KEPT = ("LANG", "LC_ALL", "PATH", "TMPDIR", "USER")
START_SECONDS = 120


def build_wheel(package: Path, target: Path) -> Path:
    """Build the wheel of a package with the build backend at hand."""
    target.mkdir(parents=True, exist_ok=True)
    before = set(target.glob("*.whl"))
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)], package)
    (wheel,) = set(target.glob("*.whl")) - before
    return wheel


def run(command: list[str], folder: Path, **environment: str) -> str:
    """Run a program to its end and return what it printed; a failure shows all of it."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=harmless() | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"{command}: {done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def harmless() -> dict[str, str]:
    """The variables that a fresh shell has: nothing of this checkout or its services."""
    return {name: os.environ[name] for name in KEPT if name in os.environ}


@dataclass
class Environment:
    """A virtual environment whose programs see its own packages first."""

    folder: Path

    @classmethod
    def made(cls, folder: Path) -> Environment:
        """Make one without pip; a .pth line brings the dependencies, and no .pth of theirs."""
        venv.create(folder, with_pip=False, symlinks=True)
        made = cls(folder)
        dependencies = sysconfig.get_path("purelib")
        (made.packages / "dependencies.pth").write_text(f"{dependencies}\n")
        return made

    @property
    def packages(self) -> Path:
        """Where its own packages are."""
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.folder / "lib" / version / "site-packages"

    @property
    def python(self) -> str:
        """Its interpreter."""
        return str(self.folder / "bin/python")

    def install(self, *wheels: Path) -> None:
        """Install just these wheels, in place of other versions of them."""
        run(
            [
                sys.executable, "-m", "pip", "--python", self.python, "install", "--quiet",
                "--no-index", "--no-deps", "--force-reinstall", *map(str, wheels),
            ],
            self.folder,
        )  # fmt: skip

    def says(self, program: str) -> Any:
        """Run a line of Python in it that prints JSON."""
        return json.loads(run([self.python, "-P", "-c", program], self.folder))


@dataclass
class Product:
    """The product of an environment, as its operator runs it in a home of its own."""

    environment: Environment
    home: Path
    key: str = field(default="", repr=False)
    _serving: subprocess.Popen[str] | None = None
    _address: str = ""

    @property
    def _variables(self) -> dict[str, str]:
        return harmless() | {"FORFAIT_HOME": str(self.home), "HOME": str(self.home)}

    def command(self, *arguments: str) -> str:
        """Run `forfait …` to its end."""
        program = str(self.environment.folder / "bin/forfait")
        return run([program, *arguments], self.home, **self._variables)

    def start(self) -> None:
        """Serve with one worker on a free port, and wait until it says so."""
        log = self.home / "serve.log"
        with log.open("w") as written:
            self._serving = subprocess.Popen(
                [str(self.environment.folder / "bin/forfait"), "serve", "--port", "0"],
                cwd=self.home,
                env=self._variables,
                stdout=subprocess.PIPE,
                stderr=written,
                text=True,
            )
        assert self._serving.stdout is not None
        for line in self._serving.stdout:
            if found := SERVES.search(line):
                self._address = found[1]
                return
        raise AssertionError(log.read_text()[-4000:])

    def stop(self) -> None:
        """Stop serving, as Ctrl-C does; its servers stop with it."""
        if self._serving is not None:
            self._serving.send_signal(signal.SIGTERM)
            self._serving.communicate(timeout=60)
            self._serving = None

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Send one operation with the seller's key and return its data."""
        answer = httpx.post(
            f"{self._address}/graphql",
            json={"query": query, "variables": variables},
            headers={"authorization": f"Bearer {self.key}"},
            timeout=60,
        ).json()
        assert "errors" not in answer, answer["errors"]
        found: dict[str, Any] = answer["data"]
        return found

    def change(self, mutation: str, selection: str, **given: Any) -> dict[str, Any]:
        """Run one mutation that must succeed and return its payload."""
        query = (
            f"mutation ($input: {mutation[0].upper()}{mutation[1:]}Input!) {{ {mutation}"
            f"(input: $input) {{ {selection} userErrors {{ code message path }} }} }}"
        )
        payload: dict[str, Any] = self.ask(query, input=given)[mutation]
        assert payload["userErrors"] == [], payload["userErrors"]
        return payload
