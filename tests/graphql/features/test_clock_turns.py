"""Many test clocks moved at once: one after the other, or refused in words."""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

import pytest

from api.features.accounts import clock_turns
from api.features.accounts.clock_turns import in_turn
from api.graphql.streams import EXECUTION_SECONDS
from core.billing_cycles.errors import ClockBusy
from core.freeze_lock import share_freeze
from tests.graphql.api_clients import Api

CATALOGUE = """
products:
  seat: {kind: licence, name: Seat}
price_plans:
  seats: {name: Seats, currency: EUR, rates: {seat: {base: 10}}}
billing_terms:
  monthly: {name: Monthly, plans: [seats], default_plan: seats}
"""
CLOCKS = 8


@pytest.fixture(scope="module")
async def clocks(api: Api) -> list[str]:
    """Customers with a seat each, all on 1 January 2026."""
    seller, made = api.one, []
    await seller.changed("catalogueApply", "diff", {"yaml": CATALOGUE})
    for number in range(CLOCKS):
        account = await seller.changed(
            "accountCreate", "account { id }",
            {"name": f"C{number}", "testClock": "2026-01-01T00:00:00+01:00"},
        )  # fmt: skip
        key = account["account"]["id"]
        made.append(key)
        await seller.changed(
            "subscriptionCreate", "subscription { id }",
            {"account": key, "billingTerms": "monthly", "items": [{"product": "seat"}]},
        )  # fmt: skip
    return made


async def test_eight_clocks_at_once_are_all_moved(api: Api, clocks: list[str]) -> None:
    """Three months each, 24 invoices; and another seller's request is answered meanwhile."""
    moving = [
        asyncio.create_task(
            api.one.changed(
                "accountClockAdvance", "account { id } invoiceCount",
                {"account": key, "to": "2026-04-02T00:00:00+02:00"},
            )
        )
        for key in clocks
    ]  # fmt: skip
    await asyncio.sleep(0.1)
    began = time.monotonic()
    await api.other.ask("{ accounts(first: 1) { edges { node { id } } } }")
    waited = time.monotonic() - began
    answers = await asyncio.gather(*moving)

    assert [one["invoiceCount"] for one in answers] == [3] * CLOCKS
    assert waited < 2


async def test_a_clock_that_gets_no_turn_is_refused_and_stays(
    api: Api, clocks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Usage is being stored for longer than a request waits: CLOCK_BUSY, and no invoice."""
    monkeypatch.setattr(clock_turns, "WAIT_SECONDS", 0.3)
    reading = "query ($id: ID!) { account(id: $id) { testClock invoices { totalCount } } }"
    asked = {"account": clocks[0], "to": "2026-06-01T12:00:00+02:00"}
    before = await api.one.ask(reading, id=clocks[0])
    async with api.application.transaction(api.one.tenant_id, actor="test") as tx:
        await share_freeze(tx)
        refused = await api.one.codes("accountClockAdvance", asked)

    assert refused == [("CLOCK_BUSY", "input.account")]
    assert await api.one.ask(reading, id=clocks[0]) == before
    await api.one.changed("accountClockAdvance", "account { id }", asked)


async def test_a_refusal_for_want_of_a_turn_is_not_kept_under_its_key(
    api: Api, clocks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The very same request succeeds a moment later: no other key is needed."""
    monkeypatch.setattr(clock_turns, "WAIT_SECONDS", 0.3)
    asked = {
        "account": clocks[1], "to": "2026-06-01T12:00:00+02:00", "idempotencyKey": "again",
    }  # fmt: skip
    async with api.application.transaction(api.one.tenant_id, actor="test") as tx:
        await share_freeze(tx)
        refused = await api.one.codes("accountClockAdvance", asked)
    assert refused == [("CLOCK_BUSY", "input.account")]
    moved = await api.one.changed("accountClockAdvance", "invoiceCount", asked)
    assert moved["invoiceCount"] == 2  # of April and of May


def test_a_request_is_told_before_it_is_cut_off() -> None:
    """What waits for as long as a request may take is never told anything."""
    assert clock_turns.WAIT_SECONDS < EXECUTION_SECONDS - 2


async def test_those_beyond_the_most_that_wait_are_refused_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One moves and two wait: the fourth is refused, another seller's is not."""
    monkeypatch.setattr(clock_turns, "MOST_WAITING", 2)
    seller, may_end = uuid4(), asyncio.Event()
    three = [asyncio.create_task(in_turn(seller, may_end.wait)) for _each in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(ClockBusy):
        await in_turn(seller, may_end.wait)
    another = asyncio.create_task(in_turn(uuid4(), may_end.wait))
    may_end.set()
    assert await asyncio.gather(*three, another) == [True] * 4


async def test_who_leaves_the_queue_or_their_turn_leaves_it_to_others() -> None:
    """Cancelled while waiting, cancelled while moving, failed: the next one moves."""
    seller, never = uuid4(), asyncio.Event()

    async def fail() -> None:
        raise LookupError

    moving, waiting = (asyncio.create_task(in_turn(seller, never.wait)) for _each in range(2))
    failing = asyncio.create_task(in_turn(seller, fail))
    last = asyncio.create_task(in_turn(seller, lambda: asyncio.sleep(0, "moved")))
    await asyncio.sleep(0)
    waiting.cancel()
    moving.cancel()
    ended = await asyncio.gather(moving, waiting, failing, return_exceptions=True)
    assert [type(each) for each in ended] == [
        asyncio.CancelledError, asyncio.CancelledError, LookupError,
    ]  # fmt: skip
    assert await last == "moved"
