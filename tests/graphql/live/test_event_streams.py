"""Server-sent events: when they are the answer, how they resume, and who is told no more."""

from __future__ import annotations

import json

import httpx
import pytest

from api.graphql import sse
from tests.graphql.api_clients import Api
from tests.graphql.features.billing.selling import FEBRUARY, MARCH, Selling
from tests.graphql.live.clients import Served, event_stream, until
from tests.graphql.live.test_roots import START
from tests.graphql.live.test_sockets import revoked

EVENTS = "text/event-stream"
JSON = "application/json"
RESPONSE = "application/graphql-response+json"
URQL = f"{RESPONSE}, {JSON}, {EVENTS}, multipart/mixed"
VIEWER = "{ viewer { isOperator } }"
TWO = "query Q { viewer { isOperator } } subscription S { invoiceFinalised { id } }"


def watching(ref: str) -> str:
    """Invoices of one account."""
    return (
        f'subscription {{ invoiceFinalised(account: "{ref}") '
        "{ id cursor invoice { total { amount } } } }"
    )


async def asked(served: Served, key: str, accept: str, body: dict[str, str]) -> httpx.Response:
    """Ask, and look at the head of the answer; a stream is left then."""
    headers = {"authorization": f"Bearer {key}", "accept": accept}
    async with (
        httpx.AsyncClient(base_url=served.address, trust_env=False) as http,
        http.stream("POST", "/graphql", json=body, headers=headers) as response,
    ):
        if EVENTS not in response.headers["content-type"]:
            await response.aread()
        return response


@pytest.mark.parametrize(
    ("accept", "body", "answered"),
    [
        (URQL, {"query": VIEWER}, (200, RESPONSE)),
        (f"{EVENTS}, */*", {"query": VIEWER}, (200, JSON)),
        (EVENTS, {"query": VIEWER}, (200, EVENTS)),
        (URQL, {"query": TWO, "operationName": "Q"}, (200, RESPONSE)),
        (URQL, {"query": TWO, "operationName": "S"}, (200, EVENTS)),
        (EVENTS, {"query": TWO, "operationName": "S"}, (200, EVENTS)),
        (JSON, {"query": TWO, "operationName": "S"}, (400, JSON)),
        (f"{JSON}, {EVENTS};q=0", {"query": TWO, "operationName": "S"}, (400, JSON)),
        ("text/plain", {"query": VIEWER}, (406, JSON)),
    ],
)
async def test_a_stream_is_the_answer_to_a_subscription_or_to_who_takes_nothing_else(
    api: Api, listening: Served, accept: str, body: dict[str, str], answered: tuple[int, str]
) -> None:
    """By the document as it is parsed: a query may hold the word, and a file both."""
    response = await asked(listening, api.one.key, accept, body)
    status, media_type = answered
    assert response.status_code == status
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"


async def test_a_query_is_one_event_and_its_end(api: Api, listening: Served) -> None:
    """So is what is wrong with one."""
    for query, expected in (
        (VIEWER, {"viewer": {"isOperator": False}}),
        ("{ nothing }", None),
    ):
        async with event_stream(listening, api.one.key, query) as stream:
            event = await stream.next()
            assert event["event"] == "next"
            told = json.loads(event["data"])
            assert told.get("data") == expected
            assert ("errors" in told) is (expected is None)
            assert await stream.next() == {"event": "complete", "data": ""}


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_events_come_with_cursors_as_ids_and_go_on_from_them(
    selling: Selling, listening: Served, method: str
) -> None:
    """A browser sends `Last-Event-ID` when it comes again, and misses nothing."""
    customer = await selling.customer(("seats", "1"))
    key, query = selling.api.one.key, watching(customer.ref)
    async with event_stream(listening, key, query, method=method) as stream:
        await listening.until_heard_by(1)
        selling.clock.at = FEBRUARY
        await selling.api.one.ask(START)
        await selling.work()
        event = await stream.next()
        told = json.loads(event["data"])["data"]["invoiceFinalised"]
        assert (event["id"], event["event"]) == (told["cursor"], "next")
        assert told["invoice"] == {"total": {"amount": "30"}}  # 25.00 and 20 %
    selling.clock.at = MARCH
    await selling.api.one.ask(START)
    await selling.work()
    headers = {"last-event-id": event["id"]}
    async with event_stream(listening, key, query, method=method, **headers) as stream:
        missed = json.loads((await stream.next())["data"])["data"]["invoiceFinalised"]
    assert missed["id"] != told["id"]


async def test_a_change_is_not_made_by_get(api: Api, listening: Served) -> None:
    """Nor streamed: 405, and nothing is made."""
    query = (
        'mutation { orgUnitCreate(input: {code: "by-get", name: "x"}) { orgUnit { code } } }'
    )
    async with event_stream(listening, api.one.key, query, method="GET") as stream:
        assert stream.response.status_code == 405
    assert (await api.rows("org_unit"))["org_unit"] == 1


async def test_who_has_no_key_gets_no_stream(listening: Served) -> None:
    """401 in JSON, as for every request."""
    async with event_stream(listening, "nonsense", VIEWER) as stream:
        assert stream.response.status_code == 401
        assert stream.response.headers["content-type"].startswith(JSON)


async def test_a_revoked_key_ends_its_stream_though_nothing_happens(
    api: Api, hasty: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is looked at again whenever a sign of life is due: every 15 seconds."""
    monkeypatch.setattr(sse, "KEEP_ALIVE_SECONDS", 0.2)
    key = await api.key_with("invoice.read")
    async with event_stream(hasty, key.key, "subscription { invoiceFinalised { id } }") as got:
        await revoked(api, key)
        hasty.app.state.application.authenticator._memory.clear()
        told = json.loads((await got.next())["data"])
        assert told["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert (await got.next())["event"] == "complete"


async def test_streams_hold_no_place_among_requests_and_give_theirs_back(
    api: Api, hasty: Served
) -> None:
    """Six at a time here; a seventh is told when to come again, queries are served."""
    query = "subscription { invoiceFinalised { id } }"
    streams = [event_stream(hasty, api.one.key, query) for _each in range(6)]
    opened = [await each.__aenter__() for each in streams]
    assert {each.response.status_code for each in opened} == {200}
    async with event_stream(hasty, api.one.key, query) as seventh:
        assert seventh.response.status_code == 503
        assert seventh.response.headers["retry-after"] == "5"
    answer = await asked(hasty, api.one.key, JSON, {"query": VIEWER})
    assert answer.status_code == 200
    for each in streams:
        await each.__aexit__(None, None, None)
    await hasty.until_heard_by(0)
    await until(lambda: hasty.app.state.live_connections.count == 0)
