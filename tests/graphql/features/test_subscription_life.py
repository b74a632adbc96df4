"""Trying, ordering and ending through the API, with every refusal of its own."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from core.tenancy import Capability
from tests.graphql.api_clients import Api

CATALOGUE = """
features:
  email.send: {name: E-mails}
products:
  essential:
    kind: module
    name: Essential
    trial: {days: 30, grants: [{feature: email.send, amount: 200}]}
  seat: {kind: licence, name: Seat, trial: {days: 10}}
  pro: {kind: module, name: Pro}
  setup: {kind: expense, name: Set-up}
price_plans:
  plan: {name: Plan, currency: EUR,
    rates: {essential: {base: 30}, seat: {base: 10}, pro: {base: 60}, setup: {base: 50}}}
  dollars: {name: Dollars, currency: USD, rates: {essential: {base: 30}}}
billing_terms:
  monthly: {name: Monthly, fixed_charges: advance, anchor: anniversary, plans: [plan, dollars],
    default_plan: plan}
"""
TABLES = (
    "subscription", "subscription_phase", "subscription_item", "billing_period", "trial_use",
    "invoice", "history_entry", "outbox",
)  # fmt: skip
PERIODS = "periods { edges { node { stream } } }"
ITEMS = "items { id revision quantity isTrial untilAt product { code } }"
DUE = "dueToday { amount } invoices { total { amount } lines { amount { amount } } }"
_refs = (f"life-{number}" for number in itertools.count(1))


@pytest.fixture(scope="module")
async def shop(api: Api) -> Api:
    """The first seller with a product that may be tried for 30 days."""
    async with api.transaction() as tx:
        await apply_catalogue(tx, load_catalogue(CATALOGUE))
    return api


async def customer(shop: Api) -> str:
    """A customer whose clock stands on 1 March; nobody has tried anything."""
    ref = next(_refs)
    await shop.one.changed(
        "accountCreate",
        "account { id }",
        {"name": ref, "ref": ref, "testClock": "2026-03-01T00:00:00+01:00"},
    )
    return ref


def trial_of(account: str, *products: str, **more: Any) -> dict[str, Any]:
    """The input of a trial of products."""
    items = [{"product": code} for code in products]
    return {"account": account, "billingTerms": "monthly", "items": items, **more}


async def tried(shop: Api, *products: str, **more: Any) -> tuple[str, str]:
    """A customer with a subscription on trial; both refs."""
    account, ref = await customer(shop), next(_refs)
    given = trial_of(account, *(products or ("essential",)), ref=ref, **more)
    await shop.one.changed("subscriptionTrialStart", "__typename", given)
    return account, ref


async def test_a_trial_has_items_and_an_end_and_no_periods(shop: Api) -> None:
    """30 times 24 hours from 1 March; nothing is to be billed, now or later."""
    _account, ref = await tried(shop, "essential", "pro")
    found = await shop.one.ask(
        "query ($ref: String!) { subscription(ref: $ref) "
        f"{{ state trialFrom trialUntil endsAt {PERIODS} {ITEMS} }} }}",
        ref=ref,
    )
    subscription = found["subscription"]
    items = subscription.pop("items")
    assert subscription == {
        "state": "TRIAL",
        "trialFrom": "2026-02-28T23:00:00Z",
        "trialUntil": "2026-03-30T23:00:00Z",
        "endsAt": "2026-03-30T23:00:00Z",
        "periods": {"edges": []},
    }
    assert [(item["isTrial"], item["revision"]) for item in items] == [(True, 1), (True, 1)]
    usage = "query ($ref: String!) { subscription(ref: $ref) { currentUsage { currency } } }"
    assert await shop.one.ask(usage, ref=ref) == {"subscription": {"currentUsage": None}}
    preview = "query ($ref: ID!) { invoicePreview(subscription: $ref) { dueAt } }"
    assert await shop.one.refused(preview, ref=ref) == ["NOTHING_TO_PREVIEW"]


async def test_an_order_continues_it_and_shows_what_is_due_today(shop: Api) -> None:
    """On 12 March, 30.00 and 20 % for the month ahead; a dry run says so, and no more."""
    account, ref = await tried(shop)
    await shop.one.changed(
        "accountClockAdvance",
        "__typename",
        {"account": account, "to": "2026-03-12T00:00:00+01:00"},
    )
    before = await shop.rows(*TABLES)
    selection = f"subscription {{ ref state startsAt trialUntil {PERIODS} {ITEMS} }} {DUE}"
    given = {"subscription": ref}
    dry = await shop.one.changed("subscriptionOrder", selection, {**given, "dryRun": True})
    assert await shop.rows(*TABLES) == before
    made = await shop.one.changed("subscriptionOrder", selection, given)
    for payload in (dry, made):
        assert payload["dueToday"] == {"amount": "36"}
        (invoice,) = payload["invoices"]
        assert invoice["lines"] == [{"amount": {"amount": "30"}}]
        subscription = payload["subscription"]
        assert subscription["state"] == "ACTIVE"
        assert subscription["startsAt"] == subscription["trialUntil"] == "2026-03-11T23:00:00Z"
        assert [(one["revision"], one["isTrial"]) for one in subscription["items"]] == [
            (2, False)
        ]
    found = made["subscription"]["periods"]["edges"]
    assert sorted(each["node"]["stream"] for each in found) == [
        "FEES", "FEES", "USAGE", "USAGE",
    ]  # fmt: skip


async def test_an_order_chooses_other_things_than_were_tried(shop: Api) -> None:
    """Pro and a set-up, billed by the closing; Essential ends with the trial."""
    _account, ref = await tried(shop)
    payload = await shop.one.changed(
        "subscriptionOrder",
        f"subscription {{ {ITEMS} }} {DUE}",
        {
            "subscription": ref,
            "items": [{"product": "pro"}, {"product": "setup"}],
            "billNow": False,
        },
    )
    codes = {one["product"]["code"] for one in payload["subscription"]["items"]}
    assert codes == {"pro", "setup"}
    assert (payload["dueToday"], payload["invoices"]) == ({"amount": "0"}, [])


async def test_ending_gives_back_what_is_not_used(shop: Api) -> None:
    """Ordered on 1 March and ended on 11 March: 30.00 x 21/31 = 20.32 and 20 %: 24.38."""
    account, ref = await tried(shop)
    await shop.one.changed("subscriptionOrder", "__typename", {"subscription": ref})
    await shop.one.changed(
        "accountClockAdvance",
        "__typename",
        {"account": account, "to": "2026-03-11T12:00:00+01:00"},
    )
    payload = await shop.one.changed(
        "subscriptionEnd",
        "subscription { state endsAt } creditNotes { total { amount } }",
        {"subscription": ref, "credit": True},
    )
    assert payload == {
        "subscription": {"state": "ENDED", "endsAt": "2026-03-11T11:00:00Z"},
        "creditNotes": [{"total": {"amount": "24.38"}}],
        "userErrors": [],
    }
    assert await shop.one.codes("subscriptionEnd", {"subscription": ref}) == [
        ("SUBSCRIPTION_ENDED", "input")
    ]


async def test_what_may_not_be_tried_is_refused_and_nothing_is_written(shop: Api) -> None:
    """Each refusal by its code, and the tables as they were."""
    account, ref = await tried(shop)
    before = await shop.rows(*TABLES)
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("subscriptionTrialStart", trial_of(account, "essential"), "TRIAL_USED"),
        ("subscriptionTrialStart", trial_of(account, "pro"), "NO_TRIAL"),
        ("subscriptionTrialStart", trial_of(account, "seat", "setup"), "NO_TRIAL"),
        ("subscriptionTrialStart", trial_of(account, "pro", days=367), "TRIAL_REFUSED"),
        ("subscriptionTrialStart", trial_of(account), "ITEMS_REFUSED"),
        ("subscriptionTrialExtend", {"subscription": ref}, "TRIAL_REFUSED"),
        ("subscriptionTrialExtend", {"subscription": ref, "days": 340}, "TRIAL_REFUSED"),
        (
            "subscriptionOrder",
            {"subscription": ref, "pricePlan": "dollars"},
            "CURRENCY_MISMATCH",
        ),
        ("subscriptionOrder", {"subscription": ref, "items": []}, "ITEMS_REFUSED"),
        (
            "subscriptionOrder",
            {"subscription": ref, "paymentMethod": "paymeth_01h455vb4pex5vsknk084sn02q"},
            "NOT_FOUND",
        ),
        ("subscriptionOrder", {"subscription": "nobody"}, "NOT_FOUND"),
        ("subscriptionCancel", {"subscription": ref}, "WRONG_STATE"),
        ("subscriptionPlanChange", {"subscription": ref, "pricePlan": "plan"}, "WRONG_STATE"),
    ]
    for mutation, given, code in cases:
        (found, *_more) = await shop.one.codes(mutation, given)
        assert found[0] == code, (mutation, given)
    assert await shop.rows(*TABLES) == before


async def test_other_days_and_another_trial_need_a_scope(shop: Api) -> None:
    """A key that may write subscriptions starts trials, and no others than the catalogue's."""
    account, ref = await tried(shop)
    key = await shop.key_with(Capability.SUBSCRIPTION_WRITE, Capability.SUBSCRIPTION_READ)
    start = (
        "mutation ($input: SubscriptionTrialStartInput!)"
        " { subscriptionTrialStart(input: $input) { userErrors { code } } }"
    )
    for more in ({"again": True}, {"days": 5}, {"grants": [{"feature": "email.send"}]}):
        given = trial_of(account, "essential", **more)
        assert await key.refused(start, input=given) == ["FORBIDDEN"]
    extend = (
        "mutation ($ref: ID!) { subscriptionTrialExtend(input: {subscription: $ref, days: 3})"
        " { userErrors { code } } }"
    )
    assert await key.refused(extend, ref=ref) == ["FORBIDDEN"]
    await shop.one.changed(
        "subscriptionTrialStart", "__typename", trial_of(account, "essential", again=True)
    )
    await shop.one.changed(
        "subscriptionTrialExtend", "__typename", {"subscription": ref, "days": 3}
    )


