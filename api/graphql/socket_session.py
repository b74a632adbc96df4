"""One socket that speaks `graphql-transport-ws`, from its acceptance to its end.

What breaks the protocol closes the socket with the protocol's code; what is wrong with an
operation ends that operation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from typing import Any, Final

import structlog
from starlette.requests import Request
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.graphql.context import Context
from api.graphql.policy import (
    UNAVAILABLE_MESSAGE,
    GraphQLCode,
    unavailable_extensions,
)
from api.graphql.request import GraphQLRequest, HttpRefusal, operation_of
from api.graphql.socket_frames import (
    SUBPROTOCOL,
    CloseCode,
    SocketRefusal,
    frame,
    operation_id,
    read_frame,
    short,
)
from api.graphql.socket_service import SocketService, authorised_request
from api.graphql.streams import has_code, never_began, results, shown
from core.database_errors import Unavailable
from core.kernel.errors import Refusal
from core.kernel.ids import new_id

_log = structlog.get_logger("api.graphql")


class SocketSession:
    """One socket from its acceptance to its end."""

    def __init__(self, service: SocketService, socket: WebSocket) -> None:
        self.id: Final = new_id().hex
        self._service = service
        self._limits = service.limits
        self._socket = socket
        self._request: Request | None = None
        self._has_begun = False
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._ended = asyncio.Event()
        self._refusal: SocketRefusal | None = None
        self._sending = asyncio.Lock()
        self._heard_at = asyncio.get_running_loop().time()

    async def run(self) -> None:
        """Accept the socket and serve it."""
        if SUBPROTOCOL not in self._socket.scope.get("subprotocols", ()):
            await self._socket.accept()
            code = CloseCode.SUBPROTOCOL_NOT_ACCEPTABLE
            await self._socket.close(code, f"Speak {SUBPROTOCOL}")
            return
        await self._socket.accept(subprotocol=SUBPROTOCOL)
        tasks = [self._task(self._read), self._task(self._watch)]
        try:
            await self._ended.wait()
        finally:
            tasks += self._operations.values()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._close()

    def go_away(self) -> None:
        """End the socket because the process stops."""
        self._end(SocketRefusal(CloseCode.GOING_AWAY, "The server stops; connect again"))

    def _task(self, work: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        return asyncio.create_task(self._guarded(work))

    async def _guarded(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Let whatever breaks end this socket, and no other."""
        try:
            await work()
        except SocketRefusal as refusal:
            self._end(refusal)
        except (WebSocketDisconnect, OSError):
            self._end(None)
        except TimeoutError:
            self._end(SocketRefusal(CloseCode.TRY_AGAIN_LATER, "You read too slowly"))
        except Exception:  # noqa: BLE001 - logged there; the process serves others
            _log.exception("graphql.socket_failed", reference=self.id)
            self._end(SocketRefusal(CloseCode.INTERNAL_ERROR, f"Quote {self.id} to support"))

    def _end(self, refusal: SocketRefusal | None) -> None:
        if not self._ended.is_set():
            self._refusal = refusal
            self._ended.set()

    async def _close(self) -> None:
        refusal = self._refusal
        outcome = "disconnected" if refusal is None else refusal.code.name
        _log.info("graphql.socket", outcome=outcome)
        if refusal is not None:
            try:
                async with asyncio.timeout(self._limits.send_seconds):
                    await self._socket.close(refusal.code, short(refusal.reason))
            except (RuntimeError, OSError, WebSocketDisconnect):
                pass  # it was closed from the other side meanwhile

    # Reading.

    async def _read(self) -> None:
        while True:
            received = await self._socket.receive()
            if received["type"] == "websocket.disconnect":
                self._end(None)
                return
            self._heard_at = asyncio.get_running_loop().time()
            message = read_frame(received.get("text"))
            handler = _HANDLERS.get(message["type"])
            if handler is None:
                raise SocketRefusal(CloseCode.BAD_REQUEST, "Unknown type of message")
            await handler(self, message)

    async def _on_init(self, message: dict[str, Any]) -> None:
        if self._has_begun:
            raise SocketRefusal(CloseCode.TOO_MANY_INITS, "Too many initialisation requests")
        self._has_begun = True
        request = authorised_request(self._socket, message.get("payload") or {})
        try:
            await self._service.context_factory(request, self.id)
        except Refusal:
            raise SocketRefusal(CloseCode.FORBIDDEN, "Forbidden") from None
        except Unavailable:
            raise SocketRefusal(CloseCode.TRY_AGAIN_LATER, "Try again") from None
        self._request = request
        await self._send(frame("connection_ack"))

    async def _on_ping(self, message: dict[str, Any]) -> None:
        payload = message.get("payload")
        await self._send(frame("pong") if payload is None else frame("pong", payload=payload))

    async def _on_pong(self, _message: dict[str, Any]) -> None:
        """Take it as a sign of life."""

    async def _on_complete(self, message: dict[str, Any]) -> None:
        task = self._operations.pop(operation_id(message), None)
        if task is not None:
            task.cancel()

    async def _on_subscribe(self, message: dict[str, Any]) -> None:
        if self._request is None:
            raise SocketRefusal(CloseCode.UNAUTHORIZED, "Unauthorized")
        key = operation_id(message)
        payload = message.get("payload")
        if not isinstance(payload, dict):
            raise SocketRefusal(CloseCode.BAD_REQUEST, "A subscription needs a payload")
        if key in self._operations:
            reason = f"Subscriber for {key} already exists"
            raise SocketRefusal(CloseCode.SUBSCRIBER_EXISTS, reason)
        try:
            asked = operation_of(payload, documents=self._service.documents)
        except HttpRefusal as refusal:
            if refusal.code is GraphQLCode.BAD_REQUEST:
                raise SocketRefusal(CloseCode.BAD_REQUEST, refusal.message) from None
            await self._send_error(key, refusal.message, {"code": refusal.code.value})
            return
        if len(self._operations) >= self._limits.operations:
            most = self._limits.operations
            told = f"A socket runs at most {most} operations at a time. Complete one first."
            await self._send_error(key, told, {"code": "TOO_MANY_OPERATIONS", "max": most})
            return
        self._service.connections.began("socket")
        self._operations[key] = self._task(lambda: self._run(key, asked))

    # Running.

    async def _run(self, key: str, asked: GraphQLRequest) -> None:
        """Run an operation and send its results, each under its id."""
        try:
            context = await self._authenticated()
        except Unavailable as error:
            self._forget(key)
            await self._send_error(key, UNAVAILABLE_MESSAGE, unavailable_extensions(error))
            return
        async with aclosing(results(self._service.schema, asked, context)) as stream:
            async for result in stream:
                if has_code(result, GraphQLCode.UNAUTHENTICATED):
                    raise SocketRefusal(CloseCode.FORBIDDEN, "Forbidden")
                body = shown(result)
                if never_began(result):
                    self._forget(key)
                    await self._send(frame("error", id=key, payload=body["errors"]))
                    return
                await self._send(frame("next", id=key, payload=body))
                self._service.connections.sent("socket")
        self._forget(key)
        await self._send(frame("complete", id=key))

    async def _authenticated(self) -> Context:
        """Ask again who this is, and make a context of it.

        Raises:
            SocketRefusal: the credentials do not hold any more.
        """
        assert self._request is not None
        try:
            return await self._service.context_factory(self._request, self.id)
        except Refusal:
            raise SocketRefusal(CloseCode.FORBIDDEN, "Forbidden") from None

    def _forget(self, key: str) -> None:
        """Let an id be used again, before the client is told that its operation is over."""
        if self._operations.get(key) is asyncio.current_task():
            del self._operations[key]

    async def _send_error(self, key: str, message: str, extensions: dict[str, Any]) -> None:
        error = {"message": message, "extensions": extensions}
        await self._send(frame("error", id=key, payload=[error]))

    async def _send(self, text: str) -> None:
        async with self._sending, asyncio.timeout(self._limits.send_seconds):
            await self._socket.send_text(text)

    # Watching.

    async def _watch(self) -> None:
        """Close what does not say who it is, whose key was revoked, and what is silent."""
        limits = self._limits
        await asyncio.sleep(limits.init_seconds)
        if not self._has_begun:
            reason = "Connection initialisation timeout"
            raise SocketRefusal(CloseCode.INIT_TIMEOUT, reason)
        while True:
            await asyncio.sleep(min(limits.check_seconds, limits.idle_seconds))
            silent = asyncio.get_running_loop().time() - self._heard_at
            if not self._operations and silent >= limits.idle_seconds:
                raise SocketRefusal(CloseCode.NORMAL, "Nothing was asked for a while")
            try:
                await self._authenticated()
            except Unavailable:
                continue  # the next look will tell


_Handler = Callable[[SocketSession, dict[str, Any]], Coroutine[Any, Any, None]]
_HANDLERS: Final[dict[str, _Handler]] = {
    "connection_init": SocketSession._on_init,  # noqa: SLF001 - one class, told apart by type
    "ping": SocketSession._on_ping,  # noqa: SLF001
    "pong": SocketSession._on_pong,  # noqa: SLF001
    "complete": SocketSession._on_complete,  # noqa: SLF001
    "subscribe": SocketSession._on_subscribe,  # noqa: SLF001
}
