"""Jobs through the API: made, changed, completed, billed, listed, and every refusal."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from tests.graphql.api_clients import Api
from tests.integration.jobs.conftest import CATALOGUE

TABLES = (
    "job",
    "job_line",
    "job_billing",
    "invoice",
    "history_entry",
    "audit_entry",
    "outbox",
)
ABSENT = "01h455vb4pex5vsknk084sn02q"
_refs = (f"job-{number}" for number in itertools.count(1))
LINES = "lines { id quantity product { code } }"


@pytest.fixture(scope="module")
async def works(api: Api) -> Api:
    """The first seller with job types, and an account whose clock stands on 10 January."""
    async with api.transaction() as tx:
        await apply_catalogue(tx, load_catalogue(CATALOGUE))
    await api.one.changed(
        "accountCreate",
        "account { id }",
        {"name": "Client", "ref": "client", "testClock": "2026-01-10T12:00:00+01:00"},
    )
    await api.other.changed(
        "accountCreate", "account { id }", {"name": "Theirs", "ref": "theirs"}
    )
    return api


async def made(api: Api, **more: Any) -> dict[str, Any]:
    """Make a job of five hours for the client."""
    given = {
        "account": "client",
        "type": "installation",
        "lines": [{"product": "hours", "quantity": "5"}],
        "ref": next(_refs),
        **more,
    }
    payload = await api.one.changed("jobCreate", f"job {{ id ref {LINES} }}", given)
    return payload["job"]


async def test_a_job_is_made_by_codes(works: Api) -> None:
    """The type's terms, their default plan, 14 days of the calendar in Paris."""
    payload = await works.one.changed(
        "jobCreate",
        """job { id ref state description isBillable currency agreementDate startsAt expectedAt
            completedAt dueAt isBilled classification type { code name } account { ref }
            lines { quantity product { code } }
            billingTermsVersion { billingTerms { code } }
            pricePlanVersion { pricePlan { code } } basePlanVersion { number }
            invoice { number } parking { code } }""",
        {
            "account": "client",
            "type": "installation",
            "description": "A dish on the roof",
            "classification": "vip",
            "ref": "first",
            "lines": [{"product": "hours", "quantity": "2.5"}, {"product": "fee"}],
        },
    )
    found = payload["job"]
    assert found.pop("id").startswith("job_")
    assert found == {
        "ref": "first",
        "state": "DRAFT",
        "description": "A dish on the roof",
        "isBillable": True,
        "currency": "EUR",
        "agreementDate": "2026-01-10",
        "startsAt": "2026-01-10T11:00:00Z",
        "expectedAt": "2026-01-24T11:00:00Z",
        "completedAt": None,
        "dueAt": None,
        "isBilled": False,
        "classification": "vip",
        "type": {"code": "installation", "name": "Installation"},
        "account": {"ref": "client"},
        "lines": [
            {"quantity": "2.5", "product": {"code": "hours"}},
            {"quantity": "1", "product": {"code": "fee"}},
        ],
        "billingTermsVersion": {"billingTerms": {"code": "at-once"}},
        "pricePlanVersion": {"pricePlan": {"code": "works"}},
        "basePlanVersion": None,
        "invoice": None,
        "parking": None,
    }


