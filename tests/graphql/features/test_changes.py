"""Changes that charge and give back at once, through the API: what is due, and dry runs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from tests.graphql.api_clients import Api

CATALOGUE = """
products:
  seats: {kind: licence, name: Seats}
  sales: {kind: module, name: Sales}
  users: {kind: pack, name: Users, needs: [sales]}
price_plans:
  small: {name: Small, currency: EUR, family: sizes,
    rates: {seats: {base: 30}, sales: {base: 30}, users: {base: 9}}}
  large: {name: Large, currency: EUR, family: sizes,
    rates: {seats: {base: 60}, sales: {base: 30}, users: {base: 9}}}
billing_terms:
  ahead: {name: Ahead, anchor: anniversary, fixed_charges: advance, plans: [small, large],
    default_plan: small}
"""
TABLES = (
    "subscription_phase", "subscription_item", "billing_period", "invoice", "invoice_line",
    "invoice_number", "fee_slice", "fee_credit", "account_credit", "allocation",
    "history_entry", "audit_entry", "outbox",
)  # fmt: skip
MONEY = """invoices { number total { amount } lines { quantity amount { amount } } }
    creditNotes { number total { amount } corrects { total { amount } }
        lines { correctsLine line { amount { amount } } } }
    dueToday { amount currencyCode }"""


@pytest.fixture(scope="module")
async def shop(api: Api) -> Api:
    """The first seller, who bills in advance."""
    async with api.transaction() as tx:
        await apply_catalogue(tx, load_catalogue(CATALOGUE))
    return api


async def subscribed(api: Api, name: str, *items: dict[str, Any]) -> str:
    """Subscribe a new client on 1 April, close it, and go to the 11th; return its ref."""
    await api.one.changed(
        "accountCreate",
        "account { id }",
        {"name": name, "ref": name, "country": "US", "testClock": "2026-04-01T00:00:00Z"},
    )
    given = {"account": name, "billingTerms": "ahead", "ref": name, "items": list(items)}
    await api.one.changed("subscriptionCreate", "subscription { id }", given)
    for to in ("2026-04-01T01:00:00Z", "2026-04-11T12:00:00Z"):
        await api.one.changed(
            "accountClockAdvance", "account { id }", {"account": name, "to": to}
        )
    return name


async def test_a_dry_run_shows_what_is_due_today_and_leaves_nothing(shop: Api) -> None:
    """2 seats more for 20 of 30 days: 2 x 30 x 20/30 = 40.00; nothing of it stays."""
    ref = await subscribed(shop, "dry", {"product": "seats", "quantity": "3"})
    before = await shop.rows(*TABLES)
    given = {"subscription": ref, "item": "seats", "quantity": "5", "dryRun": True}
    payload = await shop.one.changed("subscriptionItemChangeQuantity", MONEY, given)
    (invoice,) = payload["invoices"]
    assert payload["dueToday"]["currencyCode"] == "EUR"
    assert Decimal(payload["dueToday"]["amount"]) == Decimal("40.00")
    assert invoice["lines"] == [{"quantity": "2", "amount": {"amount": "40"}}]
    assert await shop.rows(*TABLES) == before


async def test_the_same_key_answers_with_the_same_invoice(shop: Api) -> None:
    """A change that is sent twice is made once."""
    ref = await subscribed(shop, "key", {"product": "seats", "quantity": "3"})
    given = {
        "subscription": ref, "item": "seats", "quantity": "5", "idempotencyKey": "k-seats-5",
    }  # fmt: skip
    first = await shop.one.changed("subscriptionItemChangeQuantity", MONEY, given)
    before = await shop.rows(*TABLES)
    assert await shop.one.changed("subscriptionItemChangeQuantity", MONEY, given) == first
    assert await shop.rows(*TABLES) == before


async def test_a_reset_shows_its_credit_note_with_lines(shop: Api) -> None:
    """90 x 20/30 = 60.00 back, which the unpaid 90.00 lose; 180.00 are due."""
    ref = await subscribed(shop, "reset", {"product": "seats", "quantity": "3"})
    given = {"subscription": ref, "pricePlan": "large", "when": "RESET", "dryRun": True}
    dry = await shop.one.changed("subscriptionPlanChange", f"when {MONEY}", given)
    given["dryRun"] = False
    payload = await shop.one.changed("subscriptionPlanChange", f"when {MONEY}", given)
    (note,) = payload["creditNotes"]
    assert payload["when"] == "RESET"
    assert Decimal(payload["dueToday"]["amount"]) == Decimal("180.00")
    assert note["corrects"] == {"total": {"amount": "90"}}
    assert note["lines"] == [{"correctsLine": 1, "line": {"amount": {"amount": "60"}}}]
    assert dry["dueToday"] == payload["dueToday"]
    assert dry["creditNotes"][0]["lines"] == note["lines"]


async def test_a_pack_is_bound_and_ends_with_its_module(shop: Api) -> None:
    """Users of Sales: 9 x 20/30 = 6.00; both given back: 30 x 20/30 and 6.00."""
    ref = await subscribed(shop, "pack", {"product": "sales"}, {"product": "seats"})
    pack = {"subscription": ref, "product": "users", "module": "sales"}
    payload = await shop.one.changed("subscriptionItemAdd", MONEY, pack)
    assert Decimal(payload["dueToday"]["amount"]) == Decimal("6.00")
    end = {"subscription": ref, "item": "sales", "when": "CREDIT"}
    payload = await shop.one.changed("subscriptionItemEnd", MONEY, end)
    totals = sorted(note["total"]["amount"] for note in payload["creditNotes"])
    assert totals == ["20", "6"]


@pytest.mark.parametrize(
    ("mutation", "given", "code"),
    [
        ("subscriptionItemAdd", {"product": "users"}, "NEEDS_MODULE"),
        ("subscriptionItemEnd", {"item": "sales"}, "NOT_FOUND"),
        ("subscriptionItemChangeQuantity", {"item": "seats", "quantity": "3"},
         "NOTHING_TO_CHANGE"),
        ("subscriptionItemChangeQuantity", {"item": "seats", "quantity": "-1"},
         "INVALID_QUANTITY"),
        ("subscriptionPlanChange", {"pricePlan": "small", "when": "PRORATE"},
         "NOTHING_TO_CHANGE"),
        ("subscriptionPlanChange", {"items": [{"item": "sales", "quantity": "2"}]},
         "NOT_FOUND"),
    ],
)  # fmt: skip
async def test_what_is_refused_changes_nothing(
    shop: Api, mutation: str, given: dict[str, Any], code: str
) -> None:
    """The refusal's code; no row of any table is new."""
    ref = f"refused-{mutation}-{code}".lower().replace("_", "-")
    await subscribed(shop, ref, {"product": "seats", "quantity": "3"})
    before = await shop.rows(*TABLES)
    found = await shop.one.codes(mutation, {"subscription": ref, **given})
    assert [each for each, _path in found] == [code]
    assert await shop.rows(*TABLES) == before
