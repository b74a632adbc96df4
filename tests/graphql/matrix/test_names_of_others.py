"""Wherever the schema takes a text, another seller's names are answered as nobody's.

The places are read off the schema, so a new one is asked as soon as it exists.
"""

from __future__ import annotations

import time

import pytest

from tests.graphql.matrix.asking import rehearsal
from tests.graphql.matrix.callers import SLOTS, named_leaks, seller_asks, slot_of, told
from tests.graphql.matrix.leaking import everybody_is
from tests.graphql.matrix.sellers import THEIRS, Worlds

__all__ = ["rehearsal"]

NEARLY_THEIRS = "quokko"
"""A misspelling: whoever may see the name is asked whether it was meant."""


@pytest.mark.parametrize("name", [THEIRS, NEARLY_THEIRS])
async def test_names_of_another_seller_are_answered_as_nobodys(
    world: Worlds, rehearsal: None, name: str
) -> None:
    """References and codes in every place, and none is suggested to who misspells it."""
    asker, started = seller_asks(world), time.perf_counter()
    found = [leak for slot in SLOTS for leak in await named_leaks(asker, slot, name)]
    told(f"another seller's names, {name}", asker, started)
    assert found == []


async def test_the_matrix_finds_a_name_that_leaks(
    world: Worlds, rehearsal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where transactions are the other seller's, their names are taken and suggested."""
    asker, theirs = seller_asks(world), world.theirs.client.tenant_id
    everybody_is(theirs, monkeypatch)
    for place, name in (
        ("Query.account(ref)", THEIRS),
        ("Query.job(ref)", THEIRS),
        ("Mutation.accountCreate(input.ref)", THEIRS),
        ("Mutation.billingTermsCreate(input.plans)", THEIRS),
        ("Mutation.billingTermsCreate(input.plans)", NEARLY_THEIRS),
    ):
        assert await named_leaks(asker, slot_of(place), name), (place, name)