async def test_a_job_lives_from_a_draft_to_its_invoice(works: Api) -> None:
    """Lines are added, changed and removed; the preview is the invoice; 20 + 4 x 15 = 80 for
    the hours and 2 x 8 for the antennas are 96, and 115.20 with the tax of France.
    """
    job = await made(works)
    added = await works.one.changed(
        "jobLineAdd", "line { id quantity }", {"job": job["id"], "product": "antenna"}
    )
    line = added["line"]["id"]
    changed = await works.one.changed(
        "jobLineChangeQuantity", "line { quantity }", {"line": line, "quantity": "2"}
    )
    assert changed["line"]["quantity"] == "2"
    fee = await works.one.changed(
        "jobLineAdd", "line { id }", {"job": job["ref"], "product": "fee"}
    )
    left = await works.one.changed(
        "jobLineRemove", f"job {{ {LINES} }}", {"line": fee["line"]["id"]}
    )
    assert [each["product"]["code"] for each in left["job"]["lines"]] == ["hours", "antenna"]
    started = await works.one.changed("jobStart", "job { state }", {"job": job["id"]})
    assert started["job"]["state"] == "IN_PROGRESS"
    preview = (await works.one.ask(PREVIEW, id=job["id"]))["job"]["preview"]
    assert preview["total"]["amount"] == "115.2"

    done = await works.one.changed(
        "jobComplete",
        """job { state completedAt dueAt isBilled invoice { number total { amount }
            lines { productCode jobId amount { amount } } } }""",
        {"job": job["id"]},
    )

    invoice = done["job"].pop("invoice")
    assert done["job"] == {
        "state": "COMPLETED",
        "completedAt": "2026-01-10T11:00:00Z",
        "dueAt": None,
        "isBilled": True,
    }
    assert invoice["number"].startswith("TEST-")
    assert invoice["total"] == preview["total"]
    assert invoice["lines"] == [
        {"productCode": "antenna", "jobId": job["id"], "amount": {"amount": "16"}},
        {"productCode": "hours", "jobId": job["id"], "amount": {"amount": "80"}},
    ]
    for name in ("jobStart", "jobComplete", "jobCancel"):
        assert await works.one.codes(name, {"job": job["id"]}) == [("JOB_BILLED", "input")]


PREVIEW = """query ($id: ID!) { job(id: $id) { preview { total { amount } lineCount
    lines { description amount { amount } jobId } } } }"""


async def test_a_rehearsed_completion_changes_nothing(works: Api) -> None:
    """A dry run shows the completed job; neither it nor its invoice is kept."""
    job = await made(works)
    before = await works.rows(*TABLES)

    told = await works.one.changed(
        "jobComplete", "job { state isBilled }", {"job": job["id"], "dryRun": True}
    )

    assert told["job"] == {"state": "COMPLETED", "isBilled": True}
    assert await works.rows(*TABLES) == before


async def test_completing_again_under_one_key_bills_once(works: Api) -> None:
    """The second answer is the first one's, and there is one invoice."""
    job = await made(works)
    given = {"job": job["id"], "idempotencyKey": f"complete {job['ref']}"}
    answers = [
        await works.one.changed("jobComplete", "job { invoice { number } }", given)
        for _time in range(2)
    ]
    assert answers[0] == answers[1]
    assert answers[0]["job"]["invoice"] is not None


async def test_another_plan_holds_until_the_job_is_billed(works: Api) -> None:
    """5 x 30 = 150 under the double plan; 180 with tax. Cancelling is refused then."""
    job = await made(works)
    amended = await works.one.changed(
        "jobAmendTerms",
        "job { pricePlanVersion { pricePlan { code } } preview { total { amount } } }",
        {"job": job["id"], "pricePlan": "double"},
    )
    assert amended["job"] == {
        "pricePlanVersion": {"pricePlan": {"code": "double"}},
        "preview": {"total": {"amount": "180"}},
    }
    await works.one.changed("jobComplete", "job { state }", {"job": job["id"]})
    given = {"job": job["id"], "pricePlan": "works"}
    assert await works.one.codes("jobAmendTerms", given) == [("JOB_BILLED", "input")]


async def test_a_cancelled_job_stays_cancelled(works: Api) -> None:
    """A draft comes to nothing; starting it is refused by its state."""
    job = await made(works)
    told = await works.one.changed("jobCancel", "job { state }", {"job": job["id"]})
    assert told["job"]["state"] == "CANCELLED"
    assert await works.one.codes("jobStart", {"job": job["id"]}) == [
        ("WRONG_JOB_STATE", "input")
    ]


