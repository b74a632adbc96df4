"""Choosing plans through the API: what is offered to whom, and amending from a date on."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.graphql.api_clients import Api, KeyClient

CATALOGUE = """
products:
  gold: {kind: termed_service, name: Gold}
  sport: {kind: termed_service, name: Sport}
price_plans:
  tv: {name: TV, currency: EUR, rates: {gold: {base: 25}, sport: {base: 8}}}
  vip: {name: VIP, currency: EUR, base: tv, rates: {gold: {base: 0}},
    select_when: has(account.class) && account.class == "VIP"}
  south-only: {name: South, currency: EUR, units: [south], rates: {gold: {base: 20}}}
  north-only: {name: North, currency: EUR, units: [north], rates: {gold: {base: 21}}}
  dollars: {name: Dollars, currency: USD, rates: {gold: {base: 30}}}
billing_terms:
  monthly: {name: Monthly, plans: [tv, south-only, north-only, dollars], default_plan: tv}
  yearly: {name: Yearly, frequency: year, plans: [tv], default_plan: tv}
  works: {name: Works, kind: job, plans: [tv], default_plan: tv}
"""
TABLES = ("subscription", "subscription_phase", "billing_period", "history_entry", "outbox")
OFFERED = """query($account: ID, $subscription: ID, $terms: ID) {
  availablePricePlans(account: $account, subscription: $subscription, billingTerms: $terms) {
    pricePlan { code } basePlan { code } isDefault } }"""
ABSENT = "01h455vb4pex5vsknk084sn02q"
_refs = (f"sub-{number}" for number in itertools.count(1))


@pytest.fixture(scope="module")
async def shop(api: Api) -> Api:
    """Units north, south and west, a catalogue, a VIP and another account on 10 January."""
    units = {}
    for code in ("north", "south", "west"):
        made = await api.one.changed(
            "orgUnitCreate",
            "orgUnit { id }",
            {"code": code, "name": code.title(), "parent": "root"},
        )
        units[code] = made["orgUnit"]["id"]
    await api.one.changed(
        "orgUnitCollaborate",
        "orgUnit { id }",
        {"unit": units["north"], "collaborator": units["west"]},
    )
    await api.one.changed("catalogueApply", "__typename", {"yaml": CATALOGUE})
    for ref, more in (("vip", {"classification": "VIP"}), ("plain", {})):
        await api.one.changed(
            "accountCreate",
            "account { id }",
            {"name": ref, "ref": ref, "testClock": "2026-01-10T12:00:00+01:00", **more},
        )
    return api


async def staff_of(api: Api, unit: str) -> KeyClient:
    """A key of a staff member of a unit."""
    email = f"{next(_refs)}@example.com"
    made = await api.one.changed(
        "staffCreate",
        "staff { id }",
        {"email": email, "name": unit, "orgUnit": unit, "roles": ["ADMIN"]},
    )
    issued = await api.one.changed(
        "apiKeyIssue",
        "text",
        {
            "name": unit,
            "staff": made["staff"]["id"],
            "scopes": ["subscription.write", "subscription.read", "catalogue.read"],
        },
    )
    return KeyClient(api.http, issued["text"], api.one.tenant_id)


async def offered(client: KeyClient, **asked: Any) -> list[str]:
    """The codes of the plans that a caller may choose; a star marks the default."""
    found = (await client.ask(OFFERED, **asked))["availablePricePlans"]
    return [one["pricePlan"]["code"] + "*" * one["isDefault"] for one in found]


async def subscribed(api: Api, account: str = "plain", **more: Any) -> str:
    """Subscribe an account to Gold and return the reference."""
    ref = next(_refs)
    given = {"account": account, "billingTerms": "monthly", "items": [{"product": "gold"}]}
    await api.one.changed(
        "subscriptionCreate", "subscription { id }", {**given, "ref": ref, **more}
    )
    return ref


async def test_the_list_shows_what_the_verb_would_take(shop: Api) -> None:
    """A VIP is offered the conditional plan too; the tenant's own key sees every unit's."""
    asked = {"terms": "monthly"}
    everyone = ["dollars", "north-only", "south-only", "tv*"]
    assert await offered(shop.one, account="plain", **asked) == everyone
    assert await offered(shop.one, account="vip", **asked) == [*everyone, "vip"]
    found = (await shop.one.ask(OFFERED, account="vip", **asked))["availablePricePlans"]
    assert found[-1]["basePlan"] == {"code": "tv"}


async def test_of_a_subscription_only_its_currency_is_offered(shop: Api) -> None:
    """Under the terms that it holds, or those named."""
    ref = await subscribed(shop)
    assert await offered(shop.one, subscription=ref) == ["north-only", "south-only", "tv*"]
    assert await offered(shop.one, subscription=ref, terms="yearly") == ["tv*"]


@pytest.mark.parametrize(
    ("unit", "plans"),
    [
        ("north", ["dollars", "north-only", "tv*"]),
        ("south", ["dollars", "south-only", "tv*"]),
        ("west", ["dollars", "north-only", "tv*"]),
        ("root", ["dollars", "tv*"]),
    ],
)
async def test_a_unit_is_offered_its_own_plans_and_may_take_no_others(
    shop: Api, unit: str, plans: list[str]
) -> None:
    """The west works on what is the north's; a hidden plan answers like an unknown one."""
    staff = await staff_of(shop, unit)
    assert await offered(staff, account="plain", terms="monthly") == plans
    ref = await subscribed(shop)
    before = await shop.rows(*TABLES)
    hidden = {"north-only", "south-only"} - set(plans)
    assert hidden
    for plan in hidden:
        create = {"account": "plain", "billingTerms": "monthly", "pricePlan": plan,
                  "items": [{"product": "gold"}]}  # fmt: skip
        amend = {"subscription": ref, "pricePlan": plan}
        for mutation, given in (
            ("subscriptionCreate", create),
            ("subscriptionAmendTerms", amend),
            ("subscriptionPlanChange", amend),
        ):
            payload = await staff.change(mutation, "__typename", given)
            unknown = await staff.change(mutation, "__typename", {**given, "pricePlan": "none"})
            told = payload["userErrors"][0]
            assert told["code"] == "NOT_FOUND"
            assert told["message"] == unknown["userErrors"][0]["message"].replace("none", plan)
            assert told["path"] == unknown["userErrors"][0]["path"]
    assert await shop.rows(*TABLES) == before


