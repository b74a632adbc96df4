"""Subscribing and changing subscriptions through the API, with every refusal."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from tests.graphql.api_clients import Api

CATALOGUE = """
gauges:
  profiles: {name: Profiles hosted}
products:
  package: {kind: module, name: Package, quantity_from: {gauge: profiles}}
  seats: {kind: licence, name: Seats}
  support: {kind: termed_service, name: Support}
  unpriced: {kind: licence, name: Unpriced}
  old: {kind: licence, name: Old, state: retired}
price_plans:
  level-2: &level
    name: Level 2
    currency: EUR
    family: levels
    rates: {package: {base: 6}, seats: {base: 25}, support: {base: 30}, old: {base: 1}}
  level-3: {name: Level 3, currency: EUR, family: levels,
    rates: &fewer {package: {base: 5}, seats: {base: 20}, support: {base: 30}}}
  gone: {name: Gone, currency: EUR, family: levels, state: retired, rates: *fewer}
  elsewhere: {name: Elsewhere, currency: EUR, family: others, rates: *fewer}
  dollars: {name: Dollars, currency: USD, family: levels, rates: *fewer}
  poor: {name: Poor, currency: EUR, family: levels, rates: {support: {base: 1}}}
  unlisted: {name: Unlisted, currency: EUR, family: levels, rates: *fewer}
  later: {name: Later, currency: EUR, family: levels, effective_from: 2099-06-01, rates: *fewer}
billing_terms:
  monthly:
    name: Monthly
    plans: [level-2, level-3, gone, elsewhere, dollars, later, poor]
    default_plan: level-2
  several: {name: Several, plans: [level-2, level-3]}
"""
TABLES = (
    "subscription",
    "subscription_phase",
    "subscription_item",
    "billing_period",
    "history_entry",
    "audit_entry",
    "outbox",
    "idempotency_key",
)
ABSENT = "01h455vb4pex5vsknk084sn02q"
_refs = (f"sub-{number}" for number in itertools.count(1))
ITEMS = "items { id revision quantity fromAt untilAt product { code } }"


@pytest.fixture(scope="module")
async def shop(api: Api) -> Api:
    """The first seller with a catalogue, and an account whose clock stands on 10 January."""
    async with api.transaction() as tx:
        await apply_catalogue(tx, load_catalogue(CATALOGUE))
    await api.one.changed(
        "accountCreate",
        "account { id }",
        {"name": "Client", "ref": "client", "testClock": "2026-01-10T12:00:00+01:00"},
    )
    return api


async def subscribed(api: Api, **more: Any) -> dict[str, Any]:
    """Subscribe the client to level 2: the package and five seats."""
    given = {
        "account": "client",
        "billingTerms": "monthly",
        "items": [{"product": "package"}, {"product": "seats", "quantity": "5"}],
        "ref": next(_refs),
        **more,
    }
    payload = await api.one.changed(
        "subscriptionCreate", f"subscription {{ id ref {ITEMS} }}", given
    )
    return payload["subscription"]


def item_of(subscription: dict[str, Any], product: str) -> str:
    """The id of a subscription's item of a product."""
    items = subscription["items"]
    return next(item["id"] for item in items if item["product"]["code"] == product)


