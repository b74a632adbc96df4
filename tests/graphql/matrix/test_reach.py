"""A place is reached when an id of the caller's own is answered differently from an absent one.

There another's id would show. What no id reaches is listed with its reason, and the list holds
no place that is reached.
"""

from __future__ import annotations

import time
from typing import Final

import pytest

from tests.graphql.matrix.asking import rehearsal
from tests.graphql.matrix.callers import IDS, reaching, seller_asks, told
from tests.graphql.matrix.sellers import Worlds

__all__ = ["rehearsal"]

UNREACHED: Final[dict[str, str]] = {
    "Mutation.jobBillingRetry(input.job)": "a job is parked when its plan has lost a price, "
    "which no change lets happen; another job is answered as none",
}
"""Places where an own id is answered like an absent one, and why."""


@pytest.mark.parametrize("owner", ["Mutation", "others"])
async def test_every_place_is_reached_or_says_why(
    world: Worlds, rehearsal: None, owner: str
) -> None:
    """By an id of the seller's own; the list of reasons is as short as it can be."""
    asker, started = seller_asks(world), time.perf_counter()
    own = list(dict.fromkeys(world.shop.ids.values()))
    wanted = [each for each in IDS if (each.owner == "Mutation") == (owner == "Mutation")]
    unreached = {str(slot) for slot in wanted if await reaching(asker, slot, own) is None}
    told(f"{len(wanted)} places, {owner}", asker, started)
    assert unreached == {each for each in UNREACHED if each in map(str, wanted)}
