"""Sellers whose customers pay: what they sell, a customer on a test clock, what is shown."""

from __future__ import annotations

from typing import Any

from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from tests.graphql.api_clients import Api, KeyClient

CATALOGUE = """
products:
  seats: {kind: licence, name: Seats}
price_plans:
  simple: {name: Simple, currency: EUR, rates: {seats: {base: 25}}}
billing_terms:
  advance:
    name: In advance
    fixed_charges: advance
    plans: [simple]
    payment: {within: 14 days, reminders: [3 days], suspend_after: 20 days}
"""
INVOICES = """
query ($ref: String!) {
  account(ref: $ref) {
    id
    balance { owed { amount } credit { amount } }
    invoices(first: 10) { edges { node {
      id payBy paymentState
      settlement { paid { amount } outstanding { amount } }
      allocations { amount { amount } credit { kind payment { reference } } invoice { id } }
      collections { state attempts gateway amount { amount } method { label } invoice { id } }
      dunning { state nextAt hasSuspended actions { kind at } }
    } } }
    payments(first: 10) { edges { node { id reference gateway account { ref } method { label }
      credit { id left { amount } } } } }
    credits(first: 10) { edges { node { id kind left { amount } account { ref }
      allocations { amount { amount } } } } }
    paymentMethods(first: 10) { edges { node { id label isDefault state account { ref } } } }
    refunds(first: 10) { edges { node { state amount { amount } credit { kind } } } }
  }
}
"""


async def sell_seats(api: Api) -> Api:
    """Give both sellers the same catalogue."""
    for client in (api.one, api.other):
        async with api.transaction(client) as tx:
            await apply_catalogue(tx, load_catalogue(CATALOGUE))
    return api


async def customer(client: KeyClient, name: str, *, card: str | None = None) -> None:
    """An account on a test clock with a seat from 1 January, billed 30.00 on that day."""
    account = {"name": name, "ref": name, "country": "FR", "testClock": "2026-01-01T00:00:00Z"}
    await client.changed("accountCreate", "account { id }", account)
    if card is not None:
        await client.changed("paymentMethodAdd", "paymentMethod { id }", method(name, card))
    await client.changed(
        "subscriptionCreate",
        "subscription { id }",
        {
            "account": name,
            "billingTerms": "advance",
            "items": [{"product": "seats"}],
        },
    )
    await move(client, name, "2026-01-01T00:00:00Z")


def method(account: str, token: str) -> dict[str, Any]:
    """A card of the gateway `test`."""
    return {
        "account": account, "gateway": "test", "kind": "CARD", "token": token,
        "label": "Visa 4242",
    }  # fmt: skip


async def move(client: KeyClient, name: str, to: str) -> None:
    """Move the account's test clock."""
    await client.changed("accountClockAdvance", "__typename", {"account": name, "to": to})


async def shown(client: KeyClient, name: str) -> dict[str, Any]:
    """All that the API says of an account's money."""
    found: dict[str, Any] = (await client.ask(INVOICES, ref=name))["account"]
    for field in ("invoices", "payments", "credits", "paymentMethods", "refunds"):
        found[field] = [edge["node"] for edge in found[field]["edges"]]
    return found