async def test_an_account_is_subscribed_by_codes(shop: Api) -> None:
    """The terms' default plan, monthly by the calendar in Paris, two periods a stream."""
    payload = await shop.one.changed(
        "subscriptionCreate",
        """subscription { id ref state currency timezone anchor startsAt endsAt
            account { ref } items { revision quantity product { code kind } }
            phases { fromAt untilAt priceplan: pricePlanVersion { number pricePlan { code } }
                billingTermsVersion { number frequency billingTerms { code } } }
            periods { totalCount edges { node { stream ordinal startsAt endsAt state } } } }""",
        {
            "account": "client",
            "billingTerms": "monthly",
            "ref": "first",
            "items": [{"product": "package"}, {"product": "seats", "quantity": "5"}],
        },
    )
    found = payload["subscription"]
    assert found.pop("id").startswith("sub_")
    periods = found.pop("periods")
    assert found == {
        "ref": "first",
        "state": "ACTIVE",
        "currency": "EUR",
        "timezone": "Europe/Paris",
        "anchor": "2026-01-01",
        "startsAt": "2026-01-10T11:00:00Z",
        "endsAt": None,
        "account": {"ref": "client"},
        "items": [
            {"revision": 1, "quantity": "1", "product": {"code": "package", "kind": "MODULE"}},
            {"revision": 1, "quantity": "5", "product": {"code": "seats", "kind": "LICENCE"}},
        ],
        "phases": [
            {
                "fromAt": "2026-01-10T11:00:00Z",
                "untilAt": None,
                "priceplan": {"number": 1, "pricePlan": {"code": "level-2"}},
                "billingTermsVersion": {
                    "number": 1,
                    "frequency": "month",
                    "billingTerms": {"code": "monthly"},
                },
            }
        ],
    }
    assert periods["totalCount"] is None  # below a parent nothing is counted
    assert [edge["node"] for edge in periods["edges"]] == [
        {
            "stream": stream,
            "ordinal": ordinal,
            "startsAt": starts,
            "endsAt": ends,
            "state": "OPEN",
        }
        for stream in ("FEES", "USAGE")
        for ordinal, starts, ends in (
            (0, "2026-01-10T11:00:00Z", "2026-01-31T23:00:00Z"),
            (1, "2026-01-31T23:00:00Z", "2026-02-28T23:00:00Z"),
        )
    ]


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"account": "nobody"}, "NOT_FOUND", "input.account"),
        ({"account": f"acc_{ABSENT}"}, "NOT_FOUND", "input.account"),
        ({"account": f"sub_{ABSENT}"}, "INVALID_ID", "input.account"),
        ({"billingTerms": "none"}, "NOT_FOUND", "input.billingTerms"),
        ({"billingTerms": f"terms_{ABSENT}"}, "NOT_FOUND", "input.billingTerms"),
        ({"billingTerms": "several"}, "PLAN_NOT_ALLOWED", "input.pricePlan"),
        ({"pricePlan": "none"}, "NOT_FOUND", "input.pricePlan"),
        ({"pricePlan": "unlisted"}, "PLAN_NOT_ALLOWED", "input.pricePlan"),
        ({"pricePlan": "gone"}, "NO_LONGER_OFFERED", "input.pricePlan"),
        ({"pricePlan": "later"}, "NO_PLAN_VERSION_EFFECTIVE", "input"),
        ({"items": []}, "ITEMS_REFUSED", "input.items"),
        ({"items": [{"product": "none"}]}, "NOT_FOUND", "input.items.0.product"),
        ({"items": [{"product": "unpriced"}]}, "NOT_RATED", "input.items.0.product"),
        ({"items": [{"product": "old"}]}, "NO_LONGER_OFFERED", "input.items.0.product"),
        (
            {"items": [{"product": "seats"}, {"product": "seats"}]},
            "ITEM_ALREADY_THERE",
            "input.items.1.product",
        ),
        (
            {"items": [{"product": "seats", "quantity": "0"}]},
            "INVALID_QUANTITY",
            "input.items.0.quantity",
        ),
        ({"startsAt": "1999-01-01T00:00:00Z"}, "START_TOO_FAR_BACK", "input.startsAt"),
        ({"type": ""}, "INVALID_TEXT", "input.type"),
    ],
)
async def test_a_refused_subscription_leaves_nothing(
    shop: Api, given: dict[str, Any], code: str, path: str
) -> None:
    """Each refusal leads to its argument, and no table has another row."""
    before = await shop.rows(*TABLES)
    asked = {
        "account": "client",
        "billingTerms": "monthly",
        "items": [{"product": "seats"}],
        **given,
    }
    assert await shop.one.codes("subscriptionCreate", asked) == [(code, path)]
    assert await shop.rows(*TABLES) == before


async def test_a_ref_names_one_subscription(shop: Api) -> None:
    """A taken ref is refused; the subscription is found by it."""
    made = await subscribed(shop)
    before = await shop.rows(*TABLES)
    asked = {
        "account": "client",
        "billingTerms": "monthly",
        "items": [{"product": "seats"}],
        "ref": made["ref"],
    }
    assert await shop.one.codes("subscriptionCreate", asked) == [("REF_TAKEN", "input.ref")]
    assert await shop.rows(*TABLES) == before
    by_ref = "query($r: String!) { subscription(ref: $r) { id } }"
    assert (await shop.one.ask(by_ref, r=made["ref"]))["subscription"]["id"] == made["id"]


