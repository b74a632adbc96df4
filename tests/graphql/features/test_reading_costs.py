"""What a list costs: a fixed number of statements, and an index under each page."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest
from sqlalchemy.dialects import postgresql

from api.features.accounts.lists import ACCOUNTS, BY_CREATION, BY_NAME
from api.graphql.connection import PageRequest
from api.graphql.keyset import Sort
from core.accounts.create_account import CreateAccount, create_account
from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from core.embedded import APP_ROLE
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe
from tests.graphql.api_clients import Api
from tests.graphql.features.test_subscriptions import CATALOGUE

MANY = 12
PAGE = 8


@pytest.fixture(scope="module")
async def shop(api: Api) -> Api:
    """The first seller with twelve accounts, each with a subscription."""
    async with api.transaction() as tx:
        await apply_catalogue(tx, load_catalogue(CATALOGUE))
        for number in range(MANY):
            account = await create_account(tx, CreateAccount(name=f"Name {number:02}"))
            command = Subscribe(account.id, "monthly", [NewItem("seats")])
            await subscribe(tx, command)
    return api


ACCOUNTS_WITH = "{ accounts(first: %d) { edges { node { BELOW } } } }"
SUBSCRIPTIONS_WITH = "{ subscriptions(first: %d) { edges { node { BELOW } } } }"
PHASES = """phases { pricePlanVersion { pricePlan { code } }
    billingTermsVersion { billingTerms { code } } }"""
NESTED = (
    ACCOUNTS_WITH.replace("BELOW", "orgUnit { code }"),
    ACCOUNTS_WITH.replace("BELOW", "members(first: 2) { edges { cursor } }"),
    ACCOUNTS_WITH.replace("BELOW", "companies(first: 2) { edges { cursor } }"),
    ACCOUNTS_WITH.replace("BELOW", "history(first: 2) { edges { cursor } }"),
    ACCOUNTS_WITH.replace("BELOW", "subscriptions(first: 1) { edges { node { id } } }"),
    SUBSCRIPTIONS_WITH.replace("BELOW", "state account { name } items { product { code } }"),
    SUBSCRIPTIONS_WITH.replace("BELOW", PHASES),
    SUBSCRIPTIONS_WITH.replace("BELOW", "periods(first: 2) { edges { node { state } } }"),
    "{ products(first: %d) { edges { node { gauge { code } members { code } } } } }",
    """{ pricePlans(first: %d) { edges { node { versions {
        rates { product { code } } commitment { minimum } } } } } }""",
    """{ billingTerms(first: %d) { edges { node { currentVersion {
        pricePlans { code } defaultPlan { code } } } } } }""",
)


async def statements(shop: Api, query: str) -> int:
    """Count the statements of one operation, the key's look-up and BEGIN left out."""
    with shop.statements() as seen:
        await shop.one.ask(query)
    return len(seen)


@pytest.mark.parametrize("query", NESTED)
async def test_nested_fields_cost_the_same_for_one_and_for_many(shop: Api, query: str) -> None:
    """Two rows and a page of eight take equally many statements, and at most two dozen."""
    await statements(shop, query % 2)  # caches of versions are warm from here on
    await statements(shop, query % PAGE)
    few, many = await statements(shop, query % 2), await statements(shop, query % PAGE)
    assert few == many
    assert many <= 24


async def test_a_page_of_accounts_is_walked_forwards_and_backwards(shop: Api) -> None:
    """By name, five a page: every account once, in order; backwards the same."""
    query = """query($after: String, $before: String, $first: Int, $last: Int) {
        accounts(orderBy: NAME, where: {nameStartsWith: "name"},
            after: $after, before: $before, first: $first, last: $last) {
        totalCount edges { node { name } } pageInfo { hasNextPage hasPreviousPage
        startCursor endCursor } } }"""
    expected = [f"Name {number:02}" for number in range(MANY)]
    names: list[str] = []
    cursor: str | None = None
    while True:
        page = (await shop.one.ask(query, first=5, after=cursor))["accounts"]
        assert page["totalCount"] == MANY
        names += [edge["node"]["name"] for edge in page["edges"]]
        cursor = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert names == expected
    names, cursor = [], None
    while True:
        page = (await shop.one.ask(query, last=5, before=cursor))["accounts"]
        names = [edge["node"]["name"] for edge in page["edges"]] + names
        cursor = page["pageInfo"]["startCursor"]
        if not page["pageInfo"]["hasPreviousPage"]:
            break
    assert names == expected


async def test_a_cursor_of_another_order_is_refused(shop: Api) -> None:
    """A cursor by name does not fit the order of creation."""
    query = "{ accounts(orderBy: NAME, first: 1) { pageInfo { endCursor } } }"
    cursor = (await shop.one.ask(query))["accounts"]["pageInfo"]["endCursor"]
    other = "query($c: String) { accounts(after: $c) { edges { cursor } } }"
    assert await shop.one.refused(other, c=cursor) == ["CURSOR_INVALID"]


def nodes_of(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """All nodes of an execution plan."""
    return [plan] + [node for below in plan.get("Plans", ()) for node in nodes_of(below)]


@pytest.fixture(scope="module")
async def crowd(api: Api) -> Api:
    """The other seller with 5,000 accounts, and the planner's statistics up to date."""
    async with api.transaction(api.other) as tx:
        await tx.execute(
            "INSERT INTO account (tenant_id, id, name, name_key, country, currency, timezone,"
            " org_unit_id, created_at) SELECT $1, gen_random_uuid(), 'x', 'many ' || n, 'US',"
            " 'USD', 'America/New_York', u.id, now() FROM generate_series(1, 5000) n,"
            " (SELECT id FROM org_unit WHERE tenant_id = $1 LIMIT 1) u",
            tx.tenant_id,
        )
    owner = await asyncpg.connect(api.application.urls.owner_database_url)
    await owner.execute("ANALYZE account")
    await owner.close()
    return api


@pytest.mark.parametrize(
    ("sort", "index", "is_by_name"),
    [(BY_NAME, "account_by_name", True), (BY_CREATION, "account_pkey", False)],
)
@pytest.mark.parametrize("backwards", [False, True])
async def test_a_page_begins_in_its_index_and_sorts_nothing(
    crowd: Api, sort: Sort, index: str, is_by_name: bool, backwards: bool
) -> None:
    """As the application's role, under row-level security, from the middle of 5,000."""
    async with crowd.transaction(crowd.other) as tx:
        key = await tx.fetchval("SELECT id FROM account ORDER BY id OFFSET 2500 LIMIT 1")
        edge = ("many 3", key) if is_by_name else (key,)
        page = PageRequest(
            size=20,
            backwards=backwards,
            after=None if backwards else edge,
            before=edge if backwards else None,
        )
        sql = sort.page(ACCOUNTS.statement(tx.tenant_id), page).compile(
            dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}
        )
        role = await tx.fetchval("SELECT current_user")
        (plan,) = await tx.fetchval(f"EXPLAIN (FORMAT JSON) {sql}")
    found = nodes_of(plan["Plan"])
    assert role == APP_ROLE
    (scan,) = (node for node in found if "Index Name" in node)
    assert scan["Index Name"] == index
    assert not [node for node in found if "Sort" in node["Node Type"]]
    assert "ROW(name_key, id)" in scan["Index Cond"] or f"'{key}'" in scan["Index Cond"]
