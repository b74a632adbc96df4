"""Sellers who try prices: three customers, and a worker that computes what they would pay."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from core.billing_cycles.pricing import Pricing
from core.simulations.run import run_next_chunk
from tests.graphql.api_clients import Api, KeyClient

CATALOGUE = """
products:
  seat: {kind: licence, name: Seat}
price_plans:
  seats: {name: Seats, currency: EUR, rates: {seat: {base: 10}}}
  dearer: {name: Dearer, currency: EUR, rates: {seat: {base: 12}}}
  empty: {name: Empty, currency: EUR, rates: {}}
billing_terms:
  monthly: {name: Monthly, plans: [seats], default_plan: seats}
"""
HALF = CATALOGUE.replace("base: 10", "base: 5")

READ = """
query ($id: ID!) { simulation(id: $id) {
  state accountsTotal accountsDone month exportPath pricePlan { code }
  totals { currency accounts changed invoiced { amount } credited { amount }
    corrected { amount } unused { amount } unexplained { amount } before { amount }
    after { amount } difference { amount } beforeWithTax { amount } afterWithTax { amount } }
  failed { subscriptions accounts }
  distribution { change fromPercent untilPercent accounts difference { amount } }
  gainers(first: 1) { account { ref } difference { amount } }
  losers(first: 1) { account { ref } difference { amount } isAsInvoiced }
  results(first: 2) { edges { node { account { ref } } } pageInfo { hasNextPage } }
  failures { edges { node { code side account { ref } } } }
} }
"""


async def run_all(api: Api, tenant_id: UUID) -> None:
    """Run what waits, as a worker does."""
    application = api.application
    pricing = Pricing(application.host, application.pool)
    for _chunk in range(50):
        ran = await run_next_chunk(
            application.database, tenant_id, pricing=pricing, installed=application.installed
        )
        if ran is None:
            return
    raise AssertionError("it does not end")


@pytest.fixture(scope="module")
async def customers(api: Api) -> KeyClient:
    """Three customers with 1, 2 and 3 seats on test clocks, January billed in February."""
    seller = api.one
    await seller.changed("catalogueApply", "diff", {"yaml": CATALOGUE})
    for seats in (1, 2, 3):
        account = await seller.changed(
            "accountCreate",
            "account { id }",
            {"name": f"C{seats}", "ref": f"c{seats}", "testClock": "2026-01-01T00:00:00+01:00"},
        )
        key = account["account"]["id"]
        await seller.changed(
            "subscriptionCreate",
            "subscription { id }",
            {
                "account": key,
                "billingTerms": "monthly",
                "pricePlan": "seats",
                "items": [{"product": "seat", "quantity": str(seats)}],
            },
        )
        await seller.changed(
            "accountClockAdvance", "account { id }",
            {"account": key, "to": "2026-02-02T00:00:00+01:00"},
        )  # fmt: skip
    return seller


def asked(**given: Any) -> dict[str, Any]:
    """An input for the three customers' January under the dearer plan."""
    return {
        "month": "2026-01-01",
        "accounts": ["c1", "c2", "c3"],
        "alternative": {"pricePlan": "dearer"},
        **given,
    }


async def started(seller: KeyClient, **given: Any) -> str:
    """Start a simulation and return its id."""
    payload = await seller.changed("simulationStart", "simulation { id state }", asked(**given))
    assert payload["simulation"]["state"] == "QUEUED"
    found: str = payload["simulation"]["id"]
    return found
