"""Whoever is refused while still sending gets the whole answer, and then no more time."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import pytest

from api.graphql.request import MAX_BODY_BYTES
from api.lingering import LINGER_SECONDS
from tests.graphql.abuse.conftest import Server

MIB: Final = 1_048_576


def head(server: Server, path: str, *, key: str, length: int) -> bytes:
    """The beginning of a request with a body."""
    return "\r\n".join(
        [
            f"POST {path} HTTP/1.1", "host: localhost", f"authorization: Bearer {key}",
            "content-type: application/json", f"content-length: {length}", "", "",
        ]
    ).encode()  # fmt: skip


@pytest.mark.parametrize("path", ["/graphql", "/usage"])
async def test_who_reads_only_after_the_last_byte_is_answered(
    server: Server, path: str
) -> None:
    """20 MiB that were refused at their first byte, sent to the end, and then the answer."""
    key = server.key if path == "/graphql" else "ffk_nobody"
    status = b"413" if path == "/graphql" else b"401"
    reader, writer = await asyncio.open_connection(*server.host)
    writer.write(head(server, path, key=key, length=20 * MIB))
    for _each in range(20):
        writer.write(b" " * MIB)
        await writer.drain()
    answer = await asyncio.wait_for(reader.read(), timeout=20)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert b"connection: close" in answer.lower()
    assert answer.endswith(b"}")


async def test_who_never_stops_sending_is_cut_off(server: Server) -> None:
    """The answer comes at once; a few seconds later the connection is gone."""
    reader, writer = await asyncio.open_connection(*server.host)
    begun = time.monotonic()
    writer.write(head(server, "/graphql", key=server.key, length=10**11))
    writer.write(b" " * (MAX_BODY_BYTES + 1))
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 413")
    with pytest.raises(ConnectionError):
        while time.monotonic() - begun < LINGER_SECONDS + 20:
            writer.write(b" " * 1000)
            await writer.drain()
            await asyncio.sleep(0.01)
    assert time.monotonic() - begun > LINGER_SECONDS - 1
    writer.close()
