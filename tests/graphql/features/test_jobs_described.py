"""Jobs through the API: what describes them, and discounts that hold them back."""

from __future__ import annotations

from typing import Any

import pytest

from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from tests.graphql.api_clients import Api
from tests.integration.jobs.conftest import CATALOGUE

TABLES = ("job", "job_billing", "invoice", "history_entry", "audit_entry", "outbox")
PREVIEW = "query ($id: ID!) { job(id: $id) { preview { total { amount } } } }"


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
    return api


async def made(api: Api, **more: Any) -> dict[str, Any]:
    """Make a job of five hours for the client."""
    lines = [{"product": "hours", "quantity": "5"}]
    given = {"account": "client", "type": "installation", "lines": lines, **more}
    return (await api.one.changed("jobCreate", "job { id }", given))["job"]


HIGH_UP = """
price_plans:
  high-up:
    name: High up
    base: works
    currency: EUR
    apply_when: "'floors' in job.attributes && job.attributes.floors > 3 && job.class == 'roof'"
    rates:
      hours: {driver: duration, base: 40}
billing_terms:
  high-up: {name: High up, kind: job, plans: [works]}
"""
DESCRIBED = """job { description classification attributes { name text flag number }
    preview { total { amount } } }"""


async def test_conditions_read_what_describes_a_job(works: Api) -> None:
    """On the fifth floor 5 x 40 = 200, 240 with tax; on the second the base plan's 80, 96
    with tax. What is left out of an update stays, and null takes the class away.
    """
    async with works.transaction() as tx:
        await apply_catalogue(tx, load_catalogue(HIGH_UP))
    job = await made(
        works,
        billingTerms="high-up",
        pricePlan="high-up",
        classification="roof",
        description="A dish",
        attributes=[{"name": "floors", "value": {"number": "5"}}],
    )
    preview = (await works.one.ask(PREVIEW, id=job["id"]))["job"]["preview"]
    assert preview["total"]["amount"] == "240"

    lower = [{"name": "floors", "value": {"number": "2"}}, LIFT]
    told = await works.one.changed(
        "jobUpdate", DESCRIBED, {"job": job["id"], "attributes": lower}
    )
    assert told["job"] == {
        "description": "A dish",
        "classification": "roof",
        "attributes": [
            {"name": "floors", "text": None, "flag": None, "number": "2"},
            {"name": "lift", "text": None, "flag": True, "number": None},
        ],
        "preview": {"total": {"amount": "96"}},
    }

    bare = {"job": job["id"], "classification": None, "description": None, "attributes": []}
    told = await works.one.changed("jobUpdate", DESCRIBED, bare)
    assert told["job"] == {
        "description": "",
        "classification": None,
        "attributes": [],
        "preview": {"total": {"amount": "96"}},
    }
    before = await works.rows(*TABLES)
    await works.one.changed("jobUpdate", "job { id }", bare)  # nothing is different
    assert await works.rows(*TABLES) == before


LIFT = {"name": "lift", "value": {"flag": True}}

WITH_A_DISCOUNT = """
price_plans:
  decided:
    name: Decided
    currency: EUR
    rates:
      hours: {driver: duration, base: 30}
billing_terms:
  decided: {name: Decided, kind: job, plans: [decided], discounts: flexible}
discounts:
  sorry: {name: We are sorry, method: ad_hoc, of: job, percent: 50, level: 1, approval: root}
"""


@pytest.mark.parametrize(
    ("verb", "total"), [("discountApprove", "90"), ("discountCancel", "180")]
)
async def test_deciding_a_discount_bills_the_job_at_once(
    works: Api, verb: str, total: str
) -> None:
    """5 x 30 = 150, 180 with tax: held while half of it waits, then 90 or all of it, on a
    clock that stands still. A rehearsed decision shows the same and leaves nothing.
    """
    async with works.transaction() as tx:
        await apply_catalogue(tx, load_catalogue(WITH_A_DISCOUNT))
    job = await made(works, billingTerms="decided")
    given = {"definition": "sorry", "job": job["id"]}
    grant = (await works.one.changed("discountGrant", "grant { id }", given))["grant"]
    answer = await works.one.changed("jobComplete", "job { isBilled }", {"job": job["id"]})
    assert answer["job"] == {"isBilled": False}
    before = await works.rows(*TABLES)

    told = "grant { job { isBilled } }"
    rehearsed = await works.one.changed(verb, told, {"grant": grant["id"], "dryRun": True})
    assert rehearsed["grant"]["job"] == {"isBilled": False}  # read afterwards
    assert await works.rows(*TABLES) == before

    decided = await works.one.changed(
        verb, "grant { job { isBilled invoice { total { amount } } } }", {"grant": grant["id"]}
    )
    assert decided["grant"]["job"] == {
        "isBilled": True,
        "invoice": {"total": {"amount": total}},
    }
