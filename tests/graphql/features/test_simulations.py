"""Simulations through the API: asked for, run by a worker, read, exported, refused."""

from __future__ import annotations

import csv
import io

from core.tenancy import Capability
from tests.graphql.api_clients import Api, KeyClient
from tests.graphql.features.simulating import (
    CATALOGUE,
    HALF,
    READ,
    asked,
    customers,
    run_all,
    started,
)

__all__ = ["customers"]


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
