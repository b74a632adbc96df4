"""Wallets through the API: topping up, paying, and what a wallet shows of it."""

from __future__ import annotations

from typing import Any

import pytest

from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from tests.graphql.api_clients import Api, KeyClient

CATALOGUE = """
products:
  seats: {kind: licence, name: Seats}
  email: {kind: usage_service, name: E-mails, meters: {channel: email, unit: email}}
price_plans:
  simple: {name: Simple, currency: EUR, rates: {seats: {base: 25}, email: {base: 0.50}}}
billing_terms:
  prepaid: {name: Prepaid, kind: prepaid, plans: [simple]}
  monthly: {name: Monthly, plans: [simple]}
"""
WALLET = "wallet { id balance { amount currencyCode } shortSince }"
SHOWN = """
query ($id: ID!) {
  subscription(id: $id) {
    wallet {
      balance { amount }
      shortSince
      subscription { id }
      entries(first: 10) {
        edges { node {
          kind amount { amount } balance { amount } reference actor { kind }
          invoice { total { amount } }
        } }
      }
    }
  }
}
"""


@pytest.fixture(scope="module")
async def seller(api: Api) -> Api:
    """Two sellers with the same catalogue."""
    for client in (api.one, api.other):
        async with api.transaction(client) as tx:
            await apply_catalogue(tx, load_catalogue(CATALOGUE))
    return api


async def subscribed(client: KeyClient, name: str, *, terms: str = "prepaid") -> str:
    """An account on a test clock with e-mails and a seat from 1 January; its subscription."""
    account = {"name": name, "ref": name, "country": "FR", "testClock": "2026-01-01T00:00:00Z"}
    await client.changed("accountCreate", "account { id }", account)
    answer = await client.changed(
        "subscriptionCreate",
        "subscription { id }",
        {
            "account": name, "billingTerms": terms, "ref": f"{name}-s",
            "items": [{"product": "email"}, {"product": "seats"}],
        },
    )  # fmt: skip
    found: str = answer["subscription"]["id"]
    return found


async def topped_up(client: KeyClient, subscription: str, amount: str, **more: Any) -> Any:
    """Top up and return the wallet."""
    given = {"subscription": subscription, "amount": amount, **more}
    return (await client.changed("walletTopUp", WALLET, given))["wallet"]


def entries(wallet: Any) -> list[Any]:
    """The movements of a wallet, the last one first."""
    return [edge["node"] for edge in wallet["entries"]["edges"]]


async def test_a_month_of_a_wallet(seller: Api) -> None:
    """60.00 in; the seat of January is 30.00 with tax, 10 e-mails are 6.00: 24.00 are left.

    The seat of February needs 30.00, less nothing: short by 6.00; 10.00 more pay it.
    """
    one = seller.one
    subscription = await subscribed(one, "wallet-month")
    assert (await topped_up(one, subscription, "60", reference="cash 1"))["balance"] == {
        "amount": "60",
        "currencyCode": "EUR",
    }
    await one.changed(
        "accountClockAdvance",
        "invoiceCount",
        {"account": "wallet-month", "to": "2026-01-05T00:00:00Z"},
    )
    event = {
        "account": "wallet-month", "source": "router", "id": "w1",
        "occurredAt": "2026-01-05T00:00:00Z", "event": {"email": {"recipients": 10}},
    }  # fmt: skip
    answer = await one.changed("usageRecord", "verdicts { verdict }", {"events": [event]})
    assert answer["verdicts"] == [{"verdict": "ACCEPTED"}]
    answer = await one.changed(
        "accountClockAdvance",
        "invoiceCount parkedCount",
        {"account": "wallet-month", "to": "2026-02-01T00:00:00Z"},
    )
    assert answer == {"invoiceCount": 0, "parkedCount": 1, "userErrors": []}
    shown = (await one.ask(SHOWN, id=subscription))["subscription"]["wallet"]
    assert (shown["balance"]["amount"], shown["shortSince"]) == (
        "24",
        "2026-01-31T23:00:00Z",  # midnight in Paris, where the account lives
    )
    assert shown["subscription"] == {"id": subscription}

    assert (await topped_up(one, subscription, "10"))["shortSince"] is None

    wallet = (await one.ask(SHOWN, id=subscription))["subscription"]["wallet"]
    assert wallet["balance"] == {"amount": "4"}
    assert [
        (each["kind"], each["amount"]["amount"], each["balance"]["amount"], each["reference"])
        for each in entries(wallet)
    ] == [
        ("INVOICE", "-30", "4", ""),
        ("TOP_UP", "10", "34", ""),
        ("USAGE", "-6", "24", "router w1"),
        ("INVOICE", "-30", "30", ""),
        ("TOP_UP", "60", "60", "cash 1"),
    ]
    # January's e-mails and February's seat: 36.00, of which 6.00 were paid before.
    assert entries(wallet)[0]["invoice"] == {"total": {"amount": "36"}}


