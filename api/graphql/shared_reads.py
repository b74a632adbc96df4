"""One transaction for loaders that wait for each other, in place of one for each.

The loaders of one nesting level begin in the same turn of the event loop, those of the next
a few turns after the last of them is done. Opening and ending a transaction is three round
trips to the database, more than what most of them read: they take turns in one. It ends when
nobody has asked for it during the turns that a resolver needs for that; and whatever one of
them raises ends it as well, so that the next begins anew.

It is never kept for longer than those turns, in which nothing is waited for: else somebody
who waits for a connection could wait for somebody who does the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Generic, TypeVar

import structlog

TxT = TypeVar("TxT")

TURNS_KEPT: Final = 12
"""Of the event loop: from a loader's answer to the loaders below it are some eight."""

_log = structlog.get_logger("api.graphql")


class SharedReads(Generic[TxT]):
    """Lets the readers of one operation take turns in one transaction."""

    def __init__(self, begin: Callable[[], AbstractAsyncContextManager[TxT]]) -> None:
        self._begin = begin
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._taken = 0
        self._open: AbstractAsyncContextManager[TxT] | None = None
        self._tx: TxT
        self._ending: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[TxT]:
        """Give the transaction for one reader's turn; read only, its commit means nothing."""
        await self._take_turn()
        try:
            if self._open is None:
                opening = self._begin()
                self._tx = await opening.__aenter__()
                self._open = opening
            try:
                yield self._tx
            except BaseException as error:
                await self._end(error)
                raise
        finally:
            self._turn.release()
            if self._open is not None and not self._waiting:
                self._keep()

    async def _take_turn(self) -> None:
        self._waiting += 1
        try:
            await self._turn.acquire()
        except BaseException:  # cancelled: whoever went before may have left it open for us
            if self._waiting == 1 and not self._turn.locked():
                self._keep()
            raise
        finally:
            self._waiting -= 1
        self._taken += 1

    def _keep(self, turns: int = TURNS_KEPT) -> None:
        """Keep the transaction for those who ask for it within some turns, then end it."""
        asyncio.get_running_loop().call_soon(self._pass, self._taken, turns)

    def _pass(self, taken: int, turns: int) -> None:
        if taken != self._taken:  # somebody came, and sees to it
            return
        if turns:
            self._keep(turns - 1)
        else:
            self._ending = asyncio.create_task(self._end_unused())

    async def _end_unused(self) -> None:
        if self._turn.locked():
            return
        async with self._turn:
            try:
                await self._end(None)
            except Exception as error:  # noqa: BLE001 - what was read is read
                _log.warning("graphql.reads_ended_badly", error=repr(error))

    async def _end(self, error: BaseException | None) -> None:
        ending, self._open = self._open, None
        if ending is None:
            return
        if error is None:
            await ending.__aexit__(None, None, None)
            return
        try:
            await ending.__aexit__(type(error), error, error.__traceback__)
        except BaseException as risen:
            if risen is not error:
                raise
