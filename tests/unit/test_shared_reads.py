"""Readers that meet take turns in one transaction, and nobody's failure is another's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from api.graphql.shared_reads import TURNS_KEPT, SharedReads


class Book:
    """Opens numbered transactions and writes down how each of them ends."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended: list[str] = []

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[int]:
        """Open the next one."""
        self.begun += 1
        number = self.begun
        await asyncio.sleep(0)
        try:
            yield number
        except BaseException as error:
            self.ended.append(f"{number} {type(error).__name__}")
            raise
        self.ended.append(f"{number} committed")


async def read(reads: SharedReads[int], *, fails: bool = False) -> int:
    """Take a turn of a few steps."""
    async with reads.transaction() as number:
        await asyncio.sleep(0)
        if fails:
            raise KeyError("nothing there")
        return number


async def turns(count: int) -> None:
    """Let the event loop turn."""
    for _turn in range(count):
        await asyncio.sleep(0)


async def unused() -> None:
    """Let those turns go by after which a transaction is not kept, and those of its end."""
    await turns(TURNS_KEPT + 5)


async def test_readers_that_meet_share_one_transaction() -> None:
    """Three at once are in the first; a later one has its own."""
    book = Book()
    reads = SharedReads(book.transaction)
    assert await asyncio.gather(*(read(reads) for _reader in range(3))) == [1, 1, 1]
    await unused()
    assert book.ended == ["1 committed"]
    assert await read(reads) == 2
    await unused()
    assert book.ended == ["1 committed", "2 committed"]


async def test_one_that_follows_within_a_few_turns_is_in_the_same() -> None:
    """The loaders of the next level begin when the values of this one have been resolved."""
    book = Book()
    reads = SharedReads(book.transaction)
    assert await read(reads) == 1
    await turns(TURNS_KEPT - 2)
    assert book.ended == []
    assert await read(reads) == 1
    await unused()
    assert book.ended == ["1 committed"]


async def test_one_that_comes_while_it_ends_begins_anew() -> None:
    """At whichever turn it comes, the transaction that it gets is open."""
    for late in range(TURNS_KEPT - 2, TURNS_KEPT + 6):
        book = Book()
        reads = SharedReads(book.transaction)
        assert await read(reads) == 1
        await turns(late)
        number = await read(reads)
        assert len(book.ended) == number - 1
        await unused()
        assert len(book.ended) == number


async def test_what_was_read_holds_when_the_end_fails() -> None:
    """Nothing was written: a connection that is lost at the commit loses nothing."""

    @asynccontextmanager
    async def begin() -> AsyncIterator[int]:
        yield 1
        raise OSError("away")

    reads = SharedReads(begin)
    assert await read(reads) == 1
    await unused()
    assert await read(reads) == 1


async def test_what_one_raises_ends_the_transaction_and_spares_the_others() -> None:
    """The second fails: its error is its own, and the third begins anew."""
    book = Book()
    reads = SharedReads(book.transaction)
    found = await asyncio.gather(
        read(reads), read(reads, fails=True), read(reads), return_exceptions=True
    )
    assert found[0] == 1
    assert isinstance(found[1], KeyError)
    assert found[2] == 2
    await unused()
    assert book.ended == ["1 KeyError", "2 committed"]


@pytest.mark.parametrize("steps", range(8))
async def test_one_that_is_cancelled_leaves_no_transaction_open(steps: int) -> None:
    """Stopped at any step, waiting for its turn or in it, everything begun is ended."""
    book = Book()
    reads = SharedReads(book.transaction)
    first = asyncio.create_task(read(reads))
    second = asyncio.create_task(read(reads))
    for _step in range(steps):
        await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    await unused()
    assert len(book.ended) == book.begun
    assert await read(reads) == book.begun
    await unused()
    assert len(book.ended) == book.begun


async def test_a_transaction_that_cannot_be_opened_is_tried_again() -> None:
    """The failure is its reader's; the next one opens."""
    book = Book()
    failures = [OSError("away")]

    @asynccontextmanager
    async def begin() -> AsyncIterator[int]:
        if failures:
            raise failures.pop()
        async with book.transaction() as number:
            yield number

    reads = SharedReads(begin)
    with pytest.raises(OSError, match="away"):
        await read(reads)
    assert await read(reads) == 1
    await unused()
    assert book.ended == ["1 committed"]
