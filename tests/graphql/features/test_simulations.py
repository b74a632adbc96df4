"""Simulations through the API: asked for, run by a worker, read, exported, refused."""

from __future__ import annotations

import csv
import io
from typing import Any
from uuid import UUID

import pytest

from core.billing_cycles.pricing import Pricing
from core.simulations.run import run_next_chunk
from core.tenancy import Capability
from tests.graphql.api_clients import Api, KeyClient

CATALOGUE = """
products:
  seat: {kind: licence, name: Seat}
price_plans:
  seats: {name: Seats, currency: EUR, rates: {seat: {base: 10}}}
  dearer: {name: Dearer, currency: EUR, rates: {seat: {base: 12}}}
  empty: {name: Empty, currency: EUR, rates: {}}
billing_terms:
  monthly: {name: Monthly, plans: [seats], default_plan: seats}
"""
HALF = CATALOGUE.replace("base: 10", "base: 5")

READ = """
query ($id: ID!) { simulation(id: $id) {
  state accountsTotal accountsDone month exportPath pricePlan { code }
  totals { currency accounts changed invoiced { amount } credited { amount }
    corrected { amount } unused { amount } unexplained { amount } before { amount }
    after { amount } difference { amount } beforeWithTax { amount } afterWithTax { amount } }
  failed { subscriptions accounts }
  distribution { change fromPercent untilPercent accounts difference { amount } }
  gainers(first: 1) { account { ref } difference { amount } }
  losers(first: 1) { account { ref } difference { amount } isAsInvoiced }
  results(first: 2) { edges { node { account { ref } } } pageInfo { hasNextPage } }
  failures { edges { node { code side account { ref } } } }
} }
"""


async def run_all(api: Api, tenant_id: UUID) -> None:
    """Run what waits, as a worker does."""
    application = api.application
    pricing = Pricing(application.host, application.pool)
    for _chunk in range(50):
        ran = await run_next_chunk(
            application.database, tenant_id, pricing=pricing, installed=application.installed
        )
        if ran is None:
            return
    raise AssertionError("it does not end")


@pytest.fixture(scope="module")
async def customers(api: Api) -> KeyClient:
    """Three customers with 1, 2 and 3 seats on test clocks, January billed in February."""
    seller = api.one
    await seller.changed("catalogueApply", "diff", {"yaml": CATALOGUE})
    for seats in (1, 2, 3):
        account = await seller.changed(
            "accountCreate",
            "account { id }",
            {"name": f"C{seats}", "ref": f"c{seats}", "testClock": "2026-01-01T00:00:00+01:00"},
        )
        key = account["account"]["id"]
        await seller.changed(
            "subscriptionCreate",
            "subscription { id }",
            {
                "account": key,
                "billingTerms": "monthly",
                "pricePlan": "seats",
                "items": [{"product": "seat", "quantity": str(seats)}],
            },
        )
        await seller.changed(
            "accountClockAdvance", "account { id }",
            {"account": key, "to": "2026-02-02T00:00:00+01:00"},
        )  # fmt: skip
    return seller


def asked(**given: Any) -> dict[str, Any]:
    """An input for the three customers' January under the dearer plan."""
    return {
        "month": "2026-01-01",
        "accounts": ["c1", "c2", "c3"],
        "alternative": {"pricePlan": "dearer"},
        **given,
    }


async def started(seller: KeyClient, **given: Any) -> str:
    """Start a simulation and return its id."""
    payload = await seller.changed("simulationStart", "simulation { id state }", asked(**given))
    assert payload["simulation"]["state"] == "QUEUED"
    found: str = payload["simulation"]["id"]
    return found


async def test_another_plan_shows_totals_buckets_and_extremes(
    api: Api, customers: KeyClient
) -> None:
    """6 seats: 6 x 10 = 60.00, 6 x 12 = 72.00; with 20 % tax 72.00 and 86.40."""
    key = await started(customers)
    await run_all(api, customers.tenant_id)

    found = (await customers.ask(READ, id=key))["simulation"]

    assert found["state"] == "DONE"
    assert (found["accountsDone"], found["accountsTotal"]) == (3, 3)
    assert found["pricePlan"] == {"code": "dearer"}
    assert found["totals"] == [
        {
            "currency": "EUR",
            "accounts": 3,
            "changed": 3,
            "invoiced": {"amount": "60"},
            "credited": {"amount": "0"},
            "corrected": {"amount": "0"},
            "unused": {"amount": "0"},
            "unexplained": {"amount": "0"},
            "before": {"amount": "60"},
            "after": {"amount": "72"},
            "difference": {"amount": "12"},
            "beforeWithTax": {"amount": "72"},
            "afterWithTax": {"amount": "86.4"},
        }
    ]
    assert found["failed"] == {"subscriptions": 0, "accounts": 0}
    # All pay 20 % more, which is the first number of the bucket from 20 to 50.
    assert found["distribution"] == [
        {
            "change": "MORE",
            "fromPercent": 20,
            "untilPercent": 50,
            "accounts": 3,
            "difference": {"amount": "12"},
        }
    ]
    assert found["gainers"] == []
    assert found["losers"] == [
        {"account": {"ref": "c3"}, "difference": {"amount": "6"}, "isAsInvoiced": True}
    ]
    refs = [edge["node"]["account"]["ref"] for edge in found["results"]["edges"]]
    assert refs == ["c1", "c2"]
    assert found["results"]["pageInfo"]["hasNextPage"] is True


