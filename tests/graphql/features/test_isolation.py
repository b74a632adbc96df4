"""What the other seller owns looks like what does not exist, for every field and mutation."""

from __future__ import annotations

from typing import Any

import pytest

from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from tests.graphql.api_clients import Api
from tests.graphql.features.test_subscriptions import CATALOGUE

TABLE = """
rate_tables:
  countries: {name: Countries, dimension: country, rows: {FR: 1}}
"""
ABSENT = "01h455vb4pex5vsknk084sn02q"
PLAIN = {
    "account": "client",
    "billingTerms": "monthly",
    "items": [{"product": "seats"}],
}
TABLES = (
    "account",
    "member",
    "company",
    "org_unit",
    "org_unit_collaboration",
    "staff",
    "api_key",
    "subscription",
    "subscription_item",
    "subscription_phase",
    "product",
    "rate_table_slot",
    "price_plan_version",
    "audit_entry",
)


@pytest.fixture(scope="module")
async def foreign(api: Api) -> dict[str, str]:
    """One object of each kind of the other seller; both have a catalogue."""
    for client in (api.one, api.other):
        async with api.transaction(client) as tx:
            await apply_catalogue(tx, load_catalogue(CATALOGUE + TABLE))
    await api.one.changed(
        "accountCreate", "account { id }", {"name": "Client", "ref": "client"}
    )
    found: dict[str, str] = {}
    account = await api.other.changed(
        "accountCreate", "account { id }", {"name": "Theirs", "ref": "theirs"}
    )
    found["acc"] = account["account"]["id"]
    member = await api.other.changed(
        "memberAdd",
        "member { id }",
        {"account": "theirs", "name": "O", "email": "o@x.us", "role": "OWNER"},
    )
    found["mem"] = member["member"]["id"]
    company = await api.other.changed(
        "companyAdd", "company { id }", {"account": "theirs", "name": "Inc"}
    )
    found["comp"] = company["company"]["id"]
    unit = await api.other.changed(
        "orgUnitCreate", "orgUnit { id }", {"code": "u", "name": "U"}
    )
    found["unit"] = unit["orgUnit"]["id"]
    staff = await api.other.changed(
        "staffCreate", "staff { id }", {"email": "s@x.us", "name": "S", "roles": ["VIEWER"]}
    )
    found["staff"] = staff["staff"]["id"]
    key = await api.other.changed(
        "apiKeyIssue", "apiKey { id }", {"name": "k", "scopes": ["account.read"]}
    )
    found["key"] = key["apiKey"]["id"]
    made = await api.other.changed(
        "subscriptionCreate",
        """subscription { id items { id product { id } } periods(first: 1) {
            edges { node { id } } } phases { pricePlanVersion { id pricePlan { id } }
            billingTermsVersion { id billingTerms { id } } } }""",
        {**PLAIN, "account": "theirs", "ref": "their-sub"},
    )
    subscription = made["subscription"]
    (phase,) = subscription["phases"]
    found["sub"] = subscription["id"]
    found["item"] = subscription["items"][0]["id"]
    found["prod"] = subscription["items"][0]["product"]["id"]
    found["period"] = subscription["periods"]["edges"][0]["node"]["id"]
    found["planver"] = phase["pricePlanVersion"]["id"]
    found["plan"] = phase["pricePlanVersion"]["pricePlan"]["id"]
    found["termsver"] = phase["billingTermsVersion"]["id"]
    found["terms"] = phase["billingTermsVersion"]["billingTerms"]["id"]
    gauges = (await api.other.ask("{ gauges { edges { node { id } } } }"))["gauges"]["edges"]
    found["gauge"] = gauges[0]["node"]["id"]
    tables = (await api.other.ask("{ rateTables { edges { node { id } } } }"))["rateTables"]
    found["table"] = tables["edges"][0]["node"]["id"]
    found["ten"] = (await api.other.ask("{ tenant { id } }"))["tenant"]["id"]
    return found


async def test_their_nodes_are_found_by_them_and_by_nobody_else(
    api: Api, foreign: dict[str, str]
) -> None:
    """The owner finds each kind but the item, which is no node; others find none."""
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    ids = list(foreign.values())
    theirs = (await api.other.ask(query, ids=ids))["nodes"]
    assert [node["id"] for node in theirs if node] == [
        each for kind, each in foreign.items() if kind != "item"
    ]
    assert (await api.one.ask(query, ids=ids))["nodes"] == [None] * len(ids)
    assert (await api.operator.ask(query, ids=ids))["nodes"] == [None] * len(ids)


async def test_their_objects_are_not_read_by_name(api: Api, foreign: dict[str, str]) -> None:
    """By id and by ref: null, like one that does not exist."""
    for field, ident, ref in (
        ("account", foreign["acc"], "theirs"),
        ("subscription", foreign["sub"], "their-sub"),
    ):
        for argument, value in (("id", ident), ("ref", ref)):
            query = f'{{ {field}({argument}: "{value}") {{ id }} }}'
            assert await api.one.ask(query) == {field: None}
            assert (await api.other.ask(query))[field] == {"id": ident}


