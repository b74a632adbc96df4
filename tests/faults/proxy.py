"""A TCP proxy between one process and PostgreSQL that drops, delays, and cuts after COMMIT.

It reads just enough of the protocol to know whether a connection is inside a transaction:
the driver sends BEGIN, COMMIT and ROLLBACK as simple queries.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field

COMMIT = b"COMMIT;\x00"
BLOCK = 65_536
ENDS = (COMMIT, b"ROLLBACK;\x00")


@dataclass(slots=True, eq=False)
class Link:
    """One connection of the process, and its counterpart to the server."""

    to_client: asyncio.StreamWriter
    to_server: asyncio.StreamWriter
    in_transaction: bool = False
    sent: int = 0  # bytes towards the server since BEGIN

    def note(self, block: bytes) -> None:
        """Follow the transaction by what the process says."""
        if b"BEGIN" in block and block[:1] == b"Q":
            self.in_transaction, self.sent = True, 0
        self.sent += len(block)
        if block.endswith(ENDS):
            self.in_transaction = False

    def close(self) -> None:
        """Cut both sides."""
        for side in (self.to_client, self.to_server):
            with suppress(Exception):
                side.transport.abort()


@dataclass(slots=True)
class Proxy:
    """Listens for one process on a port of the loopback."""

    server_port: int
    port: int = 0
    links: set[Link] = field(default_factory=set)
    cuts_wanted: int = 0
    cuts: int = 0
    _slow_until: float = 0.0
    _deaf_until: float = 0.0
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        """Begin to listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and cut everything."""
        if self._server is not None:
            self._server.close()
        self._cut()

    def busy(self, *, bytes_sent: int = 0) -> int:
        """Count the connections inside a transaction that has sent so much."""
        return sum(one.in_transaction and one.sent >= bytes_sent for one in self.links)

    def delay(self, seconds: float) -> None:
        """Hold every block back for a moment, for some time."""
        self._slow_until = time.monotonic() + seconds

    async def drop(self, seconds: float) -> None:
        """Swallow everything for some time, then cut: the process cannot know what happened."""
        self._deaf_until = time.monotonic() + seconds
        await asyncio.sleep(seconds)
        self._cut()

    def cut_after_commit(self) -> None:
        """Cut the next connection that says COMMIT, once the server has heard it."""
        self.cuts_wanted += 1

    def _cut(self) -> None:
        for link in list(self.links):
            link.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            from_server, to_server = await asyncio.open_connection(
                "127.0.0.1", self.server_port
            )
        except OSError:
            writer.transport.abort()
            return
        link = Link(writer, to_server)
        self.links.add(link)
        pumps = [
            asyncio.create_task(self._up(reader, link)),
            asyncio.create_task(self._down(from_server, link)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            self.links.discard(link)
            link.close()

    async def _up(self, reader: asyncio.StreamReader, link: Link) -> None:
        with suppress(OSError):
            while block := await reader.read(BLOCK):
                link.note(block)
                if await self._lost():
                    continue
                link.to_server.write(block)
                await link.to_server.drain()
                if self.cuts_wanted and block.endswith(COMMIT):
                    self.cuts_wanted -= 1
                    self.cuts += 1
                    link.to_client.transport.abort()
                    await asyncio.sleep(0.2)  # the server hears COMMIT, then loses us
                    return

    async def _down(self, reader: asyncio.StreamReader, link: Link) -> None:
        with suppress(OSError):
            while block := await reader.read(BLOCK):
                if await self._lost():
                    continue
                link.to_client.write(block)
                await link.to_client.drain()

    async def _lost(self) -> bool:
        now = time.monotonic()
        if now < self._slow_until:
            await asyncio.sleep(0.05)
        return now < self._deaf_until
