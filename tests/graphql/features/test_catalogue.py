"""The catalogue through the API: a whole file, single entries, and what is wrong in them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

import api as api_package
from core.catalogue.apply import lock_catalogue
from tests.graphql.api_clients import Api

CRM360 = Path(api_package.__file__).parent / "demo" / "crm360.yaml"
TABLES = (
    "gauge",
    "product",
    "suite_member",
    "rate_table",
    "rate_table_slot",
    "price_plan",
    "price_plan_version",
    "rate",
    "billing_terms",
    "billing_terms_version",
    "audit_entry",
    "idempotency_key",
)
SHOP = """
products:
  fee: {kind: termed_service, name: Fee}
price_plans:
  basic: {name: Basic, currency: EUR, rates: {fee: {base: 20}}}
billing_terms:
  monthly: {name: Monthly, plans: [basic]}
"""
BAD = """products:
  one: {kind: nothing, name: One}
  two:
    kind: licence
    nmae: Two
"""
WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
APPLIED = "entries { section code outcome } diff"


async def test_a_catalogue_is_applied_once(api: Api) -> None:
    """A dry run tells the difference and stores nothing; applying twice changes nothing."""
    before = await api.rows(*TABLES, client=api.other)
    tried = await api.other.changed("catalogueApply", APPLIED, {"yaml": SHOP, "dryRun": True})
    assert await api.rows(*TABLES, client=api.other) == before
    done = await api.other.changed("catalogueApply", APPLIED, {"yaml": SHOP})
    assert done == tried
    assert done["entries"] == [
        {"section": "products", "code": "fee", "outcome": "CREATED"},
        {"section": "price_plans", "code": "basic", "outcome": "CREATED"},
        {"section": "billing_terms", "code": "monthly", "outcome": "CREATED"},
    ]
    assert "+ rates.fee.base: 20" in done["diff"].splitlines()
    stored = await api.rows(*TABLES, client=api.other)
    again = await api.other.changed("catalogueApply", APPLIED, {"yaml": SHOP})
    assert {entry["outcome"] for entry in again["entries"]} == {"UNCHANGED"}
    assert again["diff"] == "no difference\n"
    assert await api.rows(*TABLES, client=api.other) == stored
    exported = (await api.other.ask("{ catalogueExport }"))["catalogueExport"]
    same = await api.other.changed("catalogueApply", APPLIED, {"yaml": exported})
    assert same["diff"] == "no difference\n"


async def test_every_problem_is_told_with_its_line_and_path(api: Api) -> None:
    """A kind that is none in line 2, an unknown and a missing key below line 3."""
    before = await api.rows(*TABLES)
    query = """mutation($y: String!) { catalogueApply(input: {yaml: $y}) {
        entries { code } diff userErrors { code message path reason problem line } } }"""
    answer = (await api.one.ask(query, y=BAD))["catalogueApply"]
    assert (answer["entries"], answer["diff"]) == ([], None)
    told = [(e["problem"], e["line"], ".".join(e["path"])) for e in answer["userErrors"]]
    assert told == [
        ("NOT_A_CHOICE", 2, "input.yaml.products.one.kind"),
        ("MISSING_KEY", 3, "input.yaml.products.two.name"),
        ("UNKNOWN_KEY", 5, "input.yaml.products.two.nmae"),
    ]
    assert {error["code"] for error in answer["userErrors"]} == {"CATALOGUE_INVALID"}
    assert "name" in answer["userErrors"][2]["message"]
    assert await api.rows(*TABLES) == before


async def test_a_gauge_and_a_product_that_takes_it_are_made_by_hand(api: Api) -> None:
    """The product reads like a file's, with what was left out at its default."""
    await api.one.changed("gaugeCreate", "gauge { id }", {"code": "seats", "name": "Seats"})
    product = await api.one.changed(
        "productCreate",
        "product { id code kind state gaugePolicy gauge { code } taxClass }",
        {
            "code": "users",
            "kind": "LICENCE",
            "name": "Users",
            "quantityFrom": {"gauge": "seats", "policy": "LAST"},
        },
    )
    assert product["product"].pop("id").startswith("prod_")
    assert product["product"] == {
        "code": "users",
        "kind": "LICENCE",
        "state": "ACTIVE",
        "gaugePolicy": "LAST",
        "gauge": {"code": "seats"},
        "taxClass": "standard",
    }


async def test_a_rate_table_is_made_by_hand(api: Api) -> None:
    """It has one slot, with the rows that were given and the price of all others."""
    table = await api.one.changed(
        "rateTableCreate",
        "rateTable { code applies slots { number rows { value price } default } }",
        {
            "code": "countries",
            "name": "Countries",
            "dimension": "country",
            "rows": [{"value": "FR", "price": "0.06"}, {"value": "RE", "price": "0.09"}],
            "default": "0.2",
        },
    )
    (slot,) = table["rateTable"]["slots"]
    assert slot["rows"] == [{"value": "FR", "price": "0.06"}, {"value": "RE", "price": "0.09"}]
    assert slot["default"] == "0.2"


