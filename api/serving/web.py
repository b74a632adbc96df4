"""The web server of one process: uvicorn, told when to end by whoever runs it."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

from api.graphql.live_connections import LiveConnections
from core.config import Settings
from core.embedded import ServicesUnavailable

GRACE_SECONDS: Final = 15
"""Requests in flight may take this long after the end was asked for."""
_BACKLOG: Final = 2048
_IDLE_SECONDS: Final = 30
_PING_SECONDS: Final = 20
"""A socket whose other side does not answer a ping within this time is closed."""
_SPARE_CONNECTIONS: Final = 50
"""Beyond the limit the application sheds with an answer of its own that says when to come
again; the server's own limit, which counts idle connections too, is the last wall."""


class WebServer(uvicorn.Server):
    """A server that leaves signals to `stops_on_signals`: it would raise them once more."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing."""
        yield

    def __init__(
        self, config: uvicorn.Config, *, connections: LiveConnections | None = None
    ) -> None:
        super().__init__(config)
        self._connections = connections
        self.answers = asyncio.Event()
        """Set when connections are accepted."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and tell whoever waits for it."""
        await super().startup(sockets=sockets)
        self.answers.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell who is connected for long that we go, then end as usual."""
        if self._connections is not None:
            await self._connections.close()
        await super().shutdown(sockets=sockets)


def web_server(app: ASGIApp, settings: Settings) -> WebServer:
    """Make the server of an application."""
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=settings.max_websocket_bytes,
        ws_ping_interval=_PING_SECONDS,
        ws_ping_timeout=_PING_SECONDS,
        limit_concurrency=settings.concurrency_limit
        + settings.max_live_connections
        + _SPARE_CONNECTIONS,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
    )
    state = app.state if isinstance(app, Starlette) else None
    connections = getattr(state, "live_connections", None)
    return WebServer(config, connections=connections)


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes a free one.

    Raises:
        ServicesUnavailable: the address is taken or is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as problem:
        raise ServicesUnavailable(
            f"Cannot listen on {host} port {port}: {problem.strerror}. Choose another with "
            "--port (0: any free one) or --host."
        ) from problem


def address_of(listening: socket.socket) -> str:
    """Return where the socket listens, as the start of an address."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def stops_on_signals(server: WebServer) -> None:
    """End the server when SIGTERM or SIGINT comes; a second one does not wait for requests."""

    def stop() -> None:
        server.force_exit = server.should_exit
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
