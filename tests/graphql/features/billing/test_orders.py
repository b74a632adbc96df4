"""Ordering films through the API: now, later, what is available, and whose orders one sees."""

from __future__ import annotations

from typing import Any

import pytest

from tests.graphql.api_clients import Api
from tests.graphql.features.billing.selling import MovableClock, Selling

CATALOGUE = """
products:
  ppv: {kind: termed_service, name: PPV Movies}
  film: {kind: usage_service, name: Film, type: film, meters: {channel: ott, unit: order}}
price_plans:
  tv: {name: TV, currency: EUR, rates: {ppv: {base: 10}}}
billing_terms:
  monthly: {name: By the month, plans: [tv], default_plan: tv}
udr_types:
  film: {name: Film, devices: {values: [box]}}
usage_definitions:
  films: {name: Films, product_types: [film], providers: [Nagra Media Live]}
usage_catalogues:
  films:
    name: Films
    currency: EUR
    provider: Nagra Media Live
    termed_services: [ppv]
    services:
      film: {provisioning_id: F1, base: 3, rates: [{from: "00:01", to: "06:59", price: 2}]}
"""
ORDER = "order { id state orderedFor reason eventId service { code } provisioning { state } }"
TABLES = ("usage_order", "usage_event", "provisioning_request", "outbox")


@pytest.fixture(scope="module")
async def catalogue(api: Api, clock: MovableClock) -> Selling:
    """The seller with films, applied once."""
    selling = Selling(api, clock)
    await selling.apply(CATALOGUE)
    return selling


def film(subscription: str, **changes: Any) -> dict[str, Any]:
    """An order of the film."""
    return {"subscription": subscription, "service": "film", "udrType": "film"} | changes


async def test_an_order_for_now_is_posted_with_its_event_and_its_request(
    selling: Selling, api: Api
) -> None:
    """3.00 at noon; the event shows how its price came about."""
    customer = await selling.customer(("ppv", "1"))
    payload = await api.one.change(
        "usageOrder", ORDER, film(customer.subscription, device="box")
    )
    assert payload["userErrors"] == []
    order = payload["order"]
    assert (order["state"], order["service"]["code"]) == ("POSTED", "film")
    assert order["provisioning"] == [{"state": "WAITING"}]
    found = await api.one.ask(
        "query ($id: ID!) { node(id: $id) { ... on OttUsageEvent { amount source dimension"
        " rating { directive rate quantity unitPrice usageCatalogue }"
        " event { service device directive } } } }",
        id=order["eventId"],
    )
    assert found["node"] == {
        "amount": "3",
        "source": "order",
        "dimension": "",
        "rating": {
            "directive": "bill",
            "rate": "",
            "quantity": "1",
            "unitPrice": "3",
            "usageCatalogue": "films",
        },
        "event": {"service": "film", "device": "box", "directive": "BILL"},
    }


async def test_an_order_for_later_waits_and_can_be_cancelled_once(
    selling: Selling, api: Api
) -> None:
    """For 03:00; no event, no request."""
    customer = await selling.customer(("ppv", "1"))
    later = film(customer.subscription, orderedFor="2026-01-11T03:00:00+01:00")
    order = (await api.one.change("usageOrder", ORDER, later))["order"]
    assert (order["state"], order["eventId"], order["provisioning"]) == ("SCHEDULED", None, [])
    cancelled = await api.one.change("usageOrderCancel", ORDER, {"order": order["id"]})
    assert cancelled["order"]["state"] == "CANCELLED"
    again = await api.one.change("usageOrderCancel", ORDER, {"order": order["id"]})
    assert [error["code"] for error in again["userErrors"]] == ["ORDER_NOT_SCHEDULED"]


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"service": "ppv"}, "SERVICE_NOT_OFFERED", ["input", "service"]),
        ({"termedService": "film"}, "NO_TERMED_SERVICE", ["input", "termedService"]),
        ({"device": "fridge"}, "INVALID_VALUE", ["input", "device"]),
        ({"amount": "0"}, "INVALID_VALUE", ["input", "amount"]),
        ({"orderedFor": "2026-01-01T00:00:00Z"}, "ORDER_IN_THE_PAST", ["input", "orderedFor"]),
        ({"subscription": "nobody"}, "NOT_FOUND", ["input", "subscription"]),
    ],
)
async def test_what_cannot_be_ordered_is_a_user_error_and_changes_nothing(
    selling: Selling, api: Api, changes: dict[str, Any], code: str, path: list[str]
) -> None:
    """With the reason as its code, and the path to the argument."""
    customer = await selling.customer(("ppv", "1"))
    before = await api.rows(*TABLES)
    payload = await api.one.change("usageOrder", ORDER, film(customer.subscription) | changes)
    (error,) = payload["userErrors"]
    assert (error["code"], error["path"]) == (code, path)
    assert payload["order"] is None
    assert await api.rows(*TABLES) == before