async def test_no_list_holds_or_counts_theirs(api: Api, foreign: dict[str, str]) -> None:
    """Each connection of the first seller: none of their ids, and no count of them."""
    fields = (
        "orgUnits",
        "staff",
        "apiKeys",
        "accounts",
        "products",
        "gauges",
        "rateTables",
        "pricePlans",
        "billingTerms",
        "subscriptions",
    )
    for field in fields:
        query = f"{{ {field}(first: 100) {{ totalCount edges {{ node {{ id }} }} }} }}"
        found = (await api.one.ask(query))[field]
        ids = {edge["node"]["id"] for edge in found["edges"]}
        assert not ids & set(foreign.values()), field
        assert found["totalCount"] == len(ids), field


MUTATIONS: tuple[tuple[str, dict[str, Any], str, str], ...] = (
    ("orgUnitCreate", {"code": "x", "name": "X"}, "parent", "unit"),
    ("orgUnitCollaborate", {"collaborator": "root"}, "unit", "unit"),
    ("orgUnitCollaborate", {"unit": "root"}, "collaborator", "unit"),
    ("staffCreate", {"email": "z@x.fr", "name": "Z", "roles": ["VIEWER"]}, "orgUnit", "unit"),
    ("staffDisable", {}, "staff", "staff"),
    ("apiKeyIssue", {"name": "k", "scopes": ["account.read"]}, "staff", "staff"),
    ("apiKeyRotate", {}, "apiKey", "key"),
    ("apiKeyRevoke", {}, "apiKey", "key"),
    ("accountCreate", {"name": "A"}, "orgUnit", "unit"),
    ("accountUpdate", {"name": "A"}, "account", "acc"),
    ("accountClockAdvance", {"to": "2027-01-01T00:00:00Z"}, "account", "acc"),
    ("memberAdd", {"name": "M", "email": "m@x.fr", "role": "OWNER"}, "account", "acc"),
    ("memberRemove", {}, "member", "mem"),
    ("companyAdd", {"name": "C"}, "account", "acc"),
    ("companyRemove", {}, "company", "comp"),
    ("productUpdate", {"name": "P"}, "product", "prod"),
    ("productRetire", {}, "product", "prod"),
    ("rateTableSlotAdd", {"starts": "2099-01-01", "rows": []}, "rateTable", "table"),
    ("subscriptionCreate", PLAIN, "account", "acc"),
    ("subscriptionCreate", PLAIN, "billingTerms", "terms"),
    ("subscriptionCreate", PLAIN, "pricePlan", "plan"),
    ("subscriptionItemAdd", {"product": "support"}, "subscription", "sub"),
    ("subscriptionItemChangeQuantity", {"quantity": "2"}, "item", "item"),
    ("subscriptionItemEnd", {}, "item", "item"),
    ("subscriptionPlanChange", {"pricePlan": "level-3"}, "subscription", "sub"),
    ("subscriptionCancel", {}, "subscription", "sub"),
    ("subscriptionReactivate", {}, "subscription", "sub"),
)


@pytest.mark.parametrize("case", MUTATIONS)
async def test_their_ids_are_refused_like_absent_ones(
    api: Api, foreign: dict[str, str], case: tuple[str, dict[str, Any], str, str]
) -> None:
    """The same code, message and path; nothing is written on either side."""
    mutation, given, argument, kind = case
    before = [await api.rows(*TABLES, client=client) for client in (api.one, api.other)]
    answers = [
        await api.one.change(mutation, "__typename", {**given, argument: named})
        for named in (foreign[kind], f"{kind}_{ABSENT}")
    ]
    assert answers[0] == answers[1]
    (error,) = answers[0]["userErrors"]
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["input", argument])
    after = [await api.rows(*TABLES, client=client) for client in (api.one, api.other)]
    assert after == before


async def test_a_key_without_a_capability_finds_no_nodes(
    api: Api, foreign: dict[str, str]
) -> None:
    """Who may read accounts only sees accounts: the rest is null, as if it were absent."""
    narrow = await api.key_with("account.read", client=api.other)
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    found = (await narrow.ask(query, ids=list(foreign.values())))["nodes"]
    kinds = {node["id"].partition("_")[0] for node in found if node}
    assert kinds == {"acc", "mem", "comp", "ten"}
    nested = "query($i: ID!) { account(id: $i) { name subscriptions { edges { cursor } } } }"
    answer = (await narrow.post(nested, {"i": foreign["acc"]})).json()
    assert answer["data"]["account"] == {"name": "Theirs", "subscriptions": None}
    assert [e["extensions"]["code"] for e in answer["errors"]] == ["FORBIDDEN"]
