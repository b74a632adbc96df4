"""A subscription's own attributes: given, shown, and read by conditions."""

from __future__ import annotations

import pytest

from tests.graphql.api_clients import Api

CATALOGUE = """
products:
  gold: {kind: termed_service, name: Gold}
price_plans:
  tv: {name: TV, currency: EUR, rates: {gold: {base: 25}}}
  rural: {name: Rural, currency: EUR, base: tv, rates: {gold: {base: 15}},
    select_when: has(subscription.attributes.area) && subscription.attributes.area == "rural"}
billing_terms:
  monthly: {name: Monthly, plans: [tv], default_plan: tv}
"""
TABLES = ("subscription", "subscription_phase", "billing_period", "history_entry", "outbox")
SHOWN = "subscription { id attributes { name text number flag } }"
RURAL = [{"name": "area", "value": {"text": "rural"}}]


@pytest.fixture(scope="module")
async def shop(api: Api) -> Api:
    """One account, and a plan for the countryside."""
    await api.one.changed("catalogueApply", "__typename", {"yaml": CATALOGUE})
    await api.one.changed("accountCreate", "account { id }", {"name": "A", "ref": "a"})
    return api


def asked(**more: object) -> dict[str, object]:
    """What to subscribe to."""
    items = [{"product": "gold"}]
    return {"account": "a", "billingTerms": "monthly", "items": items, **more}


async def test_attributes_are_kept_and_shown(shop: Api) -> None:
    """A text, a whole number and a flag come back, in the order of their names."""
    given = [
        {"name": "rooms", "value": {"number": "4"}},
        {"name": "area", "value": {"text": "town"}},
        {"name": "staff", "value": {"flag": True}},
    ]
    made = await shop.one.changed("subscriptionCreate", SHOWN, asked(attributes=given))
    nothing = {"text": None, "number": None, "flag": None}
    shown = [
        {**nothing, "name": "area", "text": "town"},
        {**nothing, "name": "rooms", "number": "4"},
        {**nothing, "name": "staff", "flag": True},
    ]
    assert made["subscription"]["attributes"] == shown
    query = "query($id: ID!) { node(id: $id) { ... on Subscription {"
    query += " attributes { name text number flag } } } }"
    found = await shop.one.ask(query, id=made["subscription"]["id"])
    assert found["node"]["attributes"] == shown


async def test_a_plan_is_chosen_by_an_attribute(shop: Api) -> None:
    """The rural plan is refused in town and without the attribute, and taken with it."""
    before = await shop.rows(*TABLES)
    town = [{"name": "area", "value": {"text": "town"}}]
    for attributes in ([], town):
        given = asked(pricePlan="rural", attributes=attributes)
        refused = [("CONDITION_NOT_MET", "input.pricePlan")]
        assert await shop.one.codes("subscriptionCreate", given) == refused
    assert await shop.rows(*TABLES) == before
    plan = "subscription { phase { pricePlanVersion { pricePlan { code } } } }"
    made = await shop.one.changed(
        "subscriptionCreate", plan, asked(pricePlan="rural", attributes=RURAL)
    )
    chosen = made["subscription"]["phase"]["pricePlanVersion"]["pricePlan"]
    assert chosen == {"code": "rural"}


async def test_a_bad_attribute_makes_no_subscription(shop: Api) -> None:
    """A name given twice would lose one of the two, and an empty name is none."""
    before = await shop.rows(*TABLES)
    for attributes, path in (
        (RURAL * 2, "input.attributes.1.name"),
        ([{"name": "", "value": {"flag": True}}], "input.attributes."),
    ):
        given = asked(attributes=attributes)
        refused = [("INVALID_ATTRIBUTE", path)]
        assert await shop.one.codes("subscriptionCreate", given) == refused
    assert await shop.rows(*TABLES) == before
