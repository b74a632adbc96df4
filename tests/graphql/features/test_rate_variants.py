"""Variants of a rate through the API: given, checked, shown."""

from __future__ import annotations

from tests.graphql.api_clients import Api

VIPS = {"when": 'account.class == "VIP"', "name": "VIPs", "base": "6"}
MANY = {"when": "item.quantity > 9", "tiers": [{"start": "1", "price": "8"}]}


async def test_a_rate_has_variants_that_are_checked_and_shown(api: Api) -> None:
    """In their order, each with what it leaves to its rate; a fault has the variant's path."""
    await api.one.changed(
        "productCreate",
        "product { id }",
        {"code": "users", "kind": "LICENCE", "name": "Users"},
    )
    rate = {"product": "users", "base": "10", "per": "year", "variants": [VIPS, MANY]}
    given = {"code": "varied", "name": "Varied", "currency": "EUR", "rates": [rate]}
    before = await api.rows("price_plan", "rate", client=api.one)
    refused = {**rate, "variants": [VIPS, {**MANY, "when": "event.amount > 1"}]}
    assert await api.one.codes("pricePlanCreate", {**given, "rates": [refused]}) == [
        ("CATALOGUE_INVALID", "input.rates.users.variants.1.when")
    ]
    assert await api.rows("price_plan", "rate", client=api.one) == before
    shown = "pricePlan { versions { rates { variants { when name base per driver } } } }"
    made = await api.one.changed("pricePlanCreate", shown, given)
    own = {"per": "year", "driver": "QUANTITY"}
    assert made["pricePlan"]["versions"][0]["rates"][0]["variants"] == [
        {**VIPS, **own},
        {"when": "item.quantity > 9", "name": "", "base": None, **own},
    ]
