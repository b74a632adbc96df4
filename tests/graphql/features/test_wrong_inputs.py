"""A value of a wrong type: GraphQL refuses the whole request, and says which one it is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.graphql.api_clients import Api

EVENT = (
    '{account: "a", source: "router", id: "1", occurredAt: "2026-01-01T00:00:00Z", event: %s}'
)
AT_AN_INSTANT = '{account: "a", source: "router", id: "1", occurredAt: %s, event: {email: {}}}'
RECORD = "mutation {\nusageRecord(input: {events: [%s]})\n{ verdicts { verdict } } }"
BY_VARIABLE = (
    "mutation ($input: UsageRecordInput!) { usageRecord(input: $input) "
    "{ verdicts { verdict } } }"
)
TO_THE_SECOND = ["input", "events", "1"]
MISSING = "Expected value of type 'X' to include required field"
"""What GraphQL says of a field; here a value says it, which belongs to no path."""


def nested(levels: int, value: Any) -> Any:
    """A value within so many lists."""
    for _each in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("second", "path"),
    [
        (EVENT % '{email: {recipients: "many"}}', ["event", "email", "recipients"]),
        (EVENT % '{sms: {to: "+33612345678", text: 5}}', ["event", "sms", "text"]),
        (EVENT % '{sms: {text: "a"}}', ["event", "sms", "to"]),
        (EVENT % "{email: {sent: 5}}", ["event", "email", "sent"]),
        (EVENT % "{email: {recipients: null}}", ["event", "email", "recipients"]),
        (EVENT % "{raven: {grams: 5}}", ["event", "raven"]),
        (EVENT % "{}", ["event"]),
        (EVENT % '{email: {}, sms: {to: "+33612345678", text: "a"}}', ["event"]),
        (EVENT % "5", ["event"]),
        (AT_AN_INSTANT % '"yesterday"', ["occurredAt"]),
        (AT_AN_INSTANT % "5", ["occurredAt"]),
        (AT_AN_INSTANT % "null", ["occurredAt"]),
        (AT_AN_INSTANT % f"{{a: \"{MISSING} 'inner'\"}}", ["occurredAt"]),
    ],
)
async def test_what_is_written_inline_is_found_by_place_and_path(
    api: Api, second: str, path: list[str]
) -> None:
    """Two events, the second wrong: the path leads to the value, the place to its line."""
    batch = f"{EVENT % '{email: {}}'}\n{second}"
    answer = await api.one.post(RECORD % batch)
    assert answer.status_code == 400
    body = answer.json()
    assert "data" not in body
    (error,) = body["errors"]
    assert error["extensions"] == {
        "code": "GRAPHQL_VALIDATION_FAILED",
        "inputPath": [*TO_THE_SECOND, *path],
    }
    assert [place["line"] for place in error["locations"]] == [3]


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"event": {"email": {"recipients": "many"}}}, ["event", "email", "recipients"]),
        ({"event": {"sms": {"text": "a"}}}, ["event", "sms", "to"]),
        ({"event": {"email": {"sent": 5}}}, ["event", "email", "sent"]),
        ({"event": {}}, ["event"]),
        ({"event": {"email": None}}, ["event", "email"]),
        ({"occurredAt": "yesterday"}, ["occurredAt"]),
        ({"account": {f"{MISSING} 'inner'": 1}}, ["account"]),
        ({"account": [f"at .a[0]: {MISSING} 'inner'"]}, ["account"]),
        ({"source": nested(900, "in")}, ["source"]),
    ],
)
async def test_what_a_variable_holds_is_found_by_the_same_path(
    api: Api, changed: dict[str, Any], path: list[str]
) -> None:
    """It begins with the variable's name, which clients call like the argument."""
    good = {
        "account": "a", "source": "router", "id": "1",
        "occurredAt": "2026-01-01T00:00:00Z", "event": {"email": {}},
    }  # fmt: skip
    given = {"input": {"events": [good, good | changed]}}
    answer = await api.one.post(BY_VARIABLE, given)
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {
        "code": "BAD_USER_INPUT",
        "inputPath": [*TO_THE_SECOND, *path],
    }


async def test_a_default_of_a_variable_leads_to_the_variable(api: Api) -> None:
    """It is written in the document, and belongs to no argument."""
    document = 'query ($most: Int = "ten") { accounts(first: $most) { totalCount } }'
    (error,) = (await api.one.post(document)).json()["errors"]
    assert error["extensions"]["inputPath"] == ["most"]
    assert error["locations"] == [{"line": 1, "column": 21}]