async def test_a_dry_run_shows_everything_and_stores_nothing(shop: Api) -> None:
    """Items and phases are those that would be; afterwards nobody finds the subscription."""
    before = await shop.rows(*TABLES)
    payload = await shop.one.changed(
        "subscriptionCreate",
        "subscription { id items { quantity } phases { fromAt } }",
        {
            "account": "client",
            "billingTerms": "monthly",
            "items": [{"product": "seats", "quantity": "7"}],
            "dryRun": True,
            "idempotencyKey": "tried",
        },
    )
    found = payload["subscription"]
    assert found["items"] == [{"quantity": "7"}]
    assert found["phases"] == [{"fromAt": "2026-01-10T11:00:00Z"}]
    assert await shop.rows(*TABLES) == before
    by_id = "query($i: ID!) { subscription(id: $i) { id } }"
    assert (await shop.one.ask(by_id, i=found["id"]))["subscription"] is None


async def test_items_are_added_changed_and_ended(shop: Api) -> None:
    """More acts now, fewer from 1 February, ending too; each answer shows the whole."""
    made = await subscribed(shop)
    added = await shop.one.changed(
        "subscriptionItemAdd",
        f"item {{ id quantity product {{ code }} }} subscription {{ {ITEMS} }}",
        {"subscription": made["ref"], "product": "support", "quantity": "2"},
    )
    assert added["item"]["product"] == {"code": "support"}
    assert len(added["subscription"]["items"]) == 3
    seats = item_of(made, "seats")
    more = await shop.one.changed(
        "subscriptionItemChangeQuantity",
        "item { quantity fromAt }",
        {"item": seats, "quantity": "8"},
    )
    assert more["item"] == {"quantity": "8", "fromAt": "2026-01-10T11:00:00Z"}
    fewer = await shop.one.changed(
        "subscriptionItemChangeQuantity",
        "item { revision quantity fromAt }",
        {"item": seats, "quantity": "3"},
    )
    assert fewer["item"]["quantity"] == "3"
    assert fewer["item"]["fromAt"] == "2026-01-31T23:00:00Z"
    ended = await shop.one.changed(
        "subscriptionItemEnd", "endsAt", {"item": added["item"]["id"]}
    )
    assert ended["endsAt"] == "2026-01-31T23:00:00Z"


async def test_items_are_refused_for_each_reason(shop: Api) -> None:
    """Unknown, unrated, twice, no quantity, no change; nothing is written."""
    made = await subscribed(shop)
    seats = item_of(made, "seats")
    before = await shop.rows(*TABLES)
    for given, refusal in (
        ({"product": "none"}, ("NOT_FOUND", "input.product")),
        ({"product": f"acc_{ABSENT}"}, ("INVALID_ID", "input.product")),
        ({"product": "unpriced"}, ("NOT_RATED", "input.product")),
        ({"product": "old"}, ("NO_LONGER_OFFERED", "input.product")),
        ({"product": "seats"}, ("ITEM_ALREADY_THERE", "input.product")),
        ({"product": "support", "quantity": "-1"}, ("INVALID_QUANTITY", "input.quantity")),
        ({"product": "support", "subscription": "x"}, ("NOT_FOUND", "input.subscription")),
    ):
        asked = {"subscription": made["ref"], **given}
        assert await shop.one.codes("subscriptionItemAdd", asked) == [refusal]
    for given, refusal in (
        ({"quantity": "0"}, ("INVALID_QUANTITY", "input.quantity")),
        ({"quantity": "5"}, ("NOTHING_TO_CHANGE", "input.quantity")),
        ({"item": f"item_{ABSENT}", "quantity": "1"}, ("NOT_FOUND", "input.item")),
        ({"item": made["id"], "quantity": "1"}, ("INVALID_ID", "input.item")),
    ):
        asked = {"item": seats, **given}
        assert await shop.one.codes("subscriptionItemChangeQuantity", asked) == [refusal]
    for item, refusal in (
        (f"item_{ABSENT}", ("NOT_FOUND", "input.item")),
        (made["id"], ("INVALID_ID", "input.item")),
    ):
        assert await shop.one.codes("subscriptionItemEnd", {"item": item}) == [refusal]
    assert await shop.rows(*TABLES) == before


