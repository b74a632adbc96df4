"""What another has cannot be watched: not by its id, and not by what happens to it.

The roots and their places are read off the schema; a new one is asked, and listened to, as
soon as it exists. All of it over a real network.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import pytest

from core.bootstrap import Application
from tests.graphql.live.clients import Served
from tests.graphql.live.conftest import served
from tests.graphql.matrix.asking import Asker, one_of_each
from tests.graphql.matrix.callers import (
    WATCHED_SLOTS,
    customer_asks,
    leaks,
    named_leaks,
    of_accounts,
    reaching,
    seller_asks,
    told,
    unit_asks,
)
from tests.graphql.matrix.happenings import Happenings
from tests.graphql.matrix.leaking import all_hear, everybody_is, nobody_is_limited
from tests.graphql.matrix.listening import (
    ROOTS,
    Ears,
    SocketAsker,
    StreamAsker,
    by_streams,
    over_a_socket,
)
from tests.graphql.matrix.sellers import SHOP, SOUTH, THEIRS, Worlds

TRANSPORTS: Final = {"sockets": SocketAsker, "streams": StreamAsker}
LISTENING: Final = {"sockets": over_a_socket, "streams": by_streams}
NAMED: Final = ("simulationProgressed", "subscriptionUsage")
"""Who watches these names one thing, which is not found where all are another seller."""


@pytest.fixture(scope="module")
async def watched(application: Application, world: Worlds) -> AsyncIterator[Served]:
    """The web server, on a real port."""
    async with served(application) as found:
        yield found


@dataclass
class All:
    """What happens to each."""

    theirs: Happenings
    shop: Happenings
    south: Happenings


@pytest.fixture(scope="module")
def happens(world: Worlds) -> All:
    """To the other seller, to the shop and to South; their months go on from test to test."""
    return All(
        *(Happenings(world.api, each) for each in (world.theirs, world.shop, world.south))
    )


def over(transport: str, asker: Asker, served: Served) -> SocketAsker:
    """Return one who asks the same over a transport."""
    members = {name: getattr(asker, name) for name in asker.__dataclass_fields__}
    return TRANSPORTS[transport](**members, served=served)


@asynccontextmanager
async def all_listening(
    world: Worlds, served: Served, transport: str
) -> AsyncIterator[tuple[Ears, ...]]:
    """Let the other seller, the seller, South and the customer listen to everything."""
    listening = LISTENING[transport]
    async with (
        listening(served, world.theirs.client.key, world.theirs.ids) as other,
        listening(served, world.api.one.key, world.shop.ids) as seller,
        listening(served, world.south.client.key, world.south.ids) as south,
        listening(served, world.buyer.key, world.shop.ids) as buyer,
    ):
        await served.until_heard_by(3 * len(ROOTS) + 2)  # a customer may watch two
        yield other, seller, south, buyer


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_every_place_of_what_can_be_watched_is_reached(
    world: Worlds, watched: Served, transport: str
) -> None:
    """By an id of one's own, which is answered differently from an absent one."""
    asker = over(transport, seller_asks(world), watched)
    assert {slot.field for slot in WATCHED_SLOTS} == set(ROOTS)
    reached = await asyncio.gather(
        *(reaching(asker, slot, asker.good_id(slot)) for slot in WATCHED_SLOTS)
    )
    assert all(reached), dict(zip(map(str, WATCHED_SLOTS), reached, strict=True))


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_what_another_has_is_watched_by_nobody_who_names_it(
    world: Worlds, watched: Served, transport: str
) -> None:
    """Another seller's, unit's or customer's id or name is answered as an absent one."""
    theirs = one_of_each(list(world.theirs.ids.values()))
    shops = of_accounts(list(world.shop.ids.values()))
    souths = of_accounts(list(world.south.ids.values()))
    own = world.shop.ids
    for asking, others, name in (
        (seller_asks(world), theirs, THEIRS),
        (unit_asks(world), shops, SHOP),
        (customer_asks(world), [*souths, own["account"], own["subscription"]], SOUTH),
    ):
        asker, started = over(transport, asking, watched), time.perf_counter()
        found = [leak for slot in WATCHED_SLOTS for leak in await leaks(asker, slot, others)]
        for slot in WATCHED_SLOTS:
            found += await named_leaks(asker, slot, name)
        told(f"watched by {transport}, not {name}", asker, started)
        assert found == []


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_what_happens_to_another_is_heard_by_nobody(
    world: Worlds, watched: Served, happens: All, transport: str
) -> None:
    """By who listens to everything; each hears of their own what happened after it.

    Events are told in their order: who has heard a later one was not told of those before.
    """
    for each in (happens.theirs, happens.shop, happens.south):
        await each.simulation_waits()
    async with all_listening(world, watched, transport) as (other, seller, south, buyer):
        theirs = await happens.theirs.all()
        await other.are_told(theirs)
        shops = await happens.shop.all()
        await seller.are_told(shops)
        souths = await happens.south.to_accounts()
        await south.are_told(souths)
        used = {"subscriptionUsage": await happens.shop.used()}
        await buyer.are_told(used | {"invoiceFinalised": await happens.shop.billed()})
    assert set(theirs) == set(ROOTS)
    of_theirs = {*world.theirs.ids.values(), *theirs.values()}
    of_shop = set(of_accounts([*shops.values(), *world.shop.ids.values()]))
    of_south = {*of_accounts(list(world.south.ids.values())), *souths.values()}
    assert seller.know(of_theirs) == set()
    assert south.know(of_theirs | of_shop) == set()
    assert buyer.know(of_theirs | of_south) == set()
    assert other.know(of_shop | of_south) == set()


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_the_listeners_find_a_leak_between_sellers(
    world: Worlds,
    watched: Served,
    happens: All,
    transport: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where all listen to one seller's events, in transactions of that seller's."""
    theirs = world.theirs.client.tenant_id
    all_hear(theirs, monkeypatch)
    everybody_is(theirs, monkeypatch)
    async with LISTENING[transport](watched, world.api.one.key, world.shop.ids) as seller:
        await watched.until_heard_by(len(ROOTS) - len(NAMED))
        happened = await happens.theirs.all()
        leaked = {root: each for root, each in happened.items() if root not in NAMED}
        await seller.are_told(leaked)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_the_listeners_find_a_leak_within_a_seller(
    world: Worlds,
    watched: Served,
    happens: All,
    transport: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where transactions forget the unit and the account: South and a customer hear more."""
    nobody_is_limited(monkeypatch)
    async with (
        LISTENING[transport](watched, world.south.client.key, world.south.ids) as south,
        LISTENING[transport](watched, world.buyer.key, world.shop.ids) as buyer,
    ):
        await watched.until_heard_by(len(ROOTS) + 2)
        shops = await happens.shop.to_accounts()
        del shops["subscriptionUsage"]
        await south.are_told(shops)
        souths = await happens.south.to_accounts()
        await buyer.are_told({"invoiceFinalised": souths["invoiceFinalised"]})
