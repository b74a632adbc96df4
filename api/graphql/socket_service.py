"""What sockets are served with, and within which bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.websockets import WebSocket
from strawberry import Schema

from api.graphql.live_connections import LiveConnections
from api.graphql.request import NO_DOCUMENTS
from api.graphql.trusted import TrustedDocuments
from api.graphql.view import ContextFactory


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketLimits:
    """Bounds of one socket; times in seconds."""

    operations: int = 20
    init_seconds: float = 3
    check_seconds: float = 25
    """Between two looks at the credentials, which are remembered for 30 seconds."""
    idle_seconds: float = 300
    """So long a socket without operations may be silent."""
    send_seconds: float = 30
    """So long a client may take to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketService:
    """What all sockets of a process are served with."""

    schema: Schema
    context_factory: ContextFactory
    connections: LiveConnections
    documents: TrustedDocuments = NO_DOCUMENTS
    limits: SocketLimits = SocketLimits()


def authorised_request(socket: WebSocket, payload: dict[str, Any]) -> Request:
    """Return the handshake as a request, with the credentials of the first message.

    Browsers cannot send headers with a socket; what is in the message wins.
    """
    headers = list(socket.scope["headers"])
    given = payload.get("authorization", payload.get("Authorization"))
    if isinstance(given, str):
        headers = [each for each in headers if each[0].lower() != b"authorization"]
        headers.append((b"authorization", given.encode("latin-1", "replace")))
    return Request({**socket.scope, "type": "http", "method": "GET", "headers": headers})
