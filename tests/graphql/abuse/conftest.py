"""A real server in a process of its own, and a seller who asks small things beside an abuse."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import IO, Any, Final, TypeVar

import httpx
import psutil
import pytest

from core.embedded import DatabaseUrls
from tests.graphql.api_clients import Api
from tests.graphql.live.clients import Sockets

ROOT: Final = Path(__file__).parents[3]
PROBE: Final = {"query": "{ tenant { slug } }"}
PROBES_EVERY: Final = 0.1
A_SECOND: Final = 1.0
ATTEMPTS: Final = 3
IDLE_PROBES: Final = 5
FAIR: Final = 0.02
"""What a probe takes at most where a server is asked nothing else and the machine is free."""
MOST: Final = 4.0
"""No machine is so busy that a neighbour may wait for longer."""
T = TypeVar("T")


@dataclass
class Server(Sockets):
    """The server under abuse."""

    address: str
    process: subprocess.Popen[str]
    key: str
    slowest: float = field(default=0.0, init=False)

    @property
    def host(self) -> tuple[str, int]:
        """Where it listens."""
        host, _, port = self.address.removeprefix("http://").partition(":")
        return host, int(port)

    @property
    def memory(self) -> int:
        """What the process holds, in MiB."""
        return int(psutil.Process(self.process.pid).memory_info().rss // 2**20)

    @property
    def connections(self) -> int:
        """How many connections of clients the process holds open."""
        (_, port) = self.host
        return sum(
            each.status == psutil.CONN_ESTABLISHED and each.laddr.port == port
            for each in psutil.Process(self.process.pid).net_connections("tcp")
        )

    def client(self, **headers: str) -> httpx.AsyncClient:
        """Return a client with a good key."""
        given = {"authorization": f"Bearer {self.key}"} | headers
        return httpx.AsyncClient(
            base_url=self.address, headers=given, trust_env=False, timeout=30
        )

    async def probe(self, http: httpx.AsyncClient) -> float:
        """Ask a small thing, which must be answered; return the seconds it took."""
        begun = time.perf_counter()
        answer = await http.post("/graphql", json=PROBE)
        assert answer.status_code == 200, answer.text
        assert answer.json()["data"]["tenant"]["slug"] == "one"
        return time.perf_counter() - begun

    async def beside(self, abuse: Callable[[], Awaitable[T]]) -> T:
        """Commit an abuse while somebody else asks, and is answered within a second.

        Others use the machine too: where the same probe, just before the abuse, is slower
        than on a free machine, a second is as much longer. And where that was not enough it
        is done again, since what others do comes and goes; what an abuse does is there each
        time. Never is it measured behind one, which might have left the server busy.
        """
        waits: list[str] = []
        for _attempt in range(ATTEMPTS):
            allowed = min(MOST, A_SECOND * max(1.0, await self.idle() / FAIR))
            found, slowest = await self._measured(abuse)
            if slowest < allowed:
                self.slowest = max(self.slowest, slowest)
                return found
            waits.append(f"{slowest:.2f} s where {allowed:.2f} s are allowed")
        raise AssertionError(f"a neighbour waited for {', then '.join(waits)}")

    async def idle(self) -> float:
        """Ask the small thing while nobody abuses the server; return the median of seconds."""
        async with self.client() as http:
            await self.probe(http)  # connects
            return median([await self.probe(http) for _each in range(IDLE_PROBES)])

    async def _measured(self, abuse: Callable[[], Awaitable[T]]) -> tuple[T, float]:
        took: list[float] = []

        async def probing() -> None:
            async with self.client() as http:
                while True:
                    took.append(await self.probe(http))
                    await asyncio.sleep(PROBES_EVERY)

        neighbour = asyncio.create_task(probing())
        try:
            await asyncio.sleep(PROBES_EVERY)
            found = await abuse()
            async with self.client() as http:
                took.append(await self.probe(http))
        finally:
            if neighbour.done():
                neighbour.result()
            neighbour.cancel()
            await asyncio.gather(neighbour, return_exceptions=True)
        return found, max(took)

    async def lets_go(self, *, to: int = 3, within: float = 20) -> None:
        """Wait until the connections of an abuse are gone."""
        ends = time.monotonic() + within
        while self.connections > to:
            assert time.monotonic() < ends, f"{self.connections} connections are left"
            await asyncio.sleep(0.2)


@contextmanager
def serving(
    database: DatabaseUrls, key: str, *, redis_url: str = "", **settings: str
) -> Iterator[Server]:
    """Run a server process until the block ends; settings by their variables' names."""
    known = {name: text for name, text in os.environ.items() if "FORFAIT" not in name}
    given = {"FORFAIT_PEPPER": "the pepper of the tests", "FORFAIT_LOG_LEVEL": "ERROR"}
    # A file and no pipe: what nobody reads would stop the server once the pipe is full.
    with tempfile.TemporaryFile("w+") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.graphql.abuse.serving",
             database.app, database.owner, redis_url],
            cwd=ROOT, env=known | given | settings, text=True, stdout=told,
        )  # fmt: skip
        try:
            yield Server(_address(process, told), process, key)
        finally:
            _ended(process)


def _address(process: subprocess.Popen[str], told: IO[str]) -> str:
    """Wait until the server has said where it listens."""
    ends = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < ends:
        told.seek(0)
        line = told.readline().strip()
        if line.startswith("http://"):
            return line
        time.sleep(0.05)
    raise AssertionError("it does not serve")


def _ended(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
async def server(module_database: DatabaseUrls, api: Api) -> Any:
    """A server of the two sellers' database; `api` has made them."""
    with serving(module_database, api.one.key) as running:
        async with running.client() as http:
            for _warm in range(3):
                await running.probe(http)
        idle = await running.idle()
        yield running
        print(f"abuse: idle {idle:.3f} s, slowest beside {running.slowest:.3f} s")
