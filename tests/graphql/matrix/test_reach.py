"""A place is reached when an id of the caller's own is answered differently from an absent one.

There another's id would show. No place is excused.
"""

from __future__ import annotations

import time

import pytest

from tests.graphql.matrix.asking import rehearsal
from tests.graphql.matrix.callers import IDS, reaching, seller_asks, told
from tests.graphql.matrix.sellers import Worlds

__all__ = ["rehearsal"]


@pytest.mark.parametrize("owner", ["Mutation", "others"])
async def test_every_place_is_reached(world: Worlds, rehearsal: None, owner: str) -> None:
    """By an id of the seller's own."""
    asker, started = seller_asks(world), time.perf_counter()
    own = list(dict.fromkeys(world.shop.ids.values()))
    wanted = [each for each in IDS if (each.owner == "Mutation") == (owner == "Mutation")]
    unreached = {str(slot) for slot in wanted if await reaching(asker, slot, own) is None}
    told(f"{len(wanted)} places, {owner}", asker, started)
    assert unreached == set()