async def test_what_the_wallet_cannot_pay_is_a_verdict(seller: Api) -> None:
    """1.00 does not pay two e-mails of 0.60."""
    one = seller.one
    subscription = await subscribed(one, "wallet-short")
    await topped_up(one, subscription, "1")
    event = {
        "account": "wallet-short", "source": "router", "id": "w2",
        "occurredAt": "2026-01-01T00:00:00Z", "event": {"email": {"recipients": 2}},
    }  # fmt: skip

    answer = await one.changed(
        "usageRecord", "verdicts { verdict reason }", {"events": [event]}
    )

    assert answer["verdicts"] == [{"verdict": "REJECTED", "reason": "WALLET_SHORT"}]


async def test_a_key_tops_up_once_and_a_dry_run_never(seller: Api) -> None:
    """5.00 with a key, twice, and 7.00 as a rehearsal: 5.00."""
    one = seller.one
    subscription = await subscribed(one, "wallet-key")

    first = await topped_up(one, subscription, "5", idempotencyKey="top-up-1")
    again = await topped_up(one, subscription, "5", idempotencyKey="top-up-1")
    rehearsed = await topped_up(one, subscription, "7", dryRun=True)

    assert first == again
    assert rehearsed["balance"]["amount"] == "12"
    shown = (await one.ask(SHOWN, id=subscription))["subscription"]["wallet"]
    assert shown["balance"] == {"amount": "5"}


@pytest.mark.parametrize(
    ("amount", "code"),
    [("0", "TOP_UP_REFUSED"), ("-1", "TOP_UP_REFUSED"), ("0.001", "TOP_UP_REFUSED")],
)
async def test_a_top_up_is_an_amount_of_money(seller: Api, amount: str, code: str) -> None:
    """Refused with the path to the amount; the wallet stays empty."""
    name = f"wallet-refused{amount}"
    subscription = await subscribed(seller.one, name)

    refused = {"subscription": subscription, "amount": amount}
    assert await seller.one.codes("walletTopUp", refused) == [(code, "input.amount")]

    shown = (await seller.one.ask(SHOWN, id=subscription))["subscription"]["wallet"]
    assert (shown["balance"], entries(shown)) == ({"amount": "0"}, [])


async def test_normal_terms_have_no_wallet(seller: Api) -> None:
    """Null, and nothing to top up."""
    subscription = await subscribed(seller.one, "wallet-none", terms="monthly")

    assert (await seller.one.ask(SHOWN, id=subscription))["subscription"]["wallet"] is None
    refused = await seller.one.codes(
        "walletTopUp", {"subscription": subscription, "amount": "1"}
    )
    assert refused == [("NOT_PREPAID", "input.subscription")]


async def test_the_other_sellers_wallet_does_not_exist(seller: Api) -> None:
    """Neither by its subscription nor as a node, and its balance stays."""
    subscription = await subscribed(seller.other, "wallet-theirs")
    wallet = await topped_up(seller.other, subscription, "9")

    refused = await seller.one.codes(
        "walletTopUp", {"subscription": subscription, "amount": "1"}
    )
    node = await seller.one.ask("query ($id: ID!) { node(id: $id) { id } }", id=wallet["id"])

    assert (refused, node["node"]) == ([("NOT_FOUND", "input.subscription")], None)
    shown = (await seller.other.ask(SHOWN, id=subscription))["subscription"]["wallet"]
    assert shown["balance"] == {"amount": "9"}
