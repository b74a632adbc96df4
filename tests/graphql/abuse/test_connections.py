"""Connections that are held open, half said, or said at once: the server lets go of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.graphql.abuse.conftest import Server

QUERY: Final = json.dumps({"query": "{ __typename }"})
AT_ONCE: Final = 100
SOCKETS: Final = 300


@asynccontextmanager
async def connected(
    server: Server,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Open a bare connection."""
    reader, writer = await asyncio.open_connection(*server.host)
    try:
        yield reader, writer
    finally:
        writer.close()


def head(server: Server, length: int | None, *more: str) -> bytes:
    """The beginning of a request."""
    lines = [
        "POST /graphql HTTP/1.1", "host: localhost", "content-type: application/json",
        f"authorization: Bearer {server.key}", *more,
    ]  # fmt: skip
    if length is not None:
        lines.append(f"content-length: {length}")
    return "\r\n".join([*lines, "", ""]).encode()


async def test_many_slow_bodies_are_answered_408_and_closed(server: Server) -> None:
    """A byte a second, from a hundred at once, who wish to send a thousand."""
    before = server.memory

    async def slowly() -> bytes:
        async with connected(server) as (reader, writer):
            writer.write(head(server, 1000))

            async def dripping() -> None:
                while True:
                    writer.write(b" ")
                    await asyncio.sleep(1)

            drips = asyncio.create_task(dripping())
            try:
                async with asyncio.timeout(25):
                    return await reader.read()
            finally:
                drips.cancel()

    async def all_of_them() -> list[bytes]:
        return await asyncio.gather(*(slowly() for _each in range(AT_ONCE)))

    answers = await server.beside(all_of_them)
    assert {each.split(b"\r\n")[0] for each in answers} == {b"HTTP/1.1 408 Request Timeout"}
    assert all(b"BAD_REQUEST" in each for each in answers)
    await server.lets_go()
    assert server.memory - before < 100


async def test_heads_that_never_end_hold_nobody_up(server: Server) -> None:
    """A header a second; what was not closed by the server goes with the client."""

    async def slowly() -> None:
        async with connected(server) as (_reader, writer):
            writer.write(b"POST /graphql HTTP/1.1\r\nhost: localhost\r\n")
            for number in range(3):
                writer.write(f"x-{number}: y\r\n".encode())
                await asyncio.sleep(1)

    async def all_of_them() -> None:
        await asyncio.gather(*(slowly() for _each in range(AT_ONCE)))

    await server.beside(all_of_them)
    await server.lets_go()


async def test_a_head_without_measure_is_refused(server: Server) -> None:
    """A megabyte of headers is 4xx or the end of the connection, and no memory."""
    before = server.memory

    async def sent() -> bytes:
        async with connected(server) as (reader, writer):
            writer.write(head(server, 0, *(f"x-{n}: {'y' * 8000}" for n in range(128))))
            try:
                async with asyncio.timeout(10):
                    return await reader.read(20)
            except ConnectionError:
                return b""

    answer = await server.beside(sent)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), answer
    assert server.memory - before < 100


async def test_half_closed_connections_are_forgotten(server: Server) -> None:
    """Who says that it will say no more, in the middle of a body, holds no place."""

    async def halves() -> None:
        for _each in range(AT_ONCE):
            async with connected(server) as (_reader, writer):
                writer.write(head(server, 1000) + b'{"query"')
                await writer.drain()
                writer.write_eof()

    await server.beside(halves)
    await server.lets_go()


async def test_requests_in_one_go_are_answered_in_their_order(server: Server) -> None:
    """Fifty in a pipe, of which every second one is broken: 200 and 400 in turn."""
    good = head(server, len(QUERY)) + QUERY.encode()
    bad = head(server, 4) + b"null"

    async def piped() -> list[str]:
        async with connected(server) as (reader, writer):
            writer.write((good + bad) * 25)
            found = []
            async with asyncio.timeout(25):
                while len(found) < 50:
                    line = await reader.readline()
                    assert line, f"closed after {len(found)}"
                    if line.startswith(b"HTTP/1.1 ") or b"HTTP/1.1 " in line:
                        found.append(line.split(b"HTTP/1.1 ")[1][:3].decode())
            return found

    assert await server.beside(piped) == ["200", "400"] * 25