async def test_an_edited_catalogue_is_tried_and_not_stored(
    api: Api, customers: KeyClient
) -> None:
    """Seats at 5: 6 x 5 = 30.00 in place of 60.00; the price list stays as it was."""
    key = await started(customers, alternative={"catalogue": HALF})
    await run_all(api, customers.tenant_id)

    found = (await customers.ask(READ, id=key))["simulation"]

    assert found["totals"][0]["after"] == {"amount": "30"}
    assert found["gainers"] == [{"account": {"ref": "c3"}, "difference": {"amount": "-15"}}]
    assert found["distribution"][0]["fromPercent"] == -50
    diff = await customers.changed(
        "catalogueApply", "diff", {"yaml": CATALOGUE, "dryRun": True}
    )
    assert diff["diff"] == "no difference\n"


async def test_the_export_holds_every_account(api: Api, customers: KeyClient) -> None:
    """One line each, in CSV, and only for those who may."""
    key = await started(customers)
    await run_all(api, customers.tenant_id)
    path = f"/simulations/{key}.csv"

    answer = await api.http.get(path, headers={"authorization": f"Bearer {customers.key}"})

    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {row["ref"]: (row["before_net"], row["after_net"]) for row in rows} == {
        "c1": ("10.00", "12.00"),
        "c2": ("20.00", "24.00"),
        "c3": ("30.00", "36.00"),
    }
    assert {
        (row["credited_net"], row["unused_net"], row["unexplained_net"]) for row in rows
    } == {("0.00", "0.00", "0.00")}
    other = await api.http.get(path, headers={"authorization": f"Bearer {api.other.key}"})
    assert (other.status_code, other.json()["error"]["code"]) == (404, "NOT_FOUND")
    nobody = await api.http.get(path)
    assert nobody.status_code == 401
    weak = await api.key_with(Capability.INVOICE_READ)
    refused = await api.http.get(path, headers={"authorization": f"Bearer {weak.key}"})
    assert refused.status_code == 403


async def test_who_has_no_rate_is_listed_with_the_reason(
    api: Api, customers: KeyClient
) -> None:
    """A plan without a price for seats: all three are left out of both sums."""
    key = await started(customers, alternative={"pricePlan": "empty"})
    await run_all(api, customers.tenant_id)

    found = (await customers.ask(READ, id=key))["simulation"]

    assert found["state"] == "DONE"
    assert found["totals"] == []
    assert found["failed"] == {"subscriptions": 3, "accounts": 3}
    codes = {(e["node"]["code"], e["node"]["side"]) for e in found["failures"]["edges"]}
    assert codes == {("RATE_MISSING", "AFTER")}


async def test_a_simulation_that_waits_can_be_cancelled_once(
    api: Api, customers: KeyClient
) -> None:
    """Cancelled before a worker came: nothing is computed; the second time is refused."""
    key = await started(customers)

    stopped = await customers.changed(
        "simulationCancel", "simulation { state }", {"simulation": key}
    )
    await run_all(api, customers.tenant_id)

    assert stopped["simulation"] == {"state": "CANCELLED"}
    found = (await customers.ask(READ, id=key))["simulation"]
    assert (found["state"], found["accountsDone"], found["totals"]) == ("CANCELLED", 0, [])
    assert await customers.codes("simulationCancel", {"simulation": key}) == [
        ("SIMULATION_FINISHED", "input.simulation")
    ]


async def test_the_same_key_starts_one_simulation(customers: KeyClient) -> None:
    """A repeated request answers with the first simulation."""
    one = await started(customers, idempotencyKey="once")
    payload = await customers.changed(
        "simulationStart", "simulation { id }", asked(idempotencyKey="once")
    )

    assert payload["simulation"]["id"] == one


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


async def _count(seller: KeyClient) -> int:
    found = await seller.ask("{ simulations { edges { node { id } } } }")
    return len(found["simulations"]["edges"])


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