async def test_a_price_plan_is_made_by_hand(api: Api) -> None:
    """It has a first version: a price in tiers, one by the rate table, and a minimum."""
    await api.one.changed(
        "productCreate",
        "product { id }",
        {
            "code": "sms",
            "kind": "USAGE_SERVICE",
            "name": "SMS",
            "meters": {"channel": "sms", "unit": "segment"},
        },
    )
    plan = await api.one.changed(
        "pricePlanCreate",
        """pricePlan { code currency taxMode versions { number commitment { minimum }
            rates { product { code } model base tableCode tiers { start upto price } } } }""",
        {
            "code": "team",
            "name": "Team",
            "currency": "EUR",
            "family": "levels",
            "commitment": {"minimum": "50", "covers": {"products": ["users"]}},
            "rates": [
                {
                    "product": "users",
                    "model": "tiered",
                    "tiers": [
                        {"start": "0", "upto": "10", "price": "9"},
                        {"start": "11", "price": "7.5"},
                    ],
                },
                {"product": "sms", "table": "countries"},
            ],
        },
    )
    (version,) = plan["pricePlan"]["versions"]
    assert (version["number"], version["commitment"]) == (1, {"minimum": "50"})
    by_code = {rate["product"]["code"]: rate for rate in version["rates"]}
    assert by_code["sms"]["tableCode"] == "countries"
    assert by_code["users"]["tiers"] == [
        {"start": "0", "upto": "10", "price": "9"},
        {"start": "11", "upto": None, "price": "7.5"},
    ]


async def test_billing_terms_are_made_by_hand(api: Api) -> None:
    """What is left out has its default: by the month, from its first day, the only plan."""
    terms = await api.one.changed(
        "billingTermsCreate",
        """billingTerms { code currentVersion { number frequency anchor fixedCharges
            pricePlans { code } defaultPlan { code } } }""",
        {"code": "month", "name": "Month", "plans": ["team"], "fixedCharges": "ADVANCE"},
    )
    assert terms["billingTerms"]["currentVersion"] == {
        "number": 1,
        "frequency": "month",
        "anchor": "CALENDAR",
        "fixedCharges": "ADVANCE",
        "pricePlans": [{"code": "team"}],
        "defaultPlan": {"code": "team"},
    }


@pytest.mark.parametrize(
    ("mutation", "given", "refusals"),
    [
        ("gaugeCreate", {"code": "seats", "name": "S"}, [("CODE_TAKEN", "input.code")]),
        (
            "productCreate",
            {"code": "users", "kind": "LICENCE", "name": "U"},
            [("CODE_TAKEN", "input.code")],
        ),
        (
            "productCreate",
            {"code": "mms", "kind": "USAGE_SERVICE", "name": "MMS"},
            [("CATALOGUE_INVALID", "input.meters")],
        ),
        (
            "productCreate",
            {
                "code": "mms",
                "kind": "USAGE_SERVICE",
                "name": "MMS",
                "meters": {"channel": "mms", "unit": "message"},
            },
            [("CATALOGUE_INVALID", "input.meters.channel")],
        ),
        (
            "productUpdate",
            {"product": "users", "kind": "MODULE"},
            [("IMMUTABLE_FIELD", "input.kind")],
        ),
        ("productUpdate", {"product": "none", "name": "N"}, [("NOT_FOUND", "input.product")]),
        ("productRetire", {"product": "none"}, [("NOT_FOUND", "input.product")]),
        (
            "productRetire",
            {"product": "acc_01h455vb4pex5vsknk084sn02q"},
            [("INVALID_ID", "input.product")],
        ),
        (
            "pricePlanPublish",
            {"code": "none", "name": "N", "currency": "EUR"},
            [("NOT_FOUND", "input.code")],
        ),
        (
            "pricePlanPublish",
            {"code": "team", "name": "Team", "currency": "USD"},
            [("IMMUTABLE_FIELD", "input.currency")],
        ),
        (
            "pricePlanCreate",
            {
                "code": "p",
                "name": "P",
                "currency": "EUR",
                "rates": [{"product": "none", "base": "1"}],
            },
            [("CATALOGUE_INVALID", "input.rates.none")],
        ),
        (
            "billingTermsCreate",
            {"code": "t", "name": "T", "plans": []},
            [("CATALOGUE_INVALID", "input.plans")],
        ),
        (
            "billingTermsPublish",
            {"code": "none", "name": "T", "plans": ["team"]},
            [("NOT_FOUND", "input.code")],
        ),
        (
            "rateTableCreate",
            {"code": "countries", "name": "C", "dimension": "country"},
            [("CODE_TAKEN", "input.code")],
        ),
        (
            "rateTableSlotAdd",
            {"rateTable": "none", "starts": "2099-01-01", "rows": []},
            [("NOT_FOUND", "input.rateTable")],
        ),
    ],
)
async def test_a_refused_entry_leaves_nothing(
    api: Api, mutation: str, given: dict[str, Any], refusals: list[tuple[str, str]]
) -> None:
    """Taken and absent codes, what is for good, and what makes no sense, each with its path."""
    before = await api.rows(*TABLES)
    assert await api.one.codes(mutation, given) == refusals
    assert await api.rows(*TABLES) == before


