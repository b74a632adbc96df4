"""What changing jobs refuses through the API, and whom it lets do nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.graphql.api_clients import Api, KeyClient
from tests.graphql.features.test_jobs import ABSENT, TABLES, made
from tests.graphql.features.test_jobs import works as works

BASIC = {"account": "client", "type": "installation"}
TWICE = [{"name": "lift", "value": {"flag": True}}] * 2
TWICE_PATH = "input.attributes.1.name"
REFUSALS: tuple[tuple[str, dict[str, Any], str, str], ...] = (
    ("jobCreate", {**BASIC, "account": "nobody"}, "NOT_FOUND", "input.account"),
    ("jobCreate", {**BASIC, "type": "nothing"}, "NOT_FOUND", "input.type"),
    ("jobCreate", {**BASIC, "type": f"jobtype_{ABSENT}"}, "NOT_FOUND", "input.type"),
    ("jobCreate", {**BASIC, "type": f"acc_{ABSENT}"}, "INVALID_ID", "input.type"),
    ("jobCreate", {**BASIC, "type": "gone"}, "NO_LONGER_OFFERED", "input.type"),
    ("jobCreate", {**BASIC, "type": "loose"}, "JOB_TERMS_MISSING", "input.billingTerms"),
    (
        "jobCreate",
        {**BASIC, "type": "inspection", "pricePlan": "works"},
        "JOB_NOT_BILLABLE",
        "input.pricePlan",
    ),
    ("jobCreate", {**BASIC, "billingTerms": "monthly"}, "NOT_FOR_JOBS", "input.billingTerms"),
    (
        "jobCreate",
        {**BASIC, "billingTerms": "by-night", "pricePlan": "dollars"},
        "PLAN_NOT_ALLOWED",
        "input.pricePlan",
    ),
    (
        "jobCreate",
        {**BASIC, "lines": [{"product": "seats"}]},
        "NOT_FOR_JOBS",
        "input.lines.0.product",
    ),
    (
        "jobCreate",
        {**BASIC, "lines": [{"product": "unpriced"}]},
        "NOT_RATED",
        "input.lines.0.product",
    ),
    (
        "jobCreate",
        {**BASIC, "lines": [{"product": "fee", "quantity": "0"}]},
        "INVALID_QUANTITY",
        "input.lines.0.quantity",
    ),
    (
        "jobCreate",
        {**BASIC, "lines": [{"product": "fee"}] * 101},
        "JOB_LINES_REFUSED",
        "input.lines",
    ),
    (
        "jobCreate",
        {**BASIC, "expectedAt": "2026-01-01T00:00:00Z"},
        "EXPECTED_TOO_EARLY",
        "input.expectedAt",
    ),
    ("jobCreate", {**BASIC, "description": "\x07"}, "INVALID_TEXT", "input.description"),
    ("jobCreate", {**BASIC, "attributes": TWICE}, "INVALID_ATTRIBUTE", TWICE_PATH),
    ("jobUpdate", {"job": "draft", "attributes": TWICE}, "INVALID_ATTRIBUTE", TWICE_PATH),
    ("jobUpdate", {"job": "draft", "description": "\x07"}, "INVALID_TEXT", "input.description"),
    ("jobUpdate", {"job": "nothing"}, "NOT_FOUND", "input.job"),
    ("jobStart", {"job": "nothing"}, "NOT_FOUND", "input.job"),
    ("jobComplete", {"job": f"job_{ABSENT}"}, "NOT_FOUND", "input.job"),
    ("jobCancel", {"job": f"acc_{ABSENT}"}, "INVALID_ID", "input.job"),
    ("jobLineRemove", {"line": f"jobline_{ABSENT}"}, "NOT_FOUND", "input.line"),
    ("jobLineRemove", {"line": "x"}, "INVALID_ID", "input.line"),
    ("jobBillingRetry", {"job": "draft"}, "JOB_NOT_PARKED", "input.job"),
    ("jobAmendTerms", {"job": "draft"}, "NOTHING_TO_CHANGE", "input"),
)


@pytest.fixture(scope="module")
async def draft(works: Api) -> str:
    """The ref of a draft."""
    return str((await made(works))["ref"])


@pytest.mark.parametrize(("mutation", "given", "code", "path"), REFUSALS)
async def test_a_refusal_says_why_and_where_and_nothing_changes(
    *, works: Api, draft: str, mutation: str, given: dict[str, Any], code: str, path: str
) -> None:
    """Each with the path of the argument; not a row more than before."""
    given = {name: draft if value == "draft" else value for name, value in given.items()}
    before = await works.rows(*TABLES)
    assert await works.one.codes(mutation, given) == [(code, path)]
    assert await works.rows(*TABLES) == before


async def test_an_empty_job_is_not_completed_and_a_ref_is_taken_once(works: Api) -> None:
    """There is nothing to bill; and a second job may not have the first one's ref."""
    job = await made(works, lines=[])
    assert await works.one.codes("jobComplete", {"job": job["id"]}) == [
        ("JOB_LINES_REFUSED", "input.job")
    ]
    assert await works.one.codes("jobCreate", {**BASIC, "ref": job["ref"]}) == [
        ("REF_TAKEN", "input.ref")
    ]


