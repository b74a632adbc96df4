"""Entries that are read whole through the API: defined, listed, found by id, refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.graphql.api_clients import Api

TABLES = (
    "product",
    "price_plan",
    "price_plan_version",
    "billing_terms",
    "catalogue_entry",
    "catalogue_entry_version",
    "visible_to",
    "audit_entry",
)
SHOP = """
products:
  gold: {kind: termed_service, name: Gold, type: TV}
  early-end: {kind: expense, name: Ended early}
  braveheart:
    {kind: usage_service, name: Braveheart, type: PPV, meters: {channel: email, unit: email}}
price_plans:
  tv: {name: TV, currency: EUR, rates: {gold: {base: 25}}}
  vip:
    name: VIP
    currency: EUR
    base: tv
    select_when: account.class == "VIP"
    apply_when: account.country == "CY"
    rates: {gold: {base: 0}}
billing_terms:
  monthly:
    name: Monthly
    plans: [tv]
    discounts: flexible
    max_unbilled_amount: 30
    max_unbilled_events: 50
    below_threshold: carry
    binding: {term: 12 months, penalty: early-end}
    resting: {times: 2, per: year}
  jobs: {name: Jobs, kind: job, plans: [tv], bills: next_run}
  wallet: {name: Wallet, kind: prepaid, plans: [tv], grace: 24 hours}
