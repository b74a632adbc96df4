"""One transaction for loaders that wait for each other, in place of one for each.

The loaders of one nesting level begin in the same turn of the event loop. Opening and ending
a transaction is five round trips to the database, more than what most of them read: they
take turns in one. It ends as soon as nobody waits for it, and whatever one of them raises
ends it as well, so that the next begins anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Generic, TypeVar

TxT = TypeVar("TxT")


class SharedReads(Generic[TxT]):
    """Lets the readers of one operation take turns in one transaction."""

    def __init__(self, begin: Callable[[], AbstractAsyncContextManager[TxT]]) -> None:
        self._begin = begin
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._open: AbstractAsyncContextManager[TxT] | None = None
        self._tx: TxT

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
            if not self._waiting:
                await self._end(None)
        finally:
            self._turn.release()

    async def _take_turn(self) -> None:
        self._waiting += 1
        try:
            await self._turn.acquire()
        except BaseException:  # cancelled: whoever went before may have left it open for us
            if self._waiting == 1 and not self._turn.locked():
                await self._end(None)
            raise
        finally:
            self._waiting -= 1

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
