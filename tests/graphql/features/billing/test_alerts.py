"""Alerts through the API: defined, told, listed, changed, removed, and refused."""

from __future__ import annotations

from typing import Any

import pytest

from core.alerts.looking import look_at_all, look_for_usage
from core.alerts.raising import measure_queue
from core.billing_cycles.pricing import Pricing
from tests.graphql.features.billing.selling import Selling

DEFINE = """
mutation ($input: AlertDefineInput!) {
  alertDefine(input: $input) {
    alert { id name measure thresholds budget currency feature isActive
      definedBy { kind } account { ref } subscription { ref } product { code }
      pricePlan { code } holds { code } }
    userErrors { code path message }
  }
}
"""
UPDATE = """
mutation ($input: AlertUpdateInput!) {
  alertUpdate(input: $input) { alert { id name thresholds budget } userErrors { code path } }
}
"""
REMOVE = """
mutation ($input: AlertRemoveInput!) {
  alertRemove(input: $input) { alert { id isActive } userErrors { code path } }
}
"""
EVENTS = """
query ($where: AlertEventWhere) {
  alertEvents(where: $where) { totalCount edges { node {
    id threshold level value currency periodFrom periodUntil raisedAt
    alert { name } account { ref } subscription { ref } } } }
}
"""


async def define(selling: Selling, **given: Any) -> dict[str, Any]:
    """Define an alert and return the payload."""
    asked = {"name": "Alert", "measure": "USAGE_AMOUNT", "thresholds": ["3"]} | given
    payload: dict[str, Any] = (await selling.api.one.ask(DEFINE, input=asked))["alertDefine"]
    return payload


async def look(selling: Selling) -> None:
    """Look as a worker does."""
    application = selling.api.application
    pricing = Pricing(application.host, application.pool)
    async with selling.api.transaction() as tx:
        await look_for_usage(tx)
    async with selling.api.transaction() as tx:
        while await look_at_all(tx):
            pass
    async with selling.api.transaction() as tx:
        while await measure_queue(tx, pricing=pricing):
            pass


async def test_a_customers_spend_is_told_once(selling: Selling) -> None:
    """1500 e-mails are 2 batches at 1.90: 3.80, beyond 3.00 and 3.80."""
    customer = await selling.customer(("mail", "1"))
    made = await define(
        selling, thresholds=["3", "3.8", "4"], subscription=f"{customer.ref}-s",
        idempotencyKey=f"k-{customer.ref}",
    )  # fmt: skip
    again = await define(
        selling, thresholds=["3", "3.8", "4"], subscription=f"{customer.ref}-s",
        idempotencyKey=f"k-{customer.ref}",
    )  # fmt: skip
    assert made["userErrors"] == []
    assert again["alert"]["id"] == made["alert"]["id"]
    assert made["alert"] == {
        "id": made["alert"]["id"], "name": "Alert", "measure": "USAGE_AMOUNT",
        "thresholds": ["3", "3.8", "4"], "budget": None, "currency": "EUR", "feature": None,
        "isActive": True, "definedBy": {"kind": "API_KEY"}, "account": {"ref": customer.ref},
        "subscription": {"ref": f"{customer.ref}-s"}, "product": None, "pricePlan": None,
        "holds": None,
    }  # fmt: skip
    await selling.record(selling.mail(customer.ref, 1500))
    await look(selling)
    await look(selling)
    found = await selling.api.one.ask(EVENTS, where={"account": customer.ref})
    nodes = [edge["node"] for edge in found["alertEvents"]["edges"]]
    assert [(one["threshold"], one["value"], one["currency"]) for one in nodes] == [
        ("3.8", "3.8", "EUR"), ("3", "3.8", "EUR"),
    ]  # fmt: skip
    assert nodes[0]["periodFrom"] == "2025-12-31T23:00:00Z"
    assert nodes[0]["subscription"] == {"ref": f"{customer.ref}-s"}
    below = await selling.api.one.ask(
        "query ($id: ID!) { subscription(id: $id) { alerts { edges { node { id } } }"
        " alertEvents { edges { node { id } } }"
        " account { alertEvents { edges { node { id } } } } } }",
        id=customer.subscription,
    )
    told = {"edges": [{"node": {"id": one["id"]}} for one in nodes]}
    assert below["subscription"] == {
        "alerts": {"edges": [{"node": {"id": made["alert"]["id"]}}]},
        "alertEvents": told,
        "account": {"alertEvents": told},
    }
    shown = await selling.api.one.ask(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id"
        " ... on Alert { events { edges { node { threshold } } } } } }",
        ids=[made["alert"]["id"], nodes[0]["id"]],
    )
    assert shown["nodes"] == [
        {"__typename": "Alert", "id": made["alert"]["id"],
         "events": {"edges": [{"node": {"threshold": "3.8"}}, {"node": {"threshold": "3"}}]}},
        {"__typename": "AlertEvent", "id": nodes[0]["id"]},
    ]  # fmt: skip