async def test_jobs_are_listed_and_filtered(works: Api) -> None:
    """By account, type, state and parking; below the account; in both orders."""
    await works.one.changed(
        "accountCreate", "account { id }", {"name": "Lister", "ref": "lister"}
    )
    refs = [
        (await made(works, account="lister", type=job_type, lines=[]))["ref"]
        for job_type in ("installation", "inspection", "installation")
    ]
    await works.one.changed("jobStart", "job { id }", {"job": refs[0]})

    async def listed(where: str, order: str = "CREATED") -> list[str]:
        query = (
            f"{{ jobs(where: {{{where}}}, orderBy: {order}) {{ edges {{ node {{ ref }} }} }} }}"
        )
        found = (await works.one.ask(query))["jobs"]["edges"]
        return [edge["node"]["ref"] for edge in found]

    assert await listed('account: "lister"') == refs
    assert await listed('account: "lister"', "LATEST") == refs[::-1]
    assert await listed('account: "lister", type: "installation"') == [refs[0], refs[2]]
    assert await listed('account: "lister", state: IN_PROGRESS') == [refs[0]]
    assert await listed('account: "lister", isParked: true') == []
    assert await listed('account: "lister", isParked: false') == refs
    below = await works.one.ask(
        '{ account(ref: "lister") { jobs(first: 2) { edges { node { ref } } } } }'
    )
    assert [edge["node"]["ref"] for edge in below["account"]["jobs"]["edges"]] == refs[:2]


async def test_a_parked_job_is_shown_and_tried_again(works: Api) -> None:
    """Its plan lost sight of a product; the reason is on the job, the retry asked for."""
    job = await made(works)
    async with works.transaction() as tx:
        await tx.execute(
            "UPDATE job_line SET product_id ="
            " (SELECT id FROM product WHERE tenant_id = $1 AND code = 'unpriced')"
            " WHERE tenant_id = $1 AND job_id = (SELECT id FROM job WHERE ref = $2)",
            tx.tenant_id,
            job["ref"],
        )
    told = await works.one.changed(
        "jobComplete", "job { state isBilled parking { code attempts } }", {"job": job["ref"]}
    )
    assert told["job"] == {
        "state": "COMPLETED",
        "isBilled": False,
        "parking": {"code": "RATE_MISSING", "attempts": 1},
    }
    again = await works.one.changed(
        "jobBillingRetry", "job { parking { retryAt } }", {"job": job["ref"]}
    )
    assert again["job"]["parking"]["retryAt"] is not None
    found = await works.one.ask("{ jobs(where: {isParked: true}) { edges { node { ref } } } }")
    assert {"node": {"ref": job["ref"]}} in found["jobs"]["edges"]


async def test_the_plans_that_a_job_may_take_are_offered(works: Api) -> None:
    """Those of its terms in its currency, by code; taking another one is refused."""
    job = await made(works)
    given = {"job": job["id"], "pricePlan": "dollars"}
    assert await works.one.codes("jobAmendTerms", given) == [
        ("CURRENCY_MISMATCH", "input.pricePlan")
    ]
    found = await works.one.ask(
        "query ($job: ID!) { availablePricePlans(job: $job) { pricePlan { code } isDefault } }",
        job=job["id"],
    )
    assert [
        (one["pricePlan"]["code"], one["isDefault"]) for one in found["availablePricePlans"]
    ] == [("double", False), ("works", True)]


async def test_a_list_of_jobs_costs_the_same_for_two_and_for_eight(works: Api) -> None:
    """Lines, products, types, plans, terms and invoices come in a statement each."""
    for _number in range(8):
        job = await made(works)
        await works.one.changed("jobComplete", "job { state }", {"job": job["id"]})
    query = """{ jobs(first: %d, orderBy: LATEST) { edges { node { type { code } isBilled
        account { name } invoice { number } lines { product { code } }
        pricePlanVersion { pricePlan { code } }
        billingTermsVersion { billingTerms { code } } } } } }"""
    costs = []
    for size in (2, 8, 2, 8):
        with works.statements() as seen:
            await works.one.ask(query % size)
        costs.append(len(seen))
    assert costs[2] == costs[3] <= 32
