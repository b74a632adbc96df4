"""What every request passes: an id, a place among those that are served, a measurement.

Plain ASGI, so that a streamed body stays a stream.
"""

from __future__ import annotations

import re
import time
from typing import Final

import orjson
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.graphql.view import LEAVES_THE_QUEUE
from api.measurements import Measurements
from core.kernel.ids import new_id

REQUEST_ID: Final = b"x-request-id"
OPERATORS: Final = frozenset({"/live", "/ready", "/metrics"})
"""Paths that are answered even when the process is full."""

_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_LEFT_NS: Final = "forfait.left_ns"
_GRAPHQL: Final = "/graphql"
_log = structlog.get_logger("api.http")


class RequestIds:
    """Gives each request an id, in its headers, in every log line below, in the answer.

    A caller's own `X-Request-Id` is kept when it is short and plain. What GraphQL does not
    log itself gets a line here.
    """

    def __init__(self, app: ASGIApp, *, measurements: Measurements) -> None:
        self._app = app
        self._measurements = measurements

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its id, and note how long it took."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _identified(scope)
        status = 500
        started_ns = time.monotonic_ns()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [h for h in message["headers"] if h[0].lower() != REQUEST_ID]
                message["headers"] = [*headers, (REQUEST_ID, request_id)]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id.decode()):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                until_ns = scope.get(_LEFT_NS, time.monotonic_ns())  # a stream lasts for hours
                self._finish(scope, status=status, took_ns=until_ns - started_ns)

    def _finish(self, scope: Scope, *, status: int, took_ns: int) -> None:
        path = scope["path"]
        self._measurements.observe(path, status=status, took_ns=took_ns)
        if path != _GRAPHQL and path not in OPERATORS:
            _log.info(
                "http.request",
                method=scope["method"],
                path=path[:200],
                status=status,
                duration_us=took_ns // 1000,
            )


class ConcurrencyLimit:
    """Answers 503 at once when as many requests are served as the process can carry.

    What was accepted is finished; the caller is told when to come again.
    """

    def __init__(self, app: ASGIApp, *, limit: int) -> None:
        self._app = app
        self._limit = limit
        self._served = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or shed it."""
        if scope["type"] != "http" or scope["path"] in OPERATORS:
            await self._app(scope, receive, send)
            return
        if self._served >= self._limit:
            await _shed(send)
            return
        held = [self]

        def leave() -> None:
            if held:
                held.clear()
                scope[_LEFT_NS] = time.monotonic_ns()
                self._served -= 1

        self._served += 1
        scope[LEAVES_THE_QUEUE] = leave  # a stream is counted and bounded on its own
        try:
            await self._app(scope, receive, send)
        finally:
            leave()


def _identified(scope: Scope) -> bytes:
    """Return the request's id, and see that the request's headers carry it."""
    given = next((value for name, value in scope["headers"] if name == REQUEST_ID), b"")
    if _REQUEST_ID.fullmatch(given):
        return bytes(given)
    made = new_id().hex.encode()
    headers = [header for header in scope["headers"] if header[0] != REQUEST_ID]
    scope["headers"] = [*headers, (REQUEST_ID, made)]
    return made


async def _shed(send: Send) -> None:
    error = {
        "message": "The service is full. Try again in a second.",
        "extensions": {"code": "UNAVAILABLE", "retryAfterSeconds": 1},
    }
    body = orjson.dumps({"errors": [error]})
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", b"1"),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
