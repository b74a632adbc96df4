"""The real product for clients to meet: sellers that have played, then `forfait serve`.

Everything runs on the loopback from a home of its own, and is stopped by its process id.
The server may be stopped and started anew on the same address, as after a deployment.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

from tests.clients.asking import Asking
from tests.clients.background import ISSUER
from tests.clients.filled import SLUG
from tests.clients.filling import fill
from tests.clients.restarts import Restarts

ROOT: Final = Path(__file__).parents[2]
FORFAIT: Final = (sys.executable, "-m", "api.cli")
DEMO_SECONDS: Final = 180
START_SECONDS: Final = 60
STOP_SECONDS: Final = 40
SERVER_LOG: Final = "server.log"
KEYS: Final = "demo-api-keys"
BUSY: Final = "core.database_errors.Unavailable"
"""A worker whose rows are taken: it comes again, as a client would that is told so."""
BUG_MARKS: Final = ("graphql.internal_error", "graphql.request_failed", "Traceback")


class StageFailed(Exception):
    """The product could not be started or filled; the message quotes its log."""


@dataclass(slots=True)
class Stage:
    """A home folder, a port, and the server's process while it runs."""

    home: Path
    port: int
    _server: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    restarts: Restarts = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.restarts = Restarts(self.restart)

    @property
    def address(self) -> str:
        """The start of every URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Where GraphQL is."""
        return f"{self.address}/graphql"

    @property
    def log(self) -> Path:
        """What the server wrote, of every start."""
        return self.home / SERVER_LOG

    def keys(self) -> dict[str, str]:
        """Return the sellers' API keys by the sellers' slugs."""
        files = sorted((self.home / KEYS).iterdir())
        return {file.name: file.read_text().strip() for file in files}

    def play(self) -> None:
        """Play the demonstration of one seller, and open another that is empty."""
        self._run(sys.executable, "-m", "tests.clients.playing")

    def write_schema(self, path: Path) -> None:
        """Write the schema of this checkout as text."""
        self._run(*FORFAIT, "schema", "--output", str(path))

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        command = [*FORFAIT, "serve", "--port", str(self.port), "--workers", "1"]
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        ends = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._server.poll() is not None or time.monotonic() > ends:
                self.stop()
                raise StageFailed(f"forfait serve failed:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End the server as an operator would, and wait for it."""
        server, self._server = self._server, None
        if server is None or server.poll() is not None:
            return
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()

    def restart(self) -> None:
        """Stop and start: connections break, what was committed is there."""
        self.stop()
        self.start()

    def server_errors(self) -> list[str]:
        """Return the log lines of bugs: whatever was answered as an internal error."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [
            line
            for line in lines
            if any(mark in line for mark in BUG_MARKS) and BUSY not in line
        ]

    def _run(self, *arguments: str) -> None:
        run = subprocess.run(
            arguments,
            cwd=ROOT,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=DEMO_SECONDS,
            check=False,
        )
        if run.returncode:
            told = run.stdout.decode()[-2000:]
            raise StageFailed(f"{' '.join(arguments[1:4])} failed:\n{told}")

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.address}/ready", timeout=1) as response:
                return response.status == 200
        except (URLError, OSError):
            return False

    def _environment(self) -> dict[str, str]:
        known = {
            name: text
            for name, text in os.environ.items()
            if not name.startswith(("FORFAIT_", "DATABASE_URL", "REDIS_URL", "OWNER_DATABASE"))
        }
        return known | {
            "FORFAIT_HOME": str(self.home),
            "FORFAIT_LOG_LEVEL": "INFO",
            "FORFAIT_OIDC_ISSUERS": ISSUER,
        }


@contextmanager
def stage(*, kept: Path | None = None) -> Iterator[Stage]:
    """Hold a filled and running product, and leave nothing behind.

    With `kept` its home is that folder, which stays, and is not filled anew the next time.
    """
    with tempfile.TemporaryDirectory(prefix="forfait-clients-") as folder:
        # PostgreSQL runs as another user where we are root, and has to pass.
        Path(folder).chmod(0o711)
        running = Stage(home=kept or Path(folder) / "home", port=_free_port())
        running.home.mkdir(exist_ok=True)
        is_new = not (running.home / KEYS).is_dir()
        if is_new:
            running.play()
        running.start()
        try:
            if is_new:
                asyncio.run(_fill(running))
            yield running
        finally:
            running.stop()


async def _fill(running: Stage) -> None:
    async with Asking(running.url, running.keys()[SLUG]) as asking:
        await fill(asking)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