async def test_what_the_list_is_asked_about_must_exist_and_be_one(shop: Api) -> None:
    """Another seller's account is unknown; so are terms of jobs for a subscription."""
    both = await shop.one.refused(OFFERED, account="plain", subscription="sub-1")
    assert both == ["ONE_NAME_ONLY"]
    assert await shop.one.refused(OFFERED) == ["ONE_NAME_ONLY"]
    assert await shop.one.refused(OFFERED, account="plain") == ["NOT_FOUND"]
    for asked in (
        {"account": "nobody", "terms": "monthly"},
        {"account": f"acc_{ABSENT}", "terms": "monthly"},
        {"account": "plain", "terms": "none"},
        {"subscription": f"sub_{ABSENT}"},
    ):
        assert await shop.one.refused(OFFERED, **asked) == ["NOT_FOUND"]
    assert await shop.other.refused(OFFERED, account="plain", terms="monthly") == ["NOT_FOUND"]
    assert await shop.one.refused(OFFERED, account="plain", terms="works") == [
        "OTHER_KIND_OF_TERMS"
    ]


async def test_a_conditional_plan_shows_its_base_in_the_phase(shop: Api) -> None:
    """Taken by the VIP, with a product that only the base plan prices."""
    payload = await shop.one.changed(
        "subscriptionCreate",
        """subscription { phase { isConditional anchor pricePlanVersion { pricePlan { code } }
           basePlanVersion { pricePlan { code } } } }""",
        {
            "account": "vip",
            "billingTerms": "monthly",
            "pricePlan": "vip",
            "items": [{"product": "gold"}, {"product": "sport"}],
        },
    )
    assert payload["subscription"]["phase"] == {
        "isConditional": True,
        "anchor": None,
        "pricePlanVersion": {"pricePlan": {"code": "vip"}},
        "basePlanVersion": {"pricePlan": {"code": "tv"}},
    }


