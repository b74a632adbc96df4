"""Changes that are made to be read by, and never stored."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.db import Tx


class _Undo(Exception):
    """Ends a savepoint that must leave nothing."""


@asynccontextmanager
async def undone(tx: Tx) -> AsyncIterator[None]:
    """Roll back whatever the block changes, also where it ends well."""
    try:
        async with tx.savepoint():
            yield
            raise _Undo  # noqa: TRY301 - what rolls the savepoint back
    except _Undo:
        return
