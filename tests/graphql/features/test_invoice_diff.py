"""Asking why an invoice differs from the one before."""

from __future__ import annotations

from typing import Any

import pytest

from core.tenancy import Capability
from tests.graphql.api_clients import Api, KeyClient

CATALOGUE = """
products:
  desk: {kind: licence, name: Desk}
  email: {kind: usage_service, name: E-mails, meters: {channel: email, unit: email}}
price_plans:
  desks:
    name: Desks
    currency: EUR
    rates:
      desk: {base: 10}
      email: {base: 1.90, package: {size: 1000}}
billing_terms:
  monthly: {name: Monthly, plans: [desks], default_plan: desks}
"""

DIFF = """
query ($id: ID!, $against: ID) {
  invoiceDiff(invoice: $id, against: $against) {
    before { number } after { number } net { amount } total { amount } changed unchanged
    lines {
      kind productCode quantityBefore quantityAfter before { amount } after { amount }
      net { amount } gross { amount }
      parts { cause net { amount } gross { amount } explanation } }
  }
}
"""


@pytest.fixture(scope="module")
async def invoices(api: Api) -> list[str]:
    """January: 2 desks, 1,500 e-mails. February: 2 desks, 4,100 e-mails. March: only desks."""
    seller = api.one
    await seller.changed("catalogueApply", "diff", {"yaml": CATALOGUE})
    account = await seller.changed(
        "accountCreate", "account { id }",
        {"name": "Desks", "ref": "desks", "testClock": "2026-01-01T00:00:00+01:00"},
    )  # fmt: skip
    key = account["account"]["id"]
    await seller.changed(
        "subscriptionCreate",
        "subscription { id }",
        {
            "account": key,
            "billingTerms": "monthly",
            "pricePlan": "desks",
            "items": [{"product": "desk", "quantity": "2"}, {"product": "email"}],
        },
    )
    for month, sent in ((1, 1500), (2, 4100), (3, 0)):
        await _to(seller, key, f"2026-0{month}-20T00:00:00+01:00")
        if sent:
            await _sent(seller, key, sent, f"2026-0{month}-10T00:00:00+01:00")
    await _to(seller, key, "2026-04-02T00:00:00+02:00")
    found = await seller.ask("{ invoices(first: 10) { edges { node { id dueAt } } } }")
    nodes = [edge["node"] for edge in found["invoices"]["edges"]]
    return [node["id"] for node in sorted(nodes, key=lambda node: node["dueAt"])]


async def _to(seller: KeyClient, key: str, at: str) -> None:
    await seller.changed("accountClockAdvance", "account { id }", {"account": key, "to": at})


async def _sent(seller: KeyClient, key: str, recipients: int, at: str) -> None:
    document = """mutation ($input: UsageRecordInput!) {
      usageRecord(input: $input) { counts { accepted } } }"""
    event: dict[str, Any] = {
        "account": key,
        "source": "router",
        "id": at,
        "occurredAt": at,
        "event": {"email": {"recipients": recipients}},
    }
    answer = await seller.ask(document, input={"events": [event]})
    assert answer["usageRecord"]["counts"] == {"accepted": 1}, answer


async def test_the_invoice_before_is_the_one_compared_with(
    api: Api, invoices: list[str]
) -> None:
    """2 started thousands, then 5: 3 x 1.90 = 5.70 more, with 20 % tax 6.84."""
    found = (await api.one.ask(DIFF, id=invoices[1]))["invoiceDiff"]

    assert (found["net"], found["total"]) == ({"amount": "5.7"}, {"amount": "6.84"})
    assert (found["changed"], found["unchanged"]) == (1, 1)
    assert found["lines"] == [
        {
            "kind": "USAGE",
            "productCode": "email",
            "quantityBefore": "1500",
            "quantityAfter": "4100",
            "before": {"amount": "3.8"},
            "after": {"amount": "9.5"},
            "net": {"amount": "5.7"},
            "gross": {"amount": "6.84"},
            "parts": [
                {
                    "cause": "QUANTITY",
                    "net": {"amount": "5.7"},
                    "gross": {"amount": "6.84"},
                    "explanation": "1500 → 4100 email",
                }
            ],
        }
    ]


async def test_another_invoice_can_be_named(api: Api, invoices: list[str]) -> None:
    """March against January: no e-mails were sent, 3.80 and its tax of 0.76 less."""
    answer = await api.one.ask(DIFF, id=invoices[2], against=invoices[0])

    (only,) = answer["invoiceDiff"]["lines"]
    assert [part["cause"] for part in only["parts"]] == ["USAGE_STOPPED"]
    assert only["parts"][0]["explanation"] == "1500 → 0 email"
    assert only["gross"] == {"amount": "-4.56"}
    assert only["after"] is None


async def test_the_first_invoice_has_none_before(api: Api, invoices: list[str]) -> None:
    """Null, and no error."""
    assert (await api.one.ask(DIFF, id=invoices[0]))["invoiceDiff"] is None


async def test_what_cannot_be_compared_is_refused(api: Api, invoices: list[str]) -> None:
    """Another seller's invoices, none at all, no invoices, too many lines, no right."""
    weak = await api.key_with(Capability.USAGE_READ)

    assert await api.other.refused(DIFF, id=invoices[1]) == ["NOT_FOUND"]
    nobody = invoices[1][:-3] + "000"
    assert await api.one.refused(DIFF, id=nobody) == ["NOT_FOUND"]
    assert await api.one.refused(DIFF, id=invoices[1], against=nobody) == ["NOT_FOUND"]
    assert await api.one.refused(DIFF, id="acc_x") == ["ID_MALFORMED"]
    few = "query ($id: ID!) { invoiceDiff(invoice: $id) { lines(first: 501) { kind } } }"
    assert await api.one.refused(few, id=invoices[1]) == ["LINES_OUT_OF_BOUNDS"]
    assert await weak.refused(DIFF, id=invoices[1]) == ["FORBIDDEN"]


async def test_invoices_of_two_customers_are_not_compared(
    api: Api, invoices: list[str]
) -> None:
    """Two accounts have nothing in common."""
    seller = api.one
    account = await seller.changed(
        "accountCreate", "account { id }",
        {"name": "Else", "testClock": "2026-01-01T00:00:00+01:00"},
    )  # fmt: skip
    key = account["account"]["id"]
    await seller.changed(
        "subscriptionCreate",
        "subscription { id }",
        {"account": key, "billingTerms": "monthly", "pricePlan": "desks",
         "items": [{"product": "desk"}]},
    )  # fmt: skip
    await _to(seller, key, "2026-02-02T00:00:00+01:00")
    asking = "query ($id: ID!) { invoices(where: {account: $id}) { edges { node { id } } } }"
    found = await seller.ask(asking, id=key)
    other = found["invoices"]["edges"][0]["node"]["id"]

    assert await seller.refused(DIFF, id=invoices[1], against=other) == [
        "INVOICES_NOT_COMPARABLE"
    ]
