"""The processes of an installation as direct children: services, one API, two workers.

Each process reaches PostgreSQL through a proxy of its own. What dies is started again, as
a process manager would.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import asyncpg
import httpx

from core.database_errors import Unavailable
from core.embedded import DatabaseUrls, EmbeddedServices
from core.embedded.process import dying_with, free_port
from tests.faults.proxy import Proxy
from tests.faults.seller import CHUNK_SIZE, PEPPER

ROOT = Path(__file__).parents[2]
MUTATED = Path(__file__).parent / "mutated"
START_SECONDS = 60.0
STOP_SECONDS = 30.0
WATCH_SECONDS = 0.2
PASSING = (
    Unavailable,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
POISON = "poison-6.6.dist-info"


@dataclass(slots=True)
class Child:
    """One process: how it is started, and the proxy that it has to PostgreSQL."""

    name: str
    arguments: tuple[str, ...]
    proxy: Proxy
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    is_stopped: bool = False

    @property
    def pid(self) -> int:
        """The process id now."""
        assert self.process is not None
        return self.process.pid

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self.process is not None and self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if it runs."""
        if self.runs and self.process is not None:
            self.process.send_signal(number)


@dataclass(slots=True)
class Stage:
    """Everything that runs; `log` is where the processes write."""

    services: EmbeddedServices
    database: str
    urls: DatabaseUrls
    folder: Path
    mutant: str | None
    children: dict[str, Child] = field(default_factory=dict)
    address: str = ""
    unexpected_ends: list[str] = field(default_factory=list)
    expected_ends: set[int] = field(default_factory=set)
    _log: IO[bytes] | None = None
    _watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the proxies and the processes, and wait until the API answers."""
        self._log = (self.folder / "processes.log").open("ab")
        _install_poison(self.folder / "plugins")
        # Below the ports that connections take for themselves while the API is down.
        api_port = free_port(20_000 + os.getpid() % 10_000)
        self.address = f"http://127.0.0.1:{api_port}"
        commands = {"api": ("api", "--port", str(api_port)), "worker-1": (), "worker-2": ()}
        for name, arguments in commands.items():
            proxy = Proxy(self._postgres_port())
            await proxy.start()
            child = Child(name, arguments or ("worker",), proxy)
            self.children[name] = child
            self._begin(child)
        await self.until_ready()
        self._watch = asyncio.create_task(self._keep_up())

    async def stop(self) -> None:
        """End the processes, those that hang by force, and the proxies."""
        if self._watch is not None:
            self._watch.cancel()
        for child in self.children.values():
            child.signal(signal.SIGCONT)
            child.signal(signal.SIGTERM)
        for child in self.children.values():
            if child.process is not None:
                try:
                    await asyncio.to_thread(child.process.wait, STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    self.unexpected_ends.append(f"{child.name} did not end by SIGTERM")
                    child.process.kill()
                    child.process.wait()
            await child.proxy.stop()
        if self._log is not None:
            self._log.close()

    async def until_ready(self) -> None:
        """Wait until the API says that it can serve."""
        async with httpx.AsyncClient(trust_env=False, timeout=3) as http:
            for _try in range(int(START_SECONDS / WATCH_SECONDS)):
                with suppress(httpx.HTTPError):
                    if (await http.get(f"{self.address}/ready")).status_code == 200:
                        return
                await asyncio.sleep(WATCH_SECONDS)
        raise TimeoutError(f"the API is not ready; see {self.folder / 'processes.log'}")

    def kill(self, child: Child) -> None:
        """End a process without a word; the watch starts it again."""
        if child.runs:
            self.expected_ends.add(child.pid)
            child.signal(signal.SIGKILL)

    @asynccontextmanager
    async def superuser(self):
        """Connect past the proxies as the server's superuser."""
        cluster = self.services._own_cluster()
        connection = await cluster._connect(self.database)
        try:
            yield connection
        finally:
            await connection.close()

    def restart_services(self) -> None:
        """Start again what was killed of PostgreSQL and Valkey, on the same ports."""
        self.services.ensure()

    def _postgres_port(self) -> int:
        return int(self.urls.app.rpartition(":")[2].partition("/")[0])

    def _begin(self, child: Child) -> None:
        child.starts += 1
        child.process = subprocess.Popen(
            (sys.executable, "-m", "api.cli", *child.arguments),
            cwd=ROOT,
            env=self._environment(child),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
            preexec_fn=dying_with(os.getpid(), signal.SIGKILL),  # noqa: PLW1509
        )

    def _environment(self, child: Child) -> Mapping[str, str]:
        here = f"127.0.0.1:{self._postgres_port()}"
        paths = [str(self.folder / "plugins"), str(ROOT)]
        more = {}
        if self.mutant:
            paths.insert(0, str(MUTATED))
            more["FORFAIT_TEST_MUTANT"] = self.mutant
        hidden = ("OWNER_DATABASE_URL", "DATABASE_URL", "REDIS_URL")
        known = {name: text for name, text in os.environ.items() if name not in hidden}
        return known | {
            "DATABASE_URL": self.urls.app.replace(here, f"127.0.0.1:{child.proxy.port}"),
            "REDIS_URL": self.services.urls.redis_url,
            "FORFAIT_HOME": str(self.folder),
            "FORFAIT_PEPPER": PEPPER,
            "FORFAIT_CLOSE_CHUNK_SIZE": str(CHUNK_SIZE),
            "FORFAIT_PLUGIN_TIMEOUT_SECONDS": "5",
            "FORFAIT_LOG_FORMAT": "json",
            "PYTHONPATH": os.pathsep.join(paths),
            **more,
        }

    async def _keep_up(self) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            for child in self.children.values():
                if not child.runs and child.process is not None:
                    if child.pid not in self.expected_ends:
                        status = child.process.returncode
                        self.unexpected_ends.append(f"{child.name} ended with {status}")
                    child.is_stopped = False
                    self._begin(child)


def _install_poison(folder: Path) -> None:
    """Install the poison plugin as a third party's distribution, for these processes alone."""
    place = folder / POISON
    place.mkdir(parents=True)
    (place / "METADATA").write_text("Metadata-Version: 2.1\nName: poison\nVersion: 6.6\n")
    points = "[forfait.plugins]\npoison = tests.faults.poison\n"
    (place / "entry_points.txt").write_text(points)


async def tried(work: Any, *, seconds: float = 20.0) -> Any:
    """Call until the database lets us; a fault may be at work on it."""
    for _try in range(int(seconds / 0.2)):
        with suppress(*PASSING):
            return await work()
        await asyncio.sleep(0.2)
    return await work()
