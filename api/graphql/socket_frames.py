"""The messages of `graphql-transport-ws`, and the codes with which sockets are closed."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final, cast

import orjson

SUBPROTOCOL: Final = "graphql-transport-ws"
MAX_ID_LENGTH: Final = 128
MAX_REASON_BYTES: Final = 123
"""A close frame holds 125 bytes, two of them for the code."""


class CloseCode(IntEnum):
    """Why a socket is closed; those from 4400 on are the protocol's."""

    NORMAL = 1000
    GOING_AWAY = 1001
    INTERNAL_ERROR = 1011
    TRY_AGAIN_LATER = 1013
    BAD_REQUEST = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    INIT_TIMEOUT = 4408
    SUBSCRIBER_EXISTS = 4409
    TOO_MANY_INITS = 4429


class SocketRefusal(Exception):
    """The client broke the protocol; its socket is closed."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def read_frame(text: str | None) -> dict[str, Any]:
    """Return the message of a frame: an object with a `type`.

    Raises:
        SocketRefusal: it is none.
    """
    if text is None:
        raise SocketRefusal(CloseCode.BAD_REQUEST, "Send text frames")
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise SocketRefusal(CloseCode.BAD_REQUEST, "A message must be JSON") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise SocketRefusal(CloseCode.BAD_REQUEST, "A message must be an object with a type")
    payload = message.get("payload")
    if message["type"] in {"connection_init", "ping", "pong"} and not isinstance(
        payload, dict | None
    ):
        raise SocketRefusal(CloseCode.BAD_REQUEST, "A payload must be an object")
    return cast("dict[str, Any]", message)


def operation_id(message: dict[str, Any]) -> str:
    """Return the id of the operation that a message is about.

    Raises:
        SocketRefusal: there is none.
    """
    given = message.get("id")
    if not isinstance(given, str) or not 0 < len(given) <= MAX_ID_LENGTH:
        reason = f"A message of type {message['type']} needs an id"
        raise SocketRefusal(CloseCode.BAD_REQUEST, reason)
    return given


def frame(kind: str, /, **members: Any) -> str:
    """Return a message as it is sent."""
    return orjson.dumps({"type": kind, **members}).decode()


def short(reason: str) -> str:
    """Return a reason that fits into a close frame."""
    return reason.encode()[:MAX_REASON_BYTES].decode("utf-8", "ignore")