async def test_a_product_changes_and_retires(api: Api) -> None:
    """What is not mentioned stays; the product may be named by its id."""
    made = await api.one.changed(
        "productCreate",
        "product { id }",
        {"code": "desk", "kind": "LICENCE", "name": "Desk", "type": "tools"},
    )
    changed = await api.one.changed(
        "productUpdate",
        "product { name type }",
        {"product": made["product"]["id"], "name": "Help desk"},
    )
    assert changed["product"] == {"name": "Help desk", "type": "tools"}
    gone = await api.one.changed("productRetire", "product { state }", {"product": "desk"})
    assert gone["product"] == {"state": "RETIRED"}
    query = "{ products(state: RETIRED) { edges { node { code } } } }"
    found = (await api.one.ask(query))["products"]["edges"]
    assert found == [{"node": {"code": "desk"}}]


async def test_a_plan_gets_a_new_version_and_a_table_a_new_slot(api: Api) -> None:
    """Another price is version 2; a dry run of it leaves version 1 alone."""
    given = {
        "code": "desk-plan",
        "name": "Desk",
        "currency": "EUR",
        "rates": [{"product": "users", "base": "10"}],
    }
    await api.one.changed("pricePlanCreate", "pricePlan { id }", given)
    dearer = {**given, "rates": [{"product": "users", "base": "12"}]}
    versions = "pricePlan { versions { number rates { base } } }"
    await api.one.changed("pricePlanPublish", versions, {**dearer, "dryRun": True})
    query = """{ pricePlans { edges { node { code versions { number } } } } }"""
    plans = {
        edge["node"]["code"]: len(edge["node"]["versions"])
        for edge in (await api.one.ask(query))["pricePlans"]["edges"]
    }
    assert plans["desk-plan"] == 1
    done = await api.one.changed("pricePlanPublish", versions, dearer)
    assert done["pricePlan"]["versions"] == [
        {"number": 1, "rates": [{"base": "10"}]},
        {"number": 2, "rates": [{"base": "12"}]},
    ]
    await api.one.changed(
        "rateTableCreate",
        "rateTable { id }",
        {
            "code": "dated",
            "name": "Dated",
            "dimension": "country",
            "applies": "ON_EVENT_DATE",
            "slots": [{"starts": "2026-01-01", "rows": [{"value": "FR", "price": "1"}]}],
        },
    )
    slot = {"rateTable": "dated", "rows": [{"value": "FR", "price": "2"}]}
    before = await api.rows(*TABLES)
    refused = await api.one.codes("rateTableSlotAdd", {**slot, "starts": "2026-02-01"})
    assert [code for code, _path in refused] == ["SLOT_IN_THE_PAST"]
    assert await api.rows(*TABLES) == before
    added = await api.one.changed(
        "rateTableSlotAdd",
        "rateTable { slots { startsAt rows { price } } }",
        {**slot, "starts": "2099-01-01"},
    )
    assert added["rateTable"]["slots"] == [
        {"startsAt": "2025-12-31T23:00:00Z", "rows": [{"price": "1"}]},
        {"startsAt": "2098-12-31T23:00:00Z", "rows": [{"price": "2"}]},
    ]


async def test_the_demo_catalogue_is_applied_through_the_api(api: Api) -> None:
    """Two gauges, six products, a table, four plans, terms and seven features at once."""
    text = CRM360.read_text(encoding="utf-8")
    tried = await api.other.changed("catalogueApply", APPLIED, {"yaml": text, "dryRun": True})
    assert len(tried["entries"]) == 21


async def test_two_changes_of_a_product_at_once_are_both_kept(api: Api) -> None:
    """One changes its name, the other its tax class, while a third holds the catalogue."""
    given = {"code": "both", "kind": "LICENCE", "name": "Before"}
    await api.one.changed("productCreate", "product { id }", given)
    changes = ({"name": "After"}, {"taxClass": "reduced"})
    async with api.transaction() as tx:
        await lock_catalogue(tx)
        tasks = [
            asyncio.create_task(
                api.one.changed("productUpdate", "product { id }", {"product": "both", **one})
            )
            for one in changes
        ]
        async with asyncio.timeout(10):
            while await tx.fetchval(WAITING) < len(tasks):  # noqa: ASYNC110 - no event says it
                await asyncio.sleep(0.01)
    await asyncio.gather(*tasks)
    found = await api.one.ask(
        "{ products(first: 100) { edges { node { code name taxClass } } } }"
    )
    (shown,) = (
        edge["node"] for edge in found["products"]["edges"] if edge["node"]["code"] == "both"
    )
    assert shown == {"code": "both", "name": "After", "taxClass": "reduced"}