SMUGGLED: Final = (
    "transfer-encoding: chunked",
    "content-length: 3",
    "content-length: x",
)


@pytest.mark.parametrize("second", SMUGGLED)
async def test_two_lengths_are_no_request(server: Server, second: str) -> None:
    """Or what follows the shorter one would be somebody's request: refused once, and closed."""

    async def smuggled() -> bytes:
        async with connected(server) as (reader, writer):
            writer.write(head(server, 30, second) + b"0\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n")
            try:
                async with asyncio.timeout(12):
                    return await reader.read()
            except ConnectionError:
                return b""

    answer = await server.beside(smuggled)
    assert answer.count(b"HTTP/1.1 ") <= 1, answer
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), answer


async def closed(opened: ClientConnection) -> int:
    """Wait for the end of a socket and return its code."""
    with pytest.raises(ConnectionClosed) as found:
        async with asyncio.timeout(20):
            while True:
                await opened.recv()
    return found.value.rcvd.code if found.value.rcvd else 1006


async def test_silent_sockets_are_closed_and_their_places_given_back(server: Server) -> None:
    """Three hundred that never begin: 4408 after three seconds."""
    before = server.memory

    async def silent() -> int:
        async with server.raw(open_timeout=30) as opened:
            return await closed(opened)

    async def all_of_them() -> list[int]:
        return await asyncio.gather(*(silent() for _each in range(SOCKETS)))

    assert set(await server.beside(all_of_them)) == {4408}
    await server.lets_go()
    assert server.memory - before < 150


async def test_a_thousand_operations_on_one_socket(server: Server) -> None:
    """Twenty run at a time; what is more is refused by its id, and the socket lives on."""

    async def flooding() -> dict[str, int]:
        counts: dict[str, int] = {"next": 0, "error": 0, "complete": 0}
        async with server.socket(server.key) as client:
            opened = client.socket
            operation = {"query": "{ tenant { slug } }"}
            for number in range(1000):
                message = {"type": "subscribe", "id": str(number), "payload": operation}
                await opened.send(json.dumps(message))
            async with asyncio.timeout(60):
                while counts["complete"] + counts["error"] < 1000:
                    counts[json.loads(await opened.recv())["type"]] += 1
            await opened.send('{"type":"ping"}')
            assert json.loads(await opened.recv()) == {"type": "pong"}
        return counts

    counts = await server.beside(flooding)
    assert counts["next"] == counts["complete"] >= 20
    assert counts["complete"] + counts["error"] == 1000


FRAMES: Final[tuple[tuple[str, Any, int], ...]] = (
    ("a frame of a megabyte", "x" * 1_048_576, 1009),
    ("a message in 2,000 pieces that is too large", ["y" * 200] * 2000, 1009),
    ("a message in pieces that is none", ["{"] * 100, 4400),
    ("no JSON", "{", 4400),
    ("null", "null", 4400),
    ("a list", "[]", 4400),
    ("bytes", b"\x00\xff", 4400),
    ("JSON 50,000 deep", "[" * 50_000, 4400),
    ("an unknown type", '{"type":"x"}', 4400),
    ("an operation before the beginning", '{"type":"subscribe","id":"1","payload":{}}', 4401),
    ("a beginning without a key", '{"type":"connection_init"}', 4403),
)


@pytest.mark.parametrize(
    ("sent", "code"), [each[1:] for each in FRAMES], ids=[e[0] for e in FRAMES]
)
async def test_a_frame_that_is_no_message_closes_its_socket(
    server: Server, sent: Any, code: int
) -> None:
    """With the protocol's code, while others are served."""

    async def abuse() -> int:
        async with server.raw(open_timeout=30) as opened:
            with suppress(ConnectionClosed):
                await opened.send(sent)
            return await closed(opened)

    cut = {1006} if code == 1009 else set()  # while we send, its last word may be lost
    assert await server.beside(abuse) in {code} | cut


async def test_bad_text_in_a_frame_closes_its_socket(server: Server) -> None:
    """Bytes that are no UTF-8 in a frame of text: 1007."""

    async def abuse() -> int:
        async with server.raw(open_timeout=30) as opened:
            await opened.send(b"\xff\xfe", text=True)
            return await closed(opened)

    assert await server.beside(abuse) == 1007