async def test_the_plan_changes_within_its_family_from_the_next_period(shop: Api) -> None:
    """Level 3 from 1 February; a dry run shows the same and leaves the phase as it was."""
    made = await subscribed(shop)
    selection = """startsAt subscription { phases { fromAt untilAt
        pricePlanVersion { pricePlan { code } } } }"""
    asked = {"subscription": made["ref"], "pricePlan": "level-3"}
    tried = await shop.one.changed(
        "subscriptionPlanChange", selection, {**asked, "dryRun": True}
    )
    phases = "query($i: ID!) { subscription(id: $i) { phases { fromAt untilAt } } }"
    stored = (await shop.one.ask(phases, i=made["id"]))["subscription"]["phases"]
    assert stored == [{"fromAt": "2026-01-10T11:00:00Z", "untilAt": None}]
    done = await shop.one.changed("subscriptionPlanChange", selection, asked)
    assert done == tried
    assert done["startsAt"] == "2026-01-31T23:00:00Z"
    codes = [
        (phase["pricePlanVersion"]["pricePlan"]["code"], phase["untilAt"])
        for phase in done["subscription"]["phases"]
    ]
    assert codes == [("level-2", "2026-01-31T23:00:00Z"), ("level-3", None)]


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        ("elsewhere", "OTHER_FAMILY"),
        ("dollars", "CURRENCY_MISMATCH"),
        ("unlisted", "PLAN_NOT_ALLOWED"),
        ("poor", "NOT_RATED"),
        ("gone", "NO_LONGER_OFFERED"),
        ("level-2", "NOTHING_TO_CHANGE"),
        ("none", "NOT_FOUND"),
        (f"acc_{ABSENT}", "INVALID_ID"),
    ],
)
async def test_a_refused_plan_leaves_nothing(shop: Api, plan: str, code: str) -> None:
    """Another family, currency, terms, products; a retired, the present, an absent plan."""
    made = await subscribed(shop)
    before = await shop.rows(*TABLES)
    asked = {"subscription": made["id"], "pricePlan": plan}
    assert await shop.one.codes("subscriptionPlanChange", asked) == [(code, "input.pricePlan")]
    assert await shop.rows(*TABLES) == before


async def test_a_subscription_ends_and_goes_on(shop: Api) -> None:
    """Cancelled it runs to 1 February; reactivated it has no end. Each once only."""
    made = await subscribed(shop)
    named = {"subscription": made["ref"]}
    gone = await shop.one.changed(
        "subscriptionCancel", "subscription { state endsAt items { untilAt } }", named
    )
    assert gone["subscription"] == {
        "state": "ENDING",
        "endsAt": "2026-01-31T23:00:00Z",
        "items": [{"untilAt": "2026-01-31T23:00:00Z"}] * 2,
    }
    before = await shop.rows(*TABLES)
    assert await shop.one.codes("subscriptionCancel", named) == [("WRONG_STATE", "input")]
    assert await shop.rows(*TABLES) == before
    back = await shop.one.changed(
        "subscriptionReactivate", "subscription { state endsAt }", named
    )
    assert back["subscription"] == {"state": "ACTIVE", "endsAt": None}
    before = await shop.rows(*TABLES)
    assert await shop.one.codes("subscriptionReactivate", named) == [("WRONG_STATE", "input")]
    for mutation in ("subscriptionCancel", "subscriptionReactivate"):
        assert await shop.one.codes(mutation, {"subscription": "none"}) == [
            ("NOT_FOUND", "input.subscription")
        ]
    assert await shop.rows(*TABLES) == before


async def test_what_has_ended_takes_no_change(shop: Api) -> None:
    """Withdrawn before its start it is over at once, and every verb says so."""
    made = await subscribed(shop, startsAt="2026-03-01T00:00:00+01:00")
    named = {"subscription": made["ref"]}
    await shop.one.changed("subscriptionCancel", "subscription { endsAt }", named)
    seats = item_of(made, "seats")
    before = await shop.rows(*TABLES)
    for mutation, given in (
        ("subscriptionItemAdd", {**named, "product": "support"}),
        ("subscriptionPlanChange", {**named, "pricePlan": "level-3"}),
        ("subscriptionCancel", named),
        ("subscriptionReactivate", named),
    ):
        assert await shop.one.codes(mutation, given) == [("SUBSCRIPTION_ENDED", "input")]
    assert (await shop.one.codes("subscriptionItemEnd", {"item": seats}))[0][0] in {
        "NOT_FOUND",
        "SUBSCRIPTION_ENDED",
    }
    assert await shop.rows(*TABLES) == before
