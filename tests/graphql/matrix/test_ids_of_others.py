"""Wherever the schema takes an id, another seller's is answered as one that nothing has.

The places are read off the schema, so a new one is asked as soon as it exists.
"""

from __future__ import annotations

import time

import pytest

from api import context as api_context
from tests.graphql.matrix.asking import one_of_each, rehearsal
from tests.graphql.matrix.callers import IDS, leaks, seller_asks, told
from tests.graphql.matrix.sellers import Worlds

__all__ = ["rehearsal"]


async def test_ids_of_another_seller_are_answered_as_absent_ones(
    world: Worlds, rehearsal: None
) -> None:
    """Every kind of id in every place, to the letter."""
    asker, started = seller_asks(world), time.perf_counter()
    others = one_of_each(list(world.theirs.ids.values()))
    found = [leak for slot in IDS for leak in await leaks(asker, slot, others)]
    told("another seller's ids", asker, started)
    assert found == []


async def test_the_matrix_finds_a_leak(
    world: Worlds, rehearsal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where transactions are the other seller's, what is found of theirs is told by name."""
    asker, theirs = seller_asks(world), world.theirs.client.tenant_id
    for begun in ("_transaction", "_reading"):
        monkeypatch.setattr(
            api_context,
            begun,
            lambda application, principal: application.transaction(
                theirs, actor=principal.actor
            ),
        )
    others = list(dict.fromkeys(world.theirs.ids.values()))
    for field in ("account", "invoice", "job", "creditNote", "simulation", "subscription"):
        (slot,) = (each for each in IDS if (each.owner, each.field) == ("Query", field))
        found = await leaks(asker, slot, others)
        assert found, field
        assert all(each.startswith(f"Query.{field}(id) ") for each in found)