async def test_a_key_orders_once_and_a_dry_run_not_at_all(selling: Selling, api: Api) -> None:
    """The same key brings the same order; a dry run shows it and keeps nothing."""
    customer = await selling.customer(("ppv", "1"))
    before = await api.rows(*TABLES)
    dry = await api.one.change("usageOrder", ORDER, film(customer.subscription, dryRun=True))
    assert dry["order"]["state"] == "POSTED"
    assert await api.rows(*TABLES) == before
    given = film(customer.subscription, idempotencyKey="film-of-the-evening")
    first = await api.one.change("usageOrder", ORDER, given)
    again = await api.one.change("usageOrder", ORDER, given)
    assert first["order"]["id"] == again["order"]["id"]
    assert (await api.rows("usage_order"))["usage_order"] == before["usage_order"] + 1


async def test_available_services_show_their_prices(selling: Selling, api: Api) -> None:
    """A base price and the one of the night; a subscription without PPV has none."""
    customer = await selling.customer(("ppv", "1"))
    asked = (
        "query ($s: ID!, $at: DateTime) { availableUsageServices(subscription: $s, at: $at) {"
        " catalogue provider termedService basePrice { amount currencyCode }"
        " rates { name price { amount } } service { code } } }"
    )
    found = await api.one.ask(asked, s=customer.subscription)
    assert found["availableUsageServices"] == [
        {
            "catalogue": "films",
            "provider": "Nagra Media Live",
            "termedService": "ppv",
            "basePrice": {"amount": "3", "currencyCode": "EUR"},
            "rates": [{"name": "00:01-06:59", "price": {"amount": "2"}}],
            "service": {"code": "film"},
        }
    ]
    before = await api.one.ask(asked, s=customer.subscription, at="2025-12-01T00:00:00Z")
    assert before["availableUsageServices"] == []


async def test_orders_are_listed_below_their_subscription_the_last_first(
    selling: Selling, api: Api
) -> None:
    """Two orders, a page of one each."""
    customer = await selling.customer(("ppv", "1"))
    ids = [
        (await api.one.change("usageOrder", ORDER, film(customer.subscription)))["order"]["id"]
        for _ in range(2)
    ]
    asked = (
        "query ($id: ID!, $after: String) { node(id: $id) { ... on Subscription {"
        " usageOrders(first: 1, after: $after) { pageInfo { endCursor hasNextPage }"
        " edges { node { id } } } } } }"
    )
    page = (await api.one.ask(asked, id=customer.subscription))["node"]["usageOrders"]
    assert [edge["node"]["id"] for edge in page["edges"]] == [ids[1]]
    assert page["pageInfo"]["hasNextPage"]
    after = page["pageInfo"]["endCursor"]
    page = (await api.one.ask(asked, id=customer.subscription, after=after))["node"]
    assert [edge["node"]["id"] for edge in page["usageOrders"]["edges"]] == [ids[0]]


async def test_another_seller_sees_and_changes_no_order(selling: Selling, api: Api) -> None:
    """Ids of the first seller lead nowhere; a key without the capability is refused."""
    customer = await selling.customer(("ppv", "1"))
    later = film(customer.subscription, orderedFor="2026-01-11T03:00:00+01:00")
    order = (await api.one.change("usageOrder", ORDER, later))["order"]
    payload = await api.other.change("usageOrderCancel", ORDER, {"order": order["id"]})
    assert [error["code"] for error in payload["userErrors"]] == ["NOT_FOUND"]
    payload = await api.other.change("usageOrder", ORDER, film(customer.subscription))
    assert [error["code"] for error in payload["userErrors"]] == ["NOT_FOUND"]
    found = await api.other.ask("query ($id: ID!) { node(id: $id) { id } }", id=order["id"])
    assert found["node"] is None
    codes = await api.other.refused(
        "query ($s: ID!) { availableUsageServices(subscription: $s) { catalogue } }",
        s=customer.subscription,
    )
    assert codes == ["NOT_FOUND"]
    reader = await api.key_with("usage.read")
    assert await reader.refused(
        "mutation ($i: UsageOrderInput!) { usageOrder(input: $i) { order { id } } }",
        i=film(customer.subscription),
    ) == ["FORBIDDEN"]
    mine = await api.one.ask("query ($id: ID!) { node(id: $id) { id } }", id=order["id"])
    assert mine["node"] == {"id": order["id"]}


async def test_usage_of_films_is_recorded_and_voided_like_any_other(
    selling: Selling, api: Api
) -> None:
    """Reported by another system at 03:00: 2.00, by name of its rate; then taken back."""
    customer = await selling.customer(("ppv", "1"))
    event = selling.mail(
        customer.ref,
        id="box-1",
        occurredAt="2026-01-09T03:00:00+01:00",
        event={"ott": {"service": "film", "udrType": "film"}},
    )
    assert await selling.outcomes(event) == ["ACCEPTED"]
    given = {"account": customer.ref, "source": "router", "id": "box-1"}
    voided = await api.one.change("usageVoid", "event { id amount dimension state }", given)
    assert voided["event"] | {"id": ""} == {
        "id": "",
        "amount": "2",
        "dimension": "00:01-06:59",
        "state": "VOIDED",
    }
