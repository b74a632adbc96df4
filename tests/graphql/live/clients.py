"""A client of `graphql-transport-ws` and one of server-sent events, as browsers have them."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from api.serving.web import WebServer
from core.live import Feed, Listener

SUBPROTOCOL = Subprotocol("graphql-transport-ws")
SOON = 5.0


async def until(holds: Callable[[], bool], *, within: float = SOON) -> None:
    """Wait until something holds that no event says, or fail after a while."""
    async with asyncio.timeout(within):
        while not holds():  # noqa: ASYNC110 - no event says it
            await asyncio.sleep(0.01)


def listeners_of(live: Feed) -> list[Listener]:
    """Return who listens in a process, of whichever seller."""
    return [each for reader in live._readers.values() for each in reader.listeners]


def has_begun(listener: Listener) -> bool:
    """Say whether a listener knows from where on it is told."""
    return listener._cursor is not None


def is_waiting(listener: Listener) -> bool:
    """Say whether whoever goes through a listener's events has taken all and waits for more."""
    arrived: Any = listener._arrived
    return bool(arrived._waiters) and not arrived.is_set()


async def has_asked(live: Feed) -> None:
    """Wait until a process has read what is new for each seller whom it reads for."""
    before = {key: reader.position for key, reader in live._readers.items()}

    def have_moved() -> bool:
        now = {key: reader.position for key, reader in live._readers.items()}
        return all(now[key] is not before[key] for key in now.keys() & before.keys())

    await until(have_moved)


class Sockets:
    """Opens sockets of a server, as browsers do."""

    address: str

    @property
    def sockets(self) -> str:
        """The address of its sockets."""
        return f"{self.address.replace('http', 'ws', 1)}/graphql"

    @asynccontextmanager
    async def raw(
        self, *protocols: str, origin: str | None = None, **options: Any
    ) -> AsyncIterator[ClientConnection]:
        """Open a socket and say nothing."""
        spoken = [Subprotocol(each) for each in protocols or (SUBPROTOCOL,)]
        async with connect(
            self.sockets, subprotocols=spoken, origin=origin, proxy=None, **options
        ) as socket:
            yield socket

    @asynccontextmanager
    async def socket(self, key: str) -> AsyncIterator[SocketClient]:
        """Open a socket as the holder of a key."""
        async with self.raw() as socket:
            client = SocketClient(socket)
            await client.send("connection_init", payload={"authorization": f"Bearer {key}"})
            assert await client.receive() == {"type": "connection_ack"}
            yield client


@dataclass
class Served(Sockets):
    """A web server under test."""

    address: str
    server: WebServer
    app: Starlette

    async def until_heard_by(self, count: int) -> None:
        """Wait until so many subscriptions have begun: what is committed next is told them."""
        live = self.app.state.application.live
        await until(lambda: [has_begun(each) for each in listeners_of(live)] == [True] * count)

    async def is_silent(self, client: SocketClient) -> bool:
        """Say whether a client has nothing to hear any more of what is committed by now.

        The process has asked twice, the second time for all of it; each listener waits for
        more, so that it has been sent what it was told; and a ping came back behind that.
        """
        live: Feed = self.app.state.application.live
        for _round in range(2):
            await has_asked(live)
        await until(lambda: all(is_waiting(each) for each in listeners_of(live)))
        await (await client.socket.ping())
        return not await client.take_arrived()


@dataclass
class SocketClient:
    """One socket; messages of operations are kept apart by their ids."""

    socket: ClientConnection
    _ids: Any = field(default_factory=lambda: itertools.count(1))
    _kept: list[dict[str, Any]] = field(default_factory=list)

    async def send(self, kind: str, **members: Any) -> None:
        """Send a message."""
        await self.socket.send(json.dumps({"type": kind, **members}))

    async def receive(self) -> dict[str, Any]:
        """Take the next message, or fail after a while."""
        async with asyncio.timeout(SOON):
            found: dict[str, Any] = json.loads(await self.socket.recv())
        return found

    async def subscribe(self, query: str, **variables: Any) -> str:
        """Begin an operation and return its id."""
        key = str(next(self._ids))
        payload = {"query": query, "variables": variables}
        await self.send("subscribe", id=key, payload=payload)
        return key

    async def of(self, key: str) -> dict[str, Any]:
        """Take the next message of one operation; others wait."""
        for place, message in enumerate(self._kept):
            if message.get("id") == key:
                return self._kept.pop(place)
        while (message := await self.receive()).get("id") != key:
            self._kept.append(message)
        return message

    def waiting(self, key: str) -> list[dict[str, Any]]:
        """Return what came for an operation and was not taken."""
        return [message for message in self._kept if message.get("id") == key]

    async def told(self, key: str) -> dict[str, Any]:
        """Take the next event of a subscription with one root, whatever it is called."""
        message = await self.of(key)
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        (event,) = message["payload"]["data"].values()
        return dict(event)

    async def take_arrived(self) -> bool:
        """Keep what has arrived and was not taken; say whether there was anything."""
        before = len(self._kept)
        with suppress(TimeoutError):
            while True:
                async with asyncio.timeout(0):  # what is there comes without waiting
                    self._kept.append(json.loads(await self.socket.recv()))
        return len(self._kept) > before

    async def is_silent_for(self, seconds: float) -> bool:
        """Say whether nothing comes for a while."""
        await asyncio.sleep(seconds)
        return not await self.take_arrived()


async def closed_with(socket: ClientConnection, *, within: float = SOON) -> tuple[int, str]:
    """Wait until the server closes a socket; return the code and the reason."""
    with pytest.raises(ConnectionClosed) as closed:
        async with asyncio.timeout(within):
            while True:
                await socket.recv()
    assert closed.value.rcvd is not None, "it was cut off without a word"
    return closed.value.rcvd.code, closed.value.rcvd.reason


@dataclass
class EventStream:
    """A response of server-sent events, read event by event."""

    response: httpx.Response
    _lines: Any = None

    async def next(self) -> dict[str, str]:
        """Take the next event: its fields by name; comments are passed over."""
        if self._lines is None:
            self._lines = self.response.aiter_lines()
        found: dict[str, str] = {}
        async with asyncio.timeout(SOON):
            async for line in self._lines:
                if not line and found:
                    return found
                name, _, value = line.partition(":")
                if name:
                    found[name] = value.removeprefix(" ")
        raise AssertionError("the stream ended")


@asynccontextmanager
async def event_stream(
    served: Served,
    key: str,
    query: str,
    *,
    method: str = "POST",
    variables: Mapping[str, Any] | None = None,
    silent_seconds: float | None = 10,
    **headers: str,
) -> AsyncIterator[EventStream]:
    """Ask for an operation as a stream of events."""
    given = {"authorization": f"Bearer {key}", "accept": "text/event-stream", **headers}
    body: dict[str, Any] = (
        {"json": {"query": query, "variables": dict(variables or {})}}
        if method == "POST"
        else {"params": {"query": query}}
    )
    async with (
        httpx.AsyncClient(base_url=served.address, trust_env=False) as http,
        http.stream(
            method, "/graphql", headers=given, timeout=silent_seconds, **body
        ) as response,
    ):
        yield EventStream(response)
