"""Two processes on one database: one writes, the other serves sockets over a real network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

from api.app import create_app
from api.graphql.socket_service import SocketLimits
from api.serving.web import address_of, listening_socket, web_server
from core.bootstrap import Application
from core.embedded import DatabaseUrls
from tests.graphql.api_clients import Api
from tests.graphql.features.billing.selling import MovableClock
from tests.graphql.live.clients import Served
from tests.graphql.processes import settings_with, started


@asynccontextmanager
async def served(
    application: Application, *, limits: SocketLimits | None = None
) -> AsyncIterator[Served]:
    """A web server of a process on a free port, stopped at the end."""
    app: Starlette = create_app(application)
    if limits is not None:
        (route,) = (each for each in app.routes if isinstance(each, WebSocketRoute))
        route.app._service = replace(route.app._service, limits=limits)
    with listening_socket("127.0.0.1", 0) as listening:
        server = web_server(app, application.settings)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        await server.answers.wait()
        try:
            yield Served(address_of(listening), server, app)
        finally:
            server.should_exit = True
            await running


@pytest.fixture(scope="module")
async def application(
    module_database: DatabaseUrls, clock: MovableClock
) -> AsyncIterator[Application]:
    """The process that writes."""
    async with started(module_database, clock=clock) as opened:
        yield opened


@pytest.fixture(scope="module")
async def listening_process(
    module_database: DatabaseUrls, clock: MovableClock, api: Api
) -> AsyncIterator[Served]:
    """The process that serves those who watch; `api` has made the sellers."""
    settings = settings_with(allowed_origins=("https://app.example",))
    async with (
        started(module_database, clock=clock, settings=settings) as opened,
        served(opened) as found,
    ):
        yield found


@pytest.fixture
async def listening(listening_process: Served) -> Served:
    """That process, once those who listened in the test before have left."""
    await listening_process.until_heard_by(0)
    return listening_process


@pytest.fixture(scope="module")
async def hasty(
    module_database: DatabaseUrls, clock: MovableClock, api: Api
) -> AsyncIterator[Served]:
    """A process that waits for nothing: a third of a second where it is three, or 300."""
    settings = settings_with(max_live_connections=6)
    limits = SocketLimits(init_seconds=0.3, check_seconds=0.3, idle_seconds=0.9)
    async with (
        started(module_database, clock=clock, settings=settings) as opened,
        served(opened, limits=limits) as found,
    ):
        yield found
