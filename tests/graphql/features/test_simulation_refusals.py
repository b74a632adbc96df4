"""Simulations that are refused, and those that are another's."""

from __future__ import annotations

from typing import Any

import pytest

from core.tenancy import Capability
from tests.graphql.api_clients import Api, KeyClient
from tests.graphql.features.simulating import (
    CATALOGUE,
    READ,
    asked,
    customers,
    run_all,
    started,
)

__all__ = ["customers"]

REFUSALS = {
    "an unknown plan": (
        {"alternative": {"pricePlan": "none"}},
        [("NOT_FOUND", "input.alternative.pricePlan")],
    ),
    "a month that is not over": ({"month": "2999-01-01"}, [("MONTH_NOT_OVER", "input.month")]),
    "no first of a month": ({"month": "2026-01-02"}, [("MONTH_NOT_OVER", "input.month")]),
    "an unknown account": (
        {"accounts": ["c1", "nobody"]},
        [("NOT_FOUND", "input.accounts.1")],
    ),
    "no account": ({"accounts": []}, [("NOTHING_TO_SIMULATE", "input.accounts")]),
    "too many accounts": (
        {"accounts": [f"x{number}" for number in range(1001)]},
        [("TOO_MANY_ACCOUNTS", "input.accounts")],
    ),
    "what is stored already": (
        {"alternative": {"catalogue": CATALOGUE}},
        [("NOTHING_TO_SIMULATE", "input.alternative.catalogue")],
    ),
}


@pytest.mark.parametrize(("given", "expected"), REFUSALS.values(), ids=REFUSALS)
async def test_what_cannot_be_simulated_is_refused(
    customers: KeyClient, given: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """Each row with its code and its path; no simulation is made."""
    before = await _count(customers)

    assert await customers.codes("simulationStart", asked(**given)) == expected
    assert await _count(customers) == before


async def test_a_faulty_catalogue_is_refused_by_line(customers: KeyClient) -> None:
    """The rate in line 5 of the text is no number."""
    faulty = CATALOGUE.replace("base: 10", "base: ten")
    document = """mutation ($input: SimulationStartInput!) { simulationStart(input: $input) {
      userErrors { code path ... on SimulationStartError { line problem } } } }"""

    answer = await customers.ask(document, input=asked(alternative={"catalogue": faulty}))

    (error,) = answer["simulationStart"]["userErrors"]
    assert (error["code"], error["problem"], error["line"]) == (
        "CATALOGUE_INVALID",
        "NOT_A_NUMBER",
        5,
    )
    assert error["path"][:4] == ["input", "alternative", "catalogue", "price_plans"]


async def _count(seller: KeyClient) -> int:
    found = await seller.ask("{ simulations { edges { node { id } } } }")
    return len(found["simulations"]["edges"])


async def test_another_sellers_ids_lead_nowhere(api: Api, customers: KeyClient) -> None:
    """Accounts, plans and simulations of another seller are unknown."""
    key = await started(customers)
    account = (await customers.ask('{ account(ref: "c1") { id } }'))["account"]["id"]
    asking = "query ($id: ID!) { simulation(id: $id) { pricePlan { id } } }"
    plan = (await customers.ask(asking, id=key))["simulation"]["pricePlan"]["id"]
    await api.other.changed("catalogueApply", "diff", {"yaml": CATALOGUE.replace("EUR", "USD")})

    assert (await api.other.ask(READ, id=key))["simulation"] is None
    assert (await api.other.ask("query ($id: ID!) { node(id: $id) { id } }", id=key)) == {
        "node": None
    }
    assert await api.other.codes("simulationCancel", {"simulation": key}) == [
        ("NOT_FOUND", "input.simulation")
    ]
    assert await api.other.codes("simulationStart", asked(accounts=[account])) == [
        ("NOT_FOUND", "input.accounts.0")
    ]
    foreign = {"accounts": None, "alternative": {"pricePlan": plan}}
    assert await api.other.codes("simulationStart", asked(**foreign)) == [
        ("NOT_FOUND", "input.alternative.pricePlan")
    ]


async def test_only_who_may_simulate_sees_simulations(api: Api, customers: KeyClient) -> None:
    """Without the capability each field is forbidden, and the node is not there."""
    key = await started(customers)
    weak = await api.key_with(Capability.INVOICE_READ)

    assert await weak.refused(READ, id=key) == ["FORBIDDEN"]
    assert await weak.refused("{ simulations { edges { node { id } } } }") == ["FORBIDDEN"]
    assert (await weak.ask("query ($id: ID!) { node(id: $id) { id } }", id=key)) == {
        "node": None
    }


async def test_a_unit_sees_the_sums_of_its_own_accounts(api: Api, customers: KeyClient) -> None:
    """c1 and c2 are the unit's by now: 10 + 20 = 30.00 of 60.00; its export has two lines.

    Where viewing is limited, a simulation of all shows each what they may see.
    """
    key = await started(customers)
    await run_all(api, customers.tenant_id)
    await customers.changed("orgUnitCreate", "orgUnit { id }", {"code": "shop", "name": "Shop"})
    person = {"email": "shop@x.fr", "name": "Shop", "orgUnit": "shop", "roles": ["BILLING"]}
    made = await customers.changed("staffCreate", "staff { id }", person)
    scopes = ["simulation.run", "account.read", "catalogue.read", "subscription.read"]
    given = {"name": "shop", "staff": made["staff"]["id"], "scopes": scopes}
    issued = await customers.changed("apiKeyIssue", "text", given)
    async with api.transaction() as tx:
        await tx.execute(
            "UPDATE account SET org_unit_id = (SELECT id FROM org_unit WHERE tenant_id = $1"
            " AND code = 'shop') WHERE tenant_id = $1 AND ref IN ('c1', 'c2')",
            tx.tenant_id,
        )
    await customers.changed("tenantUpdate", "__typename", {"limitsViewing": True})
    shop = KeyClient(api.http, issued["text"], customers.tenant_id)

    found = (await shop.ask(READ, id=key))["simulation"]
    csv_of_shop = await api.http.get(
        f"/simulations/{key}.csv", headers={"authorization": f"Bearer {shop.key}"}
    )

    assert found["totals"][0]["before"] == {"amount": "30"}
    assert found["totals"][0]["accounts"] == 2
    assert found["losers"][0]["account"] == {"ref": "c2"}
    assert len(csv_of_shop.text.splitlines()) == 1 + 2
    assert await shop.codes("simulationStart", asked(accounts=["c1", "c3"])) == [
        ("NOT_FOUND", "input.accounts.1")
    ]
    await customers.changed("tenantUpdate", "__typename", {"limitsViewing": False})