async def test_what_an_alert_names_is_shown(selling: Selling) -> None:
    """A product of which a budget is watched, a plan, and a product that is held."""
    quantity = await define(
        selling, measure="QUANTITY", product="mail", budget="1000", thresholds=["80"]
    )
    assert quantity["alert"]["product"] == {"code": "mail"}
    assert (quantity["alert"]["budget"], quantity["alert"]["currency"]) == ("1000", None)
    planned = await define(selling, pricePlan="simple", thresholds=["1000000"])
    assert planned["alert"]["pricePlan"] == {"code": "simple"}
    holding = await define(selling, holds="seats", thresholds=["1000000"])
    assert holding["alert"]["holds"] == {"code": "seats"}


async def test_an_alert_is_changed_and_removed(selling: Selling) -> None:
    """Other thresholds, then gone; a second removal finds nothing, and lists say so."""
    made = (await define(selling, thresholds=["1000000"], name="Old"))["alert"]
    changed = await selling.api.one.ask(
        UPDATE, input={"alert": made["id"], "name": "New", "thresholds": ["5", "2000000"]}
    )
    assert changed["alertUpdate"]["alert"] == {
        "id": made["id"], "name": "New", "thresholds": ["5", "2000000"], "budget": None,
    }  # fmt: skip
    removed = await selling.api.one.ask(REMOVE, input={"alert": made["id"]})
    assert removed["alertRemove"]["alert"] == {"id": made["id"], "isActive": False}
    for mutation, name in ((REMOVE, "alertRemove"), (UPDATE, "alertUpdate")):
        refused = await selling.api.one.ask(mutation, input={"alert": made["id"]})
        assert refused[name]["userErrors"] == [
            {"code": "NOT_FOUND", "path": ["input", "alert"]}
        ]
    for active in (True, False):
        listed = await selling.api.one.ask(
            "query ($a: Boolean!) { alerts(first: 100, where: {isActive: $a})"
            " { edges { node { id } } } }",
            a=active,
        )
        ids = [edge["node"]["id"] for edge in listed["alerts"]["edges"]]
        assert (made["id"] in ids) is not active


REFUSED: list[tuple[str, dict[str, Any], str, list[str]]] = [
    ("no threshold", {"thresholds": []}, "INVALID_THRESHOLDS", ["thresholds"]),
    ("a threshold of nothing", {"thresholds": ["0"]}, "INVALID_THRESHOLDS",
     ["thresholds", "0"]),
    ("not ascending", {"thresholds": ["2", "1"]}, "INVALID_THRESHOLDS", ["thresholds", "1"]),
    ("too many", {"thresholds": [str(n) for n in range(1, 12)]}, "INVALID_THRESHOLDS",
     ["thresholds"]),
    ("an empty name", {"name": " "}, "INVALID_TEXT", ["name"]),
    ("a budget below nothing", {"budget": "-1"}, "INVALID_BUDGET", ["budget"]),
    ("two of whom", {"holds": "seats", "pricePlan": "simple"}, "WATCH_ONE_THING",
     ["subscription"]),
    ("no product", {"measure": "QUANTITY"}, "WATCH_ONE_THING", ["product"]),
    ("a product with no usage", {"measure": "QUANTITY", "product": "seats"},
     "NOT_MEASURABLE", ["product"]),
    ("an unknown product", {"measure": "QUANTITY", "product": "nothing"}, "NOT_FOUND",
     ["product"]),
    ("an unknown account", {"account": "nobody"}, "NOT_FOUND", ["account"]),
    ("an unknown feature", {"measure": "ALLOWANCE", "feature": "none"}, "NOT_FOUND",
     ["feature"]),
    ("another currency", {"pricePlan": "simple", "currency": "USD"}, "CURRENCY_MISMATCH",
     ["currency"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "code", "path"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
async def test_what_makes_no_alert_is_refused(
    selling: Selling, given: dict[str, Any], code: str, path: list[str]
) -> None:
    """One row a refusal; afterwards there are as many alerts as before."""
    before = await _count(selling)
    payload = await define(selling, **given)
    assert payload["alert"] is None
    errors = [(one["code"], one["path"]) for one in payload["userErrors"]]
    assert errors == [(code, ["input", *path])]
    assert await _count(selling) == before


async def _count(selling: Selling) -> int:
    async with selling.api.transaction() as tx:
        found: int = await tx.fetchval(
            "SELECT count(*) FROM alert WHERE tenant_id = $1", tx.tenant_id
        )
    return found


async def test_another_seller_sees_and_changes_nothing_of_it(selling: Selling) -> None:
    """Ids of others lead nowhere, and lists are one's own."""
    made = (await define(selling, thresholds=["1000000"]))["alert"]
    other = selling.api.other
    shown = await other.ask("query ($id: ID!) { node(id: $id) { id } }", id=made["id"])
    assert shown["node"] is None
    listed = await other.ask("{ alerts { edges { node { id } } } }")
    assert listed["alerts"]["edges"] == []
    refused = await other.ask(REMOVE, input={"alert": made["id"]})
    assert refused["alertRemove"]["userErrors"][0]["code"] == "NOT_FOUND"
