"""Loaders collect what is asked for in one go, and remember it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Self

import pytest

from api.graphql import loaders
from api.graphql.loaders import Loader, Loaders


class Reading:
    """A context to read with."""

    def for_reading(self) -> Self:
        """Return itself."""
        return self


class Rows:
    """Loads a number for each key, and notes which keys were asked for together."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []

    async def __call__(self, keys: list[int]) -> Sequence[int]:
        """Return ten times each key."""
        self.asked.append(keys)
        await asyncio.sleep(0)
        return [10 * key for key in keys]


async def test_what_is_asked_for_in_one_turn_is_loaded_together() -> None:
    """Three fields ask for two keys: one load of both, and each has its own value."""
    rows = Rows()
    loader = Loader(rows)
    found = await asyncio.gather(loader.load(1), loader.load(2), loader.load(1))
    assert list(found) == [10, 20, 10]
    assert rows.asked == [[1, 2]]


async def test_who_asks_a_turn_later_is_still_taken_along() -> None:
    """A resolver that begins in the turn after the first joins it."""
    rows = Rows()
    loader = Loader(rows)

    async def later() -> int:
        return await loader.load(2)

    assert list(await asyncio.gather(loader.load(1), later())) == [10, 20]
    assert rows.asked == [[1, 2]]


async def test_a_loaded_key_is_not_loaded_again() -> None:
    """The second time nothing is read; a new key is, alone."""
    rows = Rows()
    loader = Loader(rows)
    assert await loader.load(1) == 10
    assert await loader.load_many([1, 2]) == [10, 20]
    assert rows.asked == [[1], [2]]


async def test_more_keys_than_one_statement_takes_are_loaded_in_several(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Five keys, two at a time: three loads."""
    monkeypatch.setattr(loaders, "MAX_BATCH", 2)
    rows = Rows()
    assert await Loader(rows).load_many(range(5)) == [0, 10, 20, 30, 40]
    assert rows.asked == [[0, 1], [2, 3], [4]]


async def test_a_failed_load_is_told_to_everybody_who_waits() -> None:
    """Both get the error, and the next key is loaded as if nothing had been."""
    failing = True

    async def rows(keys: list[int]) -> Sequence[int]:
        if failing:
            raise LookupError("gone")
        return keys

    loader = Loader(rows)
    told = await asyncio.gather(loader.load(1), loader.load(2), return_exceptions=True)
    assert [str(one) for one in told] == ["gone", "gone"]
    failing = False
    assert await loader.load(3) == 3


async def test_a_key_that_has_an_error_for_its_value_fails_alone() -> None:
    """The other of the two has its value."""

    async def rows(keys: list[int]) -> Sequence[int | Exception]:
        return [LookupError(f"no {key}") if key == 1 else key for key in keys]

    loader: Loader[int, int] = Loader(rows)
    error, value = await asyncio.gather(loader.load(1), loader.load(2), return_exceptions=True)
    assert isinstance(error, LookupError)
    assert str(error) == "no 1"
    assert value == 2


async def test_a_load_of_too_few_values_gives_nobody_a_strangers() -> None:
    """One value for two keys is a bug, and told as one."""

    async def rows(keys: list[int]) -> Sequence[int]:
        return keys[1:]

    with pytest.raises(RuntimeError, match="1 values were loaded for 2 keys"):
        await Loader(rows).load_many([1, 2])


async def test_who_has_gone_does_not_keep_the_others_waiting() -> None:
    """The first asker is cancelled before the load: the key is not read for it."""
    rows = Rows()
    loader = Loader(rows)
    first = asyncio.ensure_future(loader.load(1))
    second = loader.load(2)
    first.cancel()
    assert await second == 20
    assert rows.asked == [[2]]
    assert await loader.load(1) == 10


async def test_a_known_value_is_not_loaded() -> None:
    """What a mutation has just written is shown; only by force instead of what is known."""
    rows = Rows()
    loader = Loader(rows)
    loader.prime(1, 5)
    loader.prime(1, 6)
    assert await loader.load(1) == 5
    loader.prime(1, 7, force=True)
    assert await loader.load(1) == 7
    assert rows.asked == []


async def test_a_value_that_becomes_known_meanwhile_answers_those_who_wait() -> None:
    """It is known before the load begins: nothing is read."""
    rows = Rows()
    loader = Loader(rows)
    waiting = loader.load(1)
    loader.prime(1, 5)
    assert await waiting == 5
    assert await loader.load(2) == 20
    assert rows.asked == [[2]]


async def test_an_operation_has_one_loader_of_each_kind() -> None:
    """The function is its name; another operation's loaders know nothing of it."""

    async def read(_context: Reading, keys: list[int]) -> Sequence[int]:
        return keys

    first = Loaders(Reading())
    assert first.of(read) is first.of(read)
    assert first.of(read) is not Loaders(Reading()).of(read)