FOREIGN = (
    'query { job(id: "ID") { state } }',
    'query { node(id: "ID") { id } }',
    'mutation { jobStart(input: {job: "ID"}) { userErrors { code message path } } }',
    'mutation { jobComplete(input: {job: "ID"}) { userErrors { code message path } } }',
    'mutation { jobCancel(input: {job: "ID"}) { userErrors { code message path } } }',
    'mutation { jobBillingRetry(input: {job: "ID"}) { userErrors { code message path } } }',
    """mutation { jobUpdate(input: {job: "ID", description: "Mine"}) {
        userErrors { code message path } } }""",
    """mutation { jobLineAdd(input: {job: "ID", product: "fee"}) {
        userErrors { code message path } } }""",
    """mutation { jobAmendTerms(input: {job: "ID", pricePlan: "works"}) {
        userErrors { code message path } } }""",
)


@pytest.mark.parametrize("document", FOREIGN)
async def test_another_sellers_job_is_answered_like_one_that_does_not_exist(
    works: Api, document: str
) -> None:
    """Word for word the same, and nothing changes."""
    job = await made(works)
    before = await works.rows(*TABLES)
    told = [
        (await works.other.post(document.replace("ID", name))).json()
        for name in (job["id"], f"job_{ABSENT}")
    ]
    for answer in told:
        answer.pop("extensions", None)
    assert told[0] == told[1]
    assert await works.rows(*TABLES) == before


async def test_another_sellers_line_is_answered_like_one_that_does_not_exist(
    works: Api,
) -> None:
    """Neither removed nor changed."""
    job = await made(works)
    for name in (job["lines"][0]["id"], f"jobline_{ABSENT}"):
        assert await works.other.codes("jobLineRemove", {"line": name}) == [
            ("NOT_FOUND", "input.line")
        ]
        assert await works.other.codes(
            "jobLineChangeQuantity", {"line": name, "quantity": "9"}
        ) == [("NOT_FOUND", "input.line")]
    assert (await works.rows("job_line"))["job_line"] > 0


async def test_capabilities_are_asked_for(works: Api) -> None:
    """A key that reads jobs changes none; one without sees none."""
    job = await made(works)
    reader: KeyClient = await works.key_with("job.read")
    found = await reader.ask("query ($id: ID!) { job(id: $id) { state } }", id=job["id"])
    assert found["job"]["state"] == "DRAFT"
    assert await reader.refused(
        'mutation { jobUpdate(input: {job: "any"}) { job { id } } }'
    ) == ["FORBIDDEN"]
    assert await reader.refused(
        'mutation { jobStart(input: {job: "any"}) { job { id } } }'
    ) == ["FORBIDDEN"]
    stranger: KeyClient = await works.key_with("account.read")
    assert await stranger.refused('{ job(ref: "any") { state } }') == ["FORBIDDEN"]