async def test_an_item_is_tried_and_kept_under_its_id(shop: Api) -> None:
    """Three seats for 10 days; two are kept, 20.00 and 20 % for the month, once."""
    _account, ref = await tried(shop)
    await shop.one.changed("subscriptionOrder", "__typename", {"subscription": ref})
    added = await shop.one.changed(
        "subscriptionItemAdd",
        "item { id isTrial untilAt } invoices { id }",
        {"subscription": ref, "product": "seat", "quantity": "3", "trial": True},
    )
    assert added["invoices"] == []
    item = added["item"]
    assert (item["isTrial"], item["untilAt"]) == (True, "2026-03-10T23:00:00Z")
    kept = await shop.one.changed(
        "subscriptionItemOrder",
        "item { id isTrial quantity } dueToday { amount }",
        {"item": item["id"], "quantity": "2"},
    )
    assert kept["item"] == {"id": item["id"], "isTrial": False, "quantity": "2"}
    assert kept["dueToday"] == {"amount": "24"}
    assert await shop.one.codes("subscriptionItemOrder", {"item": item["id"]}) == [
        ("NOT_ON_TRIAL", "input.item")
    ]


@pytest.mark.parametrize(
    ("grants", "path"),
    [
        ([{"feature": "mail"}, {"feature": "mail", "amount": "1"}], ["1", "feature"]),
        ([{"feature": f"f{n}"} for n in range(101)], ["100"]),
    ],
)
async def test_a_trial_names_each_feature_once_and_at_most_100(
    shop: Api, grants: list[dict[str, Any]], path: list[str]
) -> None:
    """The path says which one; the tables are as they were."""
    account, ref = await tried(shop)
    before = await shop.rows(*TABLES)
    cases = {
        "subscriptionTrialStart": trial_of(account, "pro", days=3, grants=grants),
        "subscriptionTrialExtend": {"subscription": ref, "grants": grants},
    }
    for mutation, given in cases.items():
        refused = await shop.one.codes(mutation, given)
        assert refused == [("TRIAL_REFUSED", ".".join(["input", "grants", *path]))]
    assert await shop.rows(*TABLES) == before