"""
SEGMENT = {"code": "vip", "name": "VIP", "of": "ACCOUNT", "when": 'account.class == "VIP"'}
UDR_TYPE = {
    "code": "order",
    "name": "Order",
    "methods": {"values": ["TV", "WEB"], "required": True},
    "devices": {},
}
DEFINITION = {
    "code": "ppv",
    "name": "Pay per view",
    "productTypes": ["PPV"],
    "providers": ["conax"],
    "udrTypes": ["order"],
    "defaults": [
        {
            "productType": "PPV",
            "base": "3",
            "rates": [{"price": "2", "fromTime": "00:01", "toTime": "06:59"}],
        }
    ],
}
CATALOGUE = {
    "code": "movies",
    "name": "Movies",
    "currency": "EUR",
    "provider": "conax",
    "validity": [{"starts": "2026-01-01", "until": "2027-01-01"}],
    "services": [{"product": "braveheart", "provisioningId": "1AQ8"}],
    "termedServices": ["gold"],
}
DISCOUNT = {
    "code": "complaint",
    "name": "Complaint",
    "method": "AD_HOC",
    "range": {"of": "AMOUNT", "start": "5", "upto": "20"},
    "currency": "EUR",
    "per": "month",
    "times": 3,
    "timesPer": "year",
    "starts": "2026-01-01",
}
RULE = {"code": "all", "name": "Everyone", "place": 1, "maxUnbilledAmount": "30"}
ADVANCE = {"code": "year", "name": "A year", "durations": [{"start": 12, "upto": 12}]}
JOB_TYPE = {"code": "install", "name": "Installation", "estimate": "14 days", "terms": "jobs"}

DEFINED: list[tuple[str, str, str, dict[str, Any], dict[str, Any]]] = [
    (
        "segmentDefine",
        "segment",
        "code state of when version",
        SEGMENT,
        {
            "code": "vip",
            "state": "ACTIVE",
            "of": "ACCOUNT",
            "when": SEGMENT["when"],
            "version": 1,
        },
    ),
    (
        "udrTypeDefine",
        "udrType",
        "methods { values required } devices { values } sourceSystems { values }",
        UDR_TYPE,
        {
            "methods": {"values": ["TV", "WEB"], "required": True},
            "devices": {"values": None},
            "sourceSystems": None,
        },
    ),
    (
        "usageDefinitionDefine",
        "usageDefinition",
        "state defaults { productType base rates { price fromTime toTime usageTo } }",
        DEFINITION,
        {
            "state": "ACTIVE",
            "defaults": [
                {
                    "productType": "PPV",
                    "base": "3",
                    "rates": [
                        {"price": "2", "fromTime": "00:01", "toTime": "06:59", "usageTo": None}
                    ],
                }
            ],
        },
    ),
    (
        "usageCatalogueDefine",
        "usageCatalogue",
        """definition validity { starts }
        services { product base provisioningId rates { price } }""",
        CATALOGUE,
        {
            "definition": "ppv",
            "validity": [{"starts": "2025-12-31T23:00:00Z"}],
            "services": [
                {
                    "product": "braveheart",
                    "base": "3",
                    "provisioningId": "1AQ8",
                    "rates": [{"price": "2"}],
                }
            ],
        },
    ),
    (
        "discountDefine",
        "discount",
        "method of scope range { of start upto } percent level per starts expires",
        DISCOUNT,
        {
            "method": "AD_HOC",
            "of": "SUBSCRIPTION",
            "scope": "ANY",
            "range": {"of": "AMOUNT", "start": "5", "upto": "20"},
            "percent": None,
            "level": None,
            "per": "month",
            "starts": "2025-12-31T23:00:00Z",
            "expires": None,
        },
    ),
    (
        "usageRuleDefine",
        "usageRule",
        "place maxUnbilledAmount maxUnbilledEvents",
        RULE,
        {"place": 1, "maxUnbilledAmount": "30", "maxUnbilledEvents": None},
    ),
    (
        "buyInAdvanceDefine",
        "definition",
        "durations { start upto unit types }",
        ADVANCE,
        {"durations": [{"start": 12, "upto": 12, "unit": "MONTH", "types": []}]},
    ),
    (
        "jobTypeDefine",
        "jobType",
        "billable estimate terms",
        JOB_TYPE,
        {"billable": True, "estimate": "2 weeks", "terms": "jobs"},
    ),
]


async def test_an_entry_of_every_section_is_defined_listed_and_found(api: Api) -> None:
    """A dry run stores nothing; defining again changes nothing; a name makes no version."""
    await api.one.changed("catalogueApply", "diff", {"yaml": SHOP})
    for mutation, field, selection, asked, expected in DEFINED:
        before = await api.rows(*TABLES)
        await api.one.changed(mutation, "__typename", {**asked, "dryRun": True})
        assert await api.rows(*TABLES) == before, mutation
        done = await api.one.changed(mutation, f"{field} {{ id {selection} }}", asked)
        key = done[field].pop("id")
        assert done[field] == expected, mutation
        stored = await api.rows(*TABLES)
        again = {**asked, "idempotencyKey": mutation}
        for _time in range(2):
            await api.one.changed(mutation, "__typename", again)
        assert await api.rows(*TABLES) == stored, mutation
        renamed = {**asked, "name": "Another name"}
        told = f"{field} {{ name version }}"
        shown = (await api.one.changed(mutation, told, renamed))[field]
        assert shown == {"name": "Another name", "version": 1}, mutation
        node = await api.one.ask("query($i: ID!) { node(id: $i) { __typename id } }", i=key)
        assert node["node"]["id"] == key
        assert (await api.other.ask("query($i: ID!) { node(id: $i) { id } }", i=key)) == {
            "node": None
        }


LISTS = {
    "segments": "ACTIVE",
    "udrTypes": "ACTIVE",
    "usageDefinitions": "ACTIVE",
    "usageCatalogues": "EFFECTIVE",
    "discounts": "EFFECTIVE",
    "usageRules": "ACTIVE",
    "buyInAdvanceDefinitions": "ACTIVE",
    "jobTypes": "ACTIVE",
}


async def test_lists_come_in_pages_and_by_state(api: Api) -> None:
    """Three segments, one of them inactive; a page of two goes on with the third."""
    for code, state in (("list-a", "ACTIVE"), ("list-b", "INACTIVE"), ("list-c", "ACTIVE")):
        await api.other.changed(
            "segmentDefine", "segment { id }", {**SEGMENT, "code": code, "state": state}
        )
    found = await api.other.ask(
        "{ segments(first: 2) { edges { node { code } } pageInfo { endCursor } } }"
    )
    codes = [edge["node"]["code"] for edge in found["segments"]["edges"]]
    assert codes == ["list-a", "list-b"]
    after = found["segments"]["pageInfo"]["endCursor"]
    query = "query($a: String) { segments(after: $a) { edges { node { code when } } } }"
    rest = await api.other.ask(query, a=after)
    assert [edge["node"]["code"] for edge in rest["segments"]["edges"]] == ["list-c"]
    query = "{ segments(state: INACTIVE) { totalCount edges { node { code state } } } }"
    (inactive,) = (await api.other.ask(query))["segments"]["edges"]
    assert inactive["node"] == {"code": "list-b", "state": "INACTIVE"}


@pytest.mark.parametrize(("field", "state"), LISTS.items())
async def test_every_section_has_a_list_that_asks_for_the_right(
    api: Api, field: str, state: str
) -> None:
    """Without catalogue.read nothing is listed; nor does another right do."""
    query = f"{{ {field}(state: {state}, first: 1) {{ edges {{ node {{ code state }} }} }} }}"
    for edge in (await api.one.ask(query))[field]["edges"]:
        assert edge["node"]["state"] == state
    narrow = await api.key_with("account.read")
    assert await narrow.refused(query) == ["FORBIDDEN"]


async def test_windows_of_usage_are_stated_and_shown(api: Api) -> None:
    """A segment of who used something within a fortnight; other windows are refused."""
    window = {"name": "recent", "last": "14 days", "channels": ["ott"]}
    asked = {
        "code": "fans",
        "name": "Fans",
        "of": "SUBSCRIPTION",
        "when": "usage.count.recent >= 5",
        "usageWindows": [window],
    }
    made = await api.one.changed(
        "segmentDefine",
        "segment { usageWindows { name last products productTypes channels } }",
        asked,
    )
    assert made["segment"]["usageWindows"] == [
        {**window, "last": "2 weeks", "products": [], "productTypes": []}
    ]
    wrong = {**asked, "code": "others", "when": "usage.count.month >= 5"}
    assert await api.one.codes("segmentDefine", wrong) == [("CATALOGUE_INVALID", "input.when")]
    nameless = {**asked, "code": "others", "usageWindows": [{**window, "last": "a while"}]}
    assert await api.one.codes("segmentDefine", nameless) == [
        ("CATALOGUE_INVALID", "input.usageWindows.recent.last")
    ]


async def test_every_problem_of_an_entry_is_told_at_its_field(api: Api) -> None:
    """A percentage of 120, at level 9, for products that there are not; nothing is stored."""
    before = await api.rows(*TABLES)
    asked = {
        "code": "wrong",
        "name": "Wrong",
        "method": "AUTO",
        "percent": "120",
        "level": 9,
        "products": ["ghost"],
        "when": "subscription.colour == 'red'",
    }
    assert sorted(await api.one.codes("discountDefine", asked)) == [
        ("CATALOGUE_INVALID", "input.level"),
        ("CATALOGUE_INVALID", "input.percent"),
        ("CATALOGUE_INVALID", "input.products.0"),
        ("CATALOGUE_INVALID", "input.when"),
    ]
    await api.one.changed("segmentDefine", "segment { id }", {**SEGMENT, "code": "fixed"})
    changed = {**SEGMENT, "code": "fixed", "of": "SUBSCRIPTION"}
    assert await api.one.codes("segmentDefine", changed) == [("IMMUTABLE_FIELD", "input.of")]
    narrow = await api.key_with("catalogue.read")
    query = "mutation($i: SegmentDefineInput!) { segmentDefine(input: $i) { segment { id } } }"
    assert await narrow.refused(query, i=SEGMENT) == ["FORBIDDEN"]
    after = await api.rows(*TABLES)
    assert after["catalogue_entry"] == before["catalogue_entry"] + 1


async def test_plans_and_terms_show_what_is_new(api: Api) -> None:
    """A conditional plan its base and conditions; each kind of terms what it brings."""
    await api.other.changed("catalogueApply", "diff", {"yaml": SHOP})
    query = """{ pricePlans { edges { node { code base { code } units
        versions { selectWhen applyWhen } } } } }"""
    plans = {
        edge["node"]["code"]: edge["node"]
        for edge in (await api.other.ask(query))["pricePlans"]["edges"]
    }
    assert plans["vip"] == {
        "code": "vip",
        "base": {"code": "tv"},
        "units": [],
        "versions": [
            {"selectWhen": 'account.class == "VIP"', "applyWhen": 'account.country == "CY"'}
        ],
    }
    assert plans["tv"]["base"] is None
    query = """{ billingTerms { edges { node { code kind currentVersion { discounts bills grace
        maxUnbilledAmount maxUnbilledEvents belowThreshold fixedCharges binding { term penalty }
        resting { times days per billed extendsBinding } } } } } }"""
    terms = {
        edge["node"].pop("code"): edge["node"]
        for edge in (await api.other.ask(query))["billingTerms"]["edges"]
    }
    assert terms["monthly"] == {
        "kind": "NORMAL",
        "currentVersion": {
            "discounts": "FLEXIBLE",
            "bills": "AT_ONCE",
            "grace": "",
            "maxUnbilledAmount": "30",
            "maxUnbilledEvents": 50,
            "belowThreshold": "CARRY",
            "fixedCharges": "ARREARS",
            "binding": {"term": "year", "penalty": "early-end"},
            "resting": {
                "times": 2,
                "days": None,
                "per": "year",
                "billed": False,
                "extendsBinding": False,
            },
        },
    }
    assert (terms["jobs"]["kind"], terms["jobs"]["currentVersion"]["bills"]) == (
        "JOB",
        "NEXT_RUN",
    )
    wallet = terms["wallet"]["currentVersion"]
    assert (wallet["grace"], wallet["fixedCharges"]) == ("1 day", "ADVANCE")
