"""One answer a request, whatever is sent around a refusal; and nothing is left behind it."""

from __future__ import annotations

import asyncio
import re
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import pytest

from api.graphql.request import MAX_BODY_BYTES
from api.lingering import LINGER_SECONDS
from core.embedded import DatabaseUrls
from tests.graphql.abuse.conftest import Server, serving
from tests.graphql.api_clients import Api

TOO_LONG: Final = MAX_BODY_BYTES + 1
SMALL: Final = b'{"query":"{ tenant { slug } }"}'
AT_ONCE: Final = LINGER_SECONDS - 1


def head(server: Server, *more: str, method: str = "POST", version: str = "1.1") -> bytes:
    """The beginning of a request of the seller's."""
    lines = [
        f"{method} /graphql HTTP/{version}", "host: localhost",
        f"authorization: Bearer {server.key}", "content-type: application/json", *more,
    ]  # fmt: skip
    return "\r\n".join([*lines, "", ""]).encode()


def lasting(length: int) -> str:
    """How long a body is."""
    return f"content-length: {length}"


@asynccontextmanager
async def connected(
    server: Server,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection that is let go at the end, however it ended."""
    reader, writer = await asyncio.open_connection(*server.host)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def sent(server: Server, *parts: bytes) -> tuple[bytes, float]:
    """Send, and read until the server closes; how long that took, too."""
    begun = time.monotonic()
    async with connected(server) as (reader, writer):
        for part in parts:
            writer.write(part)
            await writer.drain()
        answer = await asyncio.wait_for(reader.read(), timeout=LINGER_SECONDS + 20)
    return answer, time.monotonic() - begun


def answers(raw: bytes) -> list[bytes]:
    """The statuses that came, in order."""
    return [part[:3] for part in raw.split(b"HTTP/1.1 ")[1:]]


async def test_a_request_behind_a_refused_one_is_not_answered(server: Server) -> None:
    """The connection ends with the refusal, as it says."""
    refused = head(server, lasting(TOO_LONG)) + b" " * TOO_LONG
    raw, took = await sent(server, refused + head(server, lasting(len(SMALL))) + SMALL)
    assert answers(raw) == [b"413"]
    assert took < AT_ONCE


async def test_a_request_before_a_refused_one_is_answered(server: Server) -> None:
    """Both, in their order, on one connection."""
    refused = head(server, lasting(TOO_LONG)) + b" " * TOO_LONG
    raw, took = await sent(server, head(server, lasting(len(SMALL))) + SMALL + refused)
    assert answers(raw) == [b"200", b"413"]
    assert took < AT_ONCE


async def test_who_asks_before_sending_is_told_no_and_never_to_go_on(server: Server) -> None:
    """`100 Continue` behind a refusal would be the answer to the next request."""
    asking = head(server, lasting(TOO_LONG), "expect: 100-continue")
    raw, took = await sent(server, asking)
    assert answers(raw) == [b"413"]
    assert took > AT_ONCE  # nobody said that the body would not come
    fine, _took = await sent(
        server,
        head(server, lasting(len(SMALL)), "expect: 100-continue", "connection: close"),
        SMALL,
    )
    assert answers(fine) == [b"100", b"200"]


async def test_a_body_in_chunks_is_refused_once(server: Server) -> None:
    """To its last chunk, which ends the wait."""
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    chunks = chunk * (TOO_LONG // 65_536 + 4)
    raw, took = await sent(
        server, head(server, "transfer-encoding: chunked"), chunks, b"0\r\n\r\n"
    )
    assert answers(raw) == [b"413"]
    assert raw.endswith(b"}")
    assert took < AT_ONCE


async def test_chunks_that_break_behind_a_refusal_end_the_wait(server: Server) -> None:
    """The refusal is there, whole; whatever else came would be behind `connection: close`."""
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    async with connected(server) as (reader, writer):
        writer.write(head(server, "transfer-encoding: chunked"))
        writer.write(chunk * (TOO_LONG // 65_536 + 1))
        told = await reader.readuntil(b"\r\n\r\n")
        assert answers(told) == [b"413"]
        (length,) = re.findall(rb"content-length: (\d+)", told)
        await reader.readexactly(int(length))
        begun = time.monotonic()
        writer.write(b"no chunk\r\n")
        rest = await reader.read()
        assert answers(rest) in ([], [b"400"])
        assert time.monotonic() - begun < AT_ONCE


async def test_an_old_client_is_refused_too(server: Server) -> None:
    """HTTP/1.0, where a connection ends with its answer in any case."""
    raw, took = await sent(
        server, head(server, lasting(TOO_LONG), version="1.0") + b" " * TOO_LONG
    )
    assert answers(raw) == [b"413"]
    assert took < AT_ONCE


async def test_a_question_for_the_head_alone_gets_no_body(server: Server) -> None:
    """Another method is refused at once, body or not; the connection lasts."""
    for body in (b"", b" " * 100):
        asking = head(server, lasting(len(body)), "connection: close", method="HEAD") + body
        raw, took = await sent(server, asking)
        assert answers(raw) == [b"405"]
        assert raw.endswith(b"\r\n\r\n")
        assert took < AT_ONCE


@pytest.mark.parametrize("resets", [True, False])
async def test_who_goes_away_while_the_server_lingers_is_let_go(
    server: Server, *, resets: bool
) -> None:
    """Twenty of them, by a reset or an end: no connection is kept for those seconds."""
    gone = []
    for _each in range(20):
        reader, writer = await asyncio.open_connection(*server.host)
        writer.write(head(server, lasting(10**9)) + b" " * (TOO_LONG + 5))
        await reader.readuntil(b"\r\n\r\n")
        gone.append(writer)
    for writer in gone:
        writer.transport.abort() if resets else writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
    await server.lets_go(within=AT_ONCE - 1)
    async with server.client() as http:
        await server.probe(http)


async def test_a_server_that_ends_does_not_wait_for_who_lingers(
    module_database: DatabaseUrls, api: Api
) -> None:
    """It is gone within the seconds that it lingers, and says nothing more."""
    with serving(module_database, api.one.key) as ending:
        async with connected(ending) as (reader, writer):
            writer.write(head(ending, lasting(10**9)) + b" " * (TOO_LONG + 5))
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 413")
            begun = time.monotonic()
            ending.process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(ending.process.wait, LINGER_SECONDS + 10) == 0
            assert time.monotonic() - begun < LINGER_SECONDS + 5
            assert answers(await reader.read()) == []