async def test_a_condition_that_does_not_hold_is_refused(shop: Api) -> None:
    """An account without the class gets no VIP plan, by whichever verb."""
    ref = await subscribed(shop)
    before = await shop.rows(*TABLES)
    given = {"account": "plain", "billingTerms": "monthly", "pricePlan": "vip",
             "items": [{"product": "gold"}]}  # fmt: skip
    refusal = [("CONDITION_NOT_MET", "input.pricePlan")]
    assert await shop.one.codes("subscriptionCreate", given) == refusal
    amend = {"subscription": ref, "pricePlan": "vip"}
    assert await shop.one.codes("subscriptionAmendTerms", amend) == refusal
    assert await shop.rows(*TABLES) == before


async def test_terms_are_amended_from_a_date_once_per_key(shop: Api) -> None:
    """To years from 20 January: a dry run shows it, the key repeats it, the phases tell."""
    ref = await subscribed(shop)
    selection = """startsAt subscription { phases { fromAt untilAt anchor
        billingTermsVersion { billingTerms { code } } } }"""
    asked = {"subscription": ref, "billingTerms": "yearly", "from": "2026-01-20T09:00:00+01:00"}
    before = await shop.rows(*TABLES)
    tried = await shop.one.changed(
        "subscriptionAmendTerms", selection, {**asked, "dryRun": True}
    )
    assert await shop.rows(*TABLES) == before
    keyed = {**asked, "idempotencyKey": next(_refs)}
    done = await shop.one.changed("subscriptionAmendTerms", selection, keyed)
    after = await shop.rows(*TABLES)
    assert await shop.one.changed("subscriptionAmendTerms", selection, keyed) == done == tried
    assert await shop.rows(*TABLES) == after
    assert done["startsAt"] == "2026-01-20T08:00:00Z"
    assert [
        (
            phase["billingTermsVersion"]["billingTerms"]["code"],
            phase["untilAt"],
            phase["anchor"],
        )
        for phase in done["subscription"]["phases"]
    ] == [("monthly", "2026-01-20T08:00:00Z", None), ("yearly", None, "2026-01-01")]


async def test_amendments_are_refused_for_each_reason(shop: Api) -> None:
    """A row per fault, with its path; nothing is written."""
    ref = await subscribed(shop)
    before = await shop.rows(*TABLES)
    for given, refusal in (
        ({}, ("NOTHING_TO_CHANGE", "input")),
        ({"subscription": "x"}, ("NOT_FOUND", "input.subscription")),
        ({"subscription": f"sub_{ABSENT}"}, ("NOT_FOUND", "input.subscription")),
        ({"billingTerms": "none"}, ("NOT_FOUND", "input.billingTerms")),
        ({"billingTerms": "works"}, ("OTHER_KIND_OF_TERMS", "input.billingTerms")),
        ({"pricePlan": f"acc_{ABSENT}"}, ("INVALID_ID", "input.pricePlan")),
        ({"pricePlan": "dollars"}, ("CURRENCY_MISMATCH", "input.pricePlan")),
        (
            {"pricePlan": "south-only", "billingTerms": "yearly"},
            ("PLAN_NOT_ALLOWED", "input.pricePlan"),
        ),
        (
            {"pricePlan": "south-only", "from": "2025-12-31T00:00:00Z"},
            ("AMENDMENT_DATE_REFUSED", "input.from"),
        ),
    ):
        asked = {"subscription": ref, **given}
        assert await shop.one.codes("subscriptionAmendTerms", asked) == [refusal]
    assert await shop.other.codes(
        "subscriptionAmendTerms", {"subscription": ref, "pricePlan": "tv"}
    ) == [("NOT_FOUND", "input.subscription")]
    assert await shop.rows(*TABLES) == before
