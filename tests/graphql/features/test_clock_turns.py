"""Many test clocks moved at once: one after the other, or refused in words."""

from __future__ import annotations

import asyncio
import time

import pytest

from api.features.accounts import clock_turns
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
CLOCKS = 12


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


async def test_twelve_clocks_at_once_are_all_moved(api: Api, clocks: list[str]) -> None:
    """Three months each, 36 invoices; and another seller's request is answered meanwhile."""
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
