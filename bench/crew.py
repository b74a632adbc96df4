"""Worker processes that close when they are told to."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from bench.place import Place
from bench.seller import Seller
from core.embedded import DatabaseUrls

START_SECONDS: Final = 60


class Workers:
    """Worker processes that wait for what to do; their start is not measured."""

    def __init__(self, processes: list[Process]) -> None:
        self._processes = processes

    async def freeze(self) -> None:
        """Let the first one freeze what is due."""
        told = await _tell(self._processes[0], "freeze")
        assert told["runs"] == 1, told

    async def close(self) -> Counter[str]:
        """Let all close at once; return what they did, added up."""
        done = Counter[str]()
        for told in await asyncio.gather(*(_tell(one, "close") for one in self._processes)):
            done.update(told)
        return done


async def _tell(process: Process, word: str) -> dict[str, float]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{word}\n".encode())
    answer: dict[str, float] = json.loads(await process.stdout.readline())
    return answer


@asynccontextmanager
async def workers(
    place: Place, urls: DatabaseUrls, seller: Seller, *, count: int
) -> AsyncIterator[Workers]:
    """Start worker processes, and end them."""
    line = (sys.executable, "-m", "bench.closer", urls.app, str(seller.tenant_id))
    processes = [
        await asyncio.create_subprocess_exec(*line, stdin=PIPE, stdout=PIPE)
        for _ in range(count)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            ready = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
            assert ready == b"ready\n", ready
            place.meter.others.add(process.pid)
        yield Workers(processes)
    finally:
        for process in processes:
            place.meter.others.discard(process.pid)
            if process.stdin is not None:
                process.stdin.close()
            await process.wait()
