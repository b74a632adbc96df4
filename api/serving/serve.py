"""Serving: the API in this process, workers as its children, the services kept up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import uvloop

from api.app import create_app
from api.serving.children import WorkerCrew, worker_environment
from api.serving.web import address_of, listening_socket, stops_on_signals, web_server
from core.bootstrap import bootstrap
from core.config import Settings
from core.embedded import EmbeddedServices

Beside = Callable[[str], Awaitable[bool]]
"""What runs once the API answers, told its address; it returns whether to go on serving."""


def run_until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Run a server's coroutine in the loop that it is quickest in."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)


async def serve(
    running: EmbeddedServices, settings: Settings, *, crew: WorkerCrew, beside: Beside
) -> None:
    """Serve until a signal comes, or `beside` says that it is enough.

    The workers end before this returns; the services are the caller's.
    """
    with listening_socket(settings.host, settings.port) as listening:
        async with bootstrap(settings, running.urls) as application:
            server = web_server(create_app(application), settings)
            stops_on_signals(server)

            async def begin() -> None:
                await server.answers.wait()
                if not await beside(address_of(listening)):
                    server.should_exit = True

            watching = [running.keep_alive(), crew.keep_up(), begin()]
            await _while_served(server.serve(sockets=[listening]), watching, crew=crew)


def crew_of(count: int, running: EmbeddedServices, settings: Settings) -> WorkerCrew:
    """Return a crew of workers of this installation, not started yet."""
    return WorkerCrew(count, worker_environment(settings, running.urls))


async def _while_served(
    serving: Coroutine[Any, Any, None],
    watching: list[Coroutine[Any, Any, None]],
    *,
    crew: WorkerCrew,
) -> None:
    """Run what watches as long as the server runs; a failure of either ends both."""
    served = asyncio.create_task(serving)
    tasks = [asyncio.create_task(each) for each in watching]
    try:
        waiting = {served, *tasks}
        while not served.done():
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {served}:
                task.result()
        served.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await crew.stop()
        if not served.done():
            served.cancel()
            await asyncio.gather(served, return_exceptions=True)
