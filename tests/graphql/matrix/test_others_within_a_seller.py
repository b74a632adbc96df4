"""Within a seller, another unit's and another customer's is answered as what does not exist.

The places are read off the schema, so a new one is asked as soon as it exists.
"""

from __future__ import annotations

import time
from typing import Final

import pytest

from tests.graphql.matrix.asking import rehearsal
from tests.graphql.matrix.callers import (
    IDS,
    SLOTS,
    customer_asks,
    leaks,
    named_leaks,
    of_accounts,
    slot_of,
    told,
    unit_asks,
)
from tests.graphql.matrix.leaking import nobody_is_limited
from tests.graphql.matrix.sellers import SHOP, SOUTH, Worlds
from tests.graphql.matrix.slots import Slot
from tests.graphql.refusals.test_customers import OPEN_MUTATIONS, OPEN_QUERIES

__all__ = ["rehearsal"]

UNIQUE: Final = {
    "Mutation.accountCreate(input.ref)",
    "Mutation.subscriptionCreate(input.ref)",
    "Mutation.subscriptionTrialStart(input.ref)",
    "Mutation.jobCreate(input.ref)",
}
"""Names that one seller gives once, over all units: who takes one learns that it is taken."""


def is_open(slot: Slot) -> bool:
    """Say whether a customer may ask the field at all."""
    if slot.owner == "Mutation":
        return slot.field in OPEN_MUTATIONS
    return slot.owner == "Account" or slot.field in OPEN_QUERIES


async def test_what_hangs_on_another_units_accounts_is_answered_as_absent(
    world: Worlds, rehearsal: None
) -> None:
    """South asks for the shop's, by ids and by names; only a name once given is taken."""
    asker, started = unit_asks(world), time.perf_counter()
    others = of_accounts(list(world.shop.ids.values()))
    found = [leak for slot in IDS for leak in await leaks(asker, slot, others)]
    for slot in SLOTS:
        if slot.kind == "ID" or slot.steps[-1] in {"ref", "number"}:
            found += await named_leaks(asker, slot, SHOP)
    told("another unit's", asker, started)
    assert {each.split(" ")[0] for each in found} == UNIQUE, found
    assert all("REF_TAKEN" in each for each in found)


async def test_what_hangs_on_another_account_is_absent_for_a_customer(
    world: Worlds, rehearsal: None
) -> None:
    """In every place of the fields that are open to customers."""
    asker, started = customer_asks(world), time.perf_counter()
    others = of_accounts(list(world.south.ids.values()))
    others += [world.shop.ids[each] for each in ("account", "subscription", "item", "boss")]
    found = []
    for slot in filter(is_open, SLOTS):
        if slot.kind == "ID":
            found += await leaks(asker, slot, others)
        found += await named_leaks(asker, slot, SOUTH)
    told("another customer's", asker, started)
    assert found == []


async def test_the_matrix_finds_a_leak_between_units(
    world: Worlds, rehearsal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a transaction forgets the unit, what is found of the shop's is told."""
    asker = unit_asks(world)
    nobody_is_limited(monkeypatch)
    others = list(dict.fromkeys(world.shop.ids.values()))
    for field in ("account", "invoice", "job", "creditNote", "subscription"):
        found = await leaks(asker, slot_of(f"Query.{field}(id)"), others)
        assert found, field
        assert all(each.startswith(f"Query.{field}(id) ") for each in found)


async def test_the_matrix_finds_a_leak_between_customers(
    world: Worlds, rehearsal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a transaction forgets the customer, what is found of another account is told."""
    asker = customer_asks(world)
    nobody_is_limited(monkeypatch)
    others = list(dict.fromkeys(world.shop.ids.values()))
    for field in ("account", "invoice", "subscription"):
        assert await leaks(asker, slot_of(f"Query.{field}(id)"), others), field
