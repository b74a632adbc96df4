"""Wherever the schema takes an id, another seller's is answered as one that nothing has.

The places are read off the schema, so a new one is asked as soon as it exists.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import httpx
import orjson
import pytest

from tests.graphql.api_clients import KeyClient
from tests.graphql.matrix.asking import one_of_each, rehearsal
from tests.graphql.matrix.callers import IDS, leaks, seller_asks, slot_of, told
from tests.graphql.matrix.leaking import everybody_is
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
    everybody_is(theirs, monkeypatch)
    others = list(dict.fromkeys(world.theirs.ids.values()))
    for field in ("account", "invoice", "job", "creditNote", "simulation", "subscription"):
        found = await leaks(asker, slot_of(f"Query.{field}(id)"), others)
        assert found, field
        assert all(each.startswith(f"Query.{field}(id) ") for each in found)


def _by_status(response: httpx.Response) -> None:
    response.status_code = 403


def _by_header(response: httpx.Response) -> None:
    response.headers["retry-after"] = "5"


def _by_extension(response: httpx.Response) -> None:
    told = response.json()
    told.setdefault("extensions", {})["seen"] = True
    response._content = orjson.dumps(told)


TELLING: Final = {"status": _by_status, "header": _by_header, "extension": _by_extension}


@dataclass
class Telling(KeyClient):
    """A client to whom something around the answer tells which ids there are."""

    known: frozenset[str] = frozenset()
    tell: Callable[[httpx.Response], None] = _by_status

    async def post(
        self, query: str, variables: Mapping[str, Any] | None = None, **headers: str
    ) -> httpx.Response:
        """Send one operation, and tell."""
        response = await super().post(query, variables, **headers)
        if self.known.intersection((variables or {}).values()):
            self.tell(response)
        return response


@pytest.mark.parametrize("by", TELLING)
async def test_the_matrix_finds_what_tells_around_the_answer(
    world: Worlds, rehearsal: None, by: str
) -> None:
    """Another status, a header or an extension is a leak as another text is."""
    asker, theirs = seller_asks(world), world.theirs.ids["invoice"]
    asked = asker.client
    telling = Telling(
        asked.http, asked.key, asked.tenant_id, known=frozenset({theirs}), tell=TELLING[by]
    )
    slot = slot_of("Query.invoice(id)")
    assert await leaks(asker, slot, [theirs]) == []
    (found,) = await leaks(replace(asker, client=telling), slot, [theirs])
    assert found.startswith(f"Query.invoice(id) {theirs}: ")
