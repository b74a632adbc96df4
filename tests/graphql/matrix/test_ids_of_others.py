"""Wherever the schema takes an id, another seller's is answered as one that nothing has.

The places are read off the schema, so a new one is asked as soon as it exists.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

import pytest

from api import context as api_context
from tests.graphql.customers import SCHEMA
from tests.graphql.matrix.asking import Asker, absent_of, one_of_each, rehearsal
from tests.graphql.matrix.goods import HINTS, good_arguments
from tests.graphql.matrix.sellers import Worlds
from tests.graphql.matrix.slots import Slot, slots_of

__all__ = ["rehearsal"]

SLOTS: Final = [each for each in slots_of(SCHEMA) if each.owner != "SubscriptionRoot"]
IDS: Final = [each for each in SLOTS if each.kind == "ID"]
WRONG_KINDS: Final = ("acc", "prod", "staff")
"""Changes are asked with the kind that they take and with these; the refusals' tests give
every kind to each."""


def seller_asks(world: Worlds) -> Asker:
    """The administrator of the seller, who sees all units."""
    return _asker(world.api.one, world.shop.ids)


def _asker(client: Any, ids: dict[str, str]) -> Asker:
    return Asker(SCHEMA, client, good_arguments(ids), HINTS | ids, {"Account": ids["person"]})


async def leaks(asker: Asker, slot: Slot, others: Sequence[str]) -> list[str]:
    """Return the ids of others that are answered differently from absent ones."""
    if slot.owner == "Mutation" and (good := asker.good_id(slot)):
        kinds = {good[0].partition("_")[0], *WRONG_KINDS}
        others = [each for each in others if each.partition("_")[0] in kinds]
    answers = await asker.answers(slot, others)
    absent = await asker.answers(slot, [absent_of(each) for each in others])
    asker.count["ids"] += len(others)
    asker.count["slots"] += 1
    return [
        f"{slot} {value}: {told} but {nothing}"
        for value, told, nothing in zip(others, answers, absent, strict=True)
        if told != nothing
    ]


def told(caller: str, asker: Asker, started: float) -> None:
    """Print what was asked."""
    seconds = time.perf_counter() - started
    print(f"matrix, {caller}: {dict(asker.count)} in {seconds:.0f} s")


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
    monkeypatch.setattr(
        api_context,
        "_transaction",
        lambda application, principal: application.transaction(theirs, actor=principal.actor),
    )
    others = list(dict.fromkeys(world.theirs.ids.values()))
    for field in ("account", "invoice", "job", "creditNote", "simulation", "subscription"):
        (slot,) = (each for each in IDS if (each.owner, each.field) == ("Query", field))
        found = await leaks(asker, slot, others)
        assert found, field
        assert all(each.startswith(f"Query.{field}(id) ") for each in found)
