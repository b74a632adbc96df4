"""`POST /usage` over a real server: streamed lines in, verdicts out, behind the same keys."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest
import uvicorn

from core.accounts.create_account import CreateAccount, create_account
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe
from tests.graphql.api_clients import Api, KeyClient
from tests.graphql.features.billing.selling import SIMPLE, MovableClock, Selling

NDJSON = {"content-type": "application/x-ndjson"}


@pytest.fixture(scope="module")
def clock() -> MovableClock:
    """The machine's own time: the server is a server like any other."""
    return MovableClock(datetime.now(UTC))


@pytest.fixture(scope="module")
async def base_url(api: Api) -> AsyncIterator[str]:
    """The whole application behind uvicorn, on a free port of the loopback."""
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        chosen.listen()
        config = uvicorn.Config(api.app, log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[chosen]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{chosen.getsockname()[1]}"
        server.should_exit = True
        await serving


@pytest.fixture(scope="module")
async def client_ref(api: Api, clock: MovableClock) -> str:
    """The ref of an account whose e-mails are metered."""
    await Selling(api, clock).apply(SIMPLE)
    async with api.transaction() as tx:
        account = await create_account(
            tx, CreateAccount(name="Client", ref="client", timezone="UTC")
        )
        await subscribe(
            tx, Subscribe(account=account.id, billing_terms="monthly", items=[NewItem("mail")])
        )
    return "client"


async def upload(
    base_url: str, key: KeyClient | None, body: bytes, **options: Any
) -> httpx.Response:
    """Send lines with a key."""
    headers = NDJSON | ({} if key is None else {"authorization": f"Bearer {key.key}"})
    async with httpx.AsyncClient(base_url=base_url) as http:
        return await http.post(
            "/usage", content=body, headers=headers | options.pop("headers", {}), **options
        )


def line(account: str, event_id: str, recipients: int = 1) -> bytes:
    """One event that has just happened."""
    happened = datetime.now(UTC) - timedelta(milliseconds=1)
    event = {
        "account": account,
        "source": "router",
        "id": event_id,
        "occurredAt": happened.isoformat(),
        "event": {"email": {"recipients": recipients}},
    }
    return orjson.dumps(event) + b"\n"


async def test_each_line_has_its_verdict_and_a_summary_ends_the_answer(
    base_url: str, api: Api, client_ref: str
) -> None:
    """Good, malformed, longer than 64 KiB, out of bounds, repeated, good: six verdicts."""
    good = line(client_ref, "a", 2500)
    body = b"".join(
        (
            good,
            b"{no json}\n",
            b'{"account": "' + b"x" * 70_000 + b'"}\n',
            line(client_ref, "b", 0),
            good,
            line(client_ref, "c"),
        )
    )
    answer = await upload(base_url, api.one, body)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    *verdicts, summary = map(orjson.loads, answer.content.splitlines())
    assert [each["line"] for each in verdicts] == [1, 2, 3, 4, 5, 6]
    assert [each.get("reason", each["verdict"]) for each in verdicts] == [
        "ACCEPTED",
        "INVALID_VALUE",
        "INVALID_VALUE",
        "INVALID_VALUE",
        "DUPLICATE",
        "ACCEPTED",
    ]
    assert "no JSON" in verdicts[1]["message"]
    assert "longer than 65536 bytes" in verdicts[2]["message"]
    assert verdicts[3]["path"] == ["event", "email", "recipients"]
    assert summary["summary"] == {
        "received": 6,
        "accepted": 2,
        "duplicate": 1,
        "rejected": 3,
        "complete": True,
    }
    async with api.transaction() as tx:
        assert await tx.fetchval("SELECT sum(quantity) FROM usage_event") == 2501


async def test_what_is_stored_in_bulk_is_a_duplicate_of_the_mutation(
    base_url: str, api: Api, client_ref: str
) -> None:
    """The same event in both shapes is one event."""
    written = line(client_ref, "both")
    answer = await upload(base_url, api.one, written)
    assert orjson.loads(answer.content.splitlines()[0])["verdict"] == "ACCEPTED"
    query = """mutation ($events: [UsageReportInput!]!) {
      usageRecord(input: {events: $events}) { verdicts { verdict } } }"""
    typed = await api.one.ask(query, events=[orjson.loads(written)])
    assert typed["usageRecord"]["verdicts"] == [{"verdict": "DUPLICATE"}]


async def test_a_wrong_key_gets_no_line_read(base_url: str, api: Api, client_ref: str) -> None:
    """No key, a wrong one, one that may only read: refused with a code, nothing stored."""
    before = await api.rows("usage_event", "usage_batch")
    wrong = KeyClient(api.http, "fft_0123456789abcdef." + "a" * 43)
    reader = await api.key_with("usage.read")
    for key, status, code in (
        (None, 401, "UNAUTHENTICATED"),
        (wrong, 401, "UNAUTHENTICATED"),
        (reader, 403, "FORBIDDEN"),
        (api.operator, 403, "FORBIDDEN"),
    ):
        answer = await upload(base_url, key, line(client_ref, "never"))
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
        assert ("www-authenticate" in answer.headers) is (status == 401)
    assert await api.rows("usage_event", "usage_batch") == before


async def test_another_sellers_account_is_as_good_as_none(
    base_url: str, api: Api, client_ref: str
) -> None:
    """The other seller's key finds no account of this name."""
    before = await api.rows("usage_event")
    answer = await upload(base_url, api.other, line(client_ref, "foreign"))
    assert orjson.loads(answer.content.splitlines()[0])["reason"] == "UNKNOWN_ACCOUNT"
    assert await api.rows("usage_event") == before


async def test_only_lines_of_events_are_taken(base_url: str, api: Api, client_ref: str) -> None:
    """JSON that is no NDJSON, compressed lines, an unknown wish, GET: refused."""
    before = await api.rows("usage_event")
    body = line(client_ref, "never")
    as_json = {"headers": {"content-type": "application/json"}}
    packed = {"headers": {"content-encoding": "gzip"}}
    unknown = {"params": {"verdicts": "some"}}
    for options, status in ((as_json, 415), (packed, 415), (unknown, 400)):
        answer = await upload(base_url, api.one, body, **options)
        assert answer.status_code == status
    async with httpx.AsyncClient(base_url=base_url) as http:
        assert (await http.get("/usage")).status_code == 405
    assert await api.rows("usage_event") == before


async def test_a_sender_may_ask_for_problems_only(
    base_url: str, api: Api, client_ref: str
) -> None:
    """Of three lines one is answered, and the summary counts all."""
    body = line(client_ref, "p1") + line(client_ref, "p2", 0) + line(client_ref, "p3")
    answer = await upload(base_url, api.one, body, params={"verdicts": "problems"})
    problem, summary = map(orjson.loads, answer.content.splitlines())
    assert (problem["line"], problem["verdict"]) == (2, "REJECTED")
    assert (summary["summary"]["accepted"], summary["summary"]["rejected"]) == (2, 1)
