"""What is allowed beside an abuse: a second, and more only where the machine itself is slow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from tests.graphql.abuse.conftest import Server


class Told(Server):
    """A server whose waits are given."""

    waits: list[float]
    idles: list[float]

    async def idle(self) -> float:
        """Tell the next."""
        return self.idles.pop(0)

    async def _measured(self, abuse: Callable[[], Awaitable[Any]]) -> tuple[Any, float]:
        return await abuse(), self.waits.pop(0)


async def beside(*, idles: list[float], waits: list[float]) -> tuple[Any, float]:
    """What the abuse answered, and the slowest that was found good."""
    server = Told("http://localhost:1", cast("Any", None), "a key")
    server.idles, server.waits = idles, waits

    async def abuse() -> str:
        return "done"

    return await server.beside(abuse), server.slowest


@pytest.mark.parametrize(
    ("idles", "waits"),
    [
        ([0.01], [0.9]),
        ([0.01, 0.01, 0.01], [1.4, 1.2, 0.9]),  # others came and went
        ([0.04], [1.9]),  # a machine at half its speed: 1 s x 0.04 / 0.02
        ([0.50], [3.9]),  # four seconds are the most
    ],
)
async def test_a_wait_that_others_explain_is_allowed(
    idles: list[float], waits: list[float]
) -> None:
    """The wait that was good is the one that is told."""
    assert await beside(idles=idles, waits=[*waits]) == ("done", waits[-1])


@pytest.mark.parametrize(
    ("idle", "wait"),
    [(0.01, 1.1), (0.02, 1.1), (0.04, 2.1), (0.50, 4.1), (9.00, 4.1)],
)
async def test_a_wait_that_comes_with_the_abuse_is_none(idle: float, wait: float) -> None:
    """As often as it is tried, which is told."""
    with pytest.raises(AssertionError) as told:
        await beside(idles=[idle] * 3, waits=[wait] * 3)
    assert str(told.value).count(f"{wait:.2f} s where") == 3
