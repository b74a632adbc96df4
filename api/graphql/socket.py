"""GraphQL over WebSockets by the protocol `graphql-transport-ws`, and no other.

A socket says who it is in its first message, within three seconds, and is asked again at
each operation and twice a minute: a key that was revoked closes it within a minute.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from api.graphql.live_connections import TooManyConnections
from api.graphql.socket_service import SocketService
from api.graphql.socket_session import SocketSession


class SocketEndpoint:
    """An ASGI application that serves sockets.

    `allowed_origins` are those whose pages may open sockets here, beside our own; programs
    name none.
    """

    def __init__(
        self, service: SocketService, *, allowed_origins: tuple[str, ...] = ()
    ) -> None:
        self._service = service
        self._allowed_origins = frozenset(each.rstrip("/") for each in allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until either side ends it."""
        socket = WebSocket(scope, receive, send)
        if not self._is_admitted(socket):
            await socket.send_denial_response(Response(status_code=403))
            return
        session = SocketSession(self._service, socket)
        try:
            with (
                self._service.connections.opened("socket", end=session.go_away),
                structlog.contextvars.bound_contextvars(request_id=session.id),
            ):
                await session.run()
        except TooManyConnections:
            full = Response(status_code=503, headers={"retry-after": "5"})
            await socket.send_denial_response(full)

    def _is_admitted(self, socket: WebSocket) -> bool:
        origin = socket.headers.get("origin")
        if origin is None or origin in self._allowed_origins:
            return True
        return origin != "null" and urlsplit(origin).netloc == socket.headers.get("host")
