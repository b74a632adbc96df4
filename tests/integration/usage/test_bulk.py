"""NDJSON in, verdicts out: every line answered, memory bounded, what was answered stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import bulk_usage
from api.bulk_usage import Sender, typed_names, usage_route
from core.db import Database
from core.plugin_host import PluginHost
from core.subscriptions.records import Subscription
from core.tenancy.create_tenant import CreatedTenant
from core.usage.bulk import BrokenOff, BulkIngest, BulkLimits, ingest_lines
from tests.building import GATE
from tests.integration.usage.conftest import At, Rows, subscribed

WHEN = datetime.now(UTC) - timedelta(minutes=1)


@pytest.fixture
async def present(at: At, account: Any) -> Subscription:
    """E-mails from yesterday on: bulk has no clock but the database's."""
    yesterday = WHEN - timedelta(days=1)
    return await subscribed(at, account.id, "mail", now=yesterday)


def line(event_id: str, *, recipients: int = 1, **changes: Any) -> bytes:
    """One line as a sender writes it."""
    written = {
        "account": "client",
        "source": "app",
        "id": event_id,
        "occurredAt": WHEN.isoformat(),
        "event": {"email": {"recipients": recipients}},
    }
    return orjson.dumps(written | changes) + b"\n"


async def blocks(data: Iterable[bytes]) -> AsyncIterator[bytes]:
    """A body in the blocks that it arrives in."""
    for block in data:
        yield block


async def sent(ingest: BulkIngest, seller: CreatedTenant, *data: bytes, **options: Any) -> Any:
    """Ingest blocks and return the answered lines, the summary apart."""
    answer = b""
    async for part in ingest_lines(
        blocks(data), ingest, tenant_id=seller.tenant.id, actor="staff:ada", **options
    ):
        answer += part
    lines = [orjson.loads(one) for one in answer.splitlines()]
    return lines[:-1], lines[-1]["summary"]


@pytest.fixture
def ingest(db: Database, host: PluginHost) -> BulkIngest:
    """Small chunks, so that a few lines make several transactions."""
    return BulkIngest(
        database=db, host=host, gate=GATE, limits=BulkLimits(chunk_rows=3, line_bytes=400)
    )


def said(lines: list[dict[str, Any]]) -> list[tuple[int, str]]:
    """Line numbers with the verdict, or the reason of a rejected line."""
    return [(one["line"], one.get("reason") or one["verdict"]) for one in lines]


async def test_every_line_has_a_verdict_with_its_number(
    ingest: BulkIngest, seller: CreatedTenant, rows: Rows, present: Subscription
) -> None:
    """Empty lines are skipped and counted; the last line needs no end."""
    data = [line("a"), b"\n", line("b", recipients=0), line("a"), b"  \r\n", line("c")[:-1]]
    lines, summary = await sent(ingest, seller, *data)
    assert said(lines) == [
        (1, "ACCEPTED"),
        (3, "INVALID_VALUE"),
        (4, "DUPLICATE"),
        (6, "ACCEPTED"),
    ]
    assert summary == {
        "received": 4,
        "accepted": 2,
        "duplicate": 1,
        "rejected": 1,
        "complete": True,
    }
    assert [row["event_id"] for row in await rows()] == ["a", "c"]


MALFORMED = [
    b"{\n",
    b"[]\n",
    b"null\n",
    b"\xff\xfe\n",
    b'{"id": 1e999999}\n',
    line("x", account=7),
    line("x", extra=1),
    line("x", subscription=3),
    line("x", occurredAt="yesterday"),
    line("x", occurredAt="2026-01-09T12:00:00"),
    line("x", event={}),
    line("x", event={"email": {}, "sms": {}}),
    line("x", event={"pigeon": {}}),
    line("x", event={"email": []}),
    line("x", event={"email": {"recipients": "one"}}),
    line("x", event={"email": {"recipients": True}}),
    line("x", event={"email": {"recipients": 2**40}}),
    line("x", event={"email": {"unknown": 1}}),
    line("x", event={"sms": {}}),
    line("x" * 500),
]


async def test_malformed_lines_are_refused_and_their_neighbours_stored(
    ingest: BulkIngest, seller: CreatedTenant, rows: Rows, present: Subscription
) -> None:
    """Each says what is wrong; none reaches the database or ends the stream."""
    data = [line("first"), *MALFORMED, line("last")]
    lines, summary = await sent(ingest, seller, *data)
    assert said(lines) == [
        (1, "ACCEPTED"),
        *((number, "INVALID_VALUE") for number in range(2, len(MALFORMED) + 2)),
        (len(MALFORMED) + 2, "ACCEPTED"),
    ]
    assert all(one["message"] for one in lines if one["verdict"] == "REJECTED")
    assert summary["rejected"] == len(MALFORMED) == 20
    assert [row["event_id"] for row in await rows()] == ["first", "last"]


async def test_blocks_may_be_cut_anywhere(
    ingest: BulkIngest, seller: CreatedTenant, rows: Rows, present: Subscription
) -> None:
    """Byte by byte it is the same stream, an oversized line of many blocks included."""
    whole = line("a") + line("é") + b"x" * 1000 + b"\n" + line("c")
    lines, _ = await sent(ingest, seller, *(whole[n : n + 1] for n in range(len(whole))))
    assert said(lines) == [
        (1, "ACCEPTED"),
        (2, "ACCEPTED"),
        (3, "INVALID_VALUE"),
        (4, "ACCEPTED"),
    ]
    assert "longer than 400 bytes" in lines[2]["message"]
    assert len(await rows()) == 3


async def test_a_conflict_shows_both_contents(
    ingest: BulkIngest, seller: CreatedTenant, present: Subscription
) -> None:
    """The sender sees what is stored and what it sent."""
    lines, _ = await sent(ingest, seller, line("a", recipients=2), line("a", recipients=3))
    assert lines[1]["reason"] == "CONFLICT"
    assert lines[1]["stored"]["event"] == {"email": {"recipients": 2}}
    assert lines[1]["sent"]["event"] == {"email": {"recipients": 3}}


async def test_an_interrupted_stream_keeps_what_it_answered(
    ingest: BulkIngest, seller: CreatedTenant, rows: Rows, present: Subscription
) -> None:
    """Chunks of 3: after 7 lines and a half one, 6 are stored; sent again, all of them are."""
    full = [line(f"{n}") for n in range(9)]

    async def broken() -> AsyncIterator[bytes]:
        for one in full[:7]:
            yield one
            await asyncio.sleep(0)
        yield full[7][:20]
        raise BrokenOff

    answer = b""
    async for part in ingest_lines(
        broken(), ingest, tenant_id=seller.tenant.id, actor="staff:ada"
    ):
        answer += part
    acknowledged = {orjson.loads(one)["line"] for one in answer.splitlines()}
    stored = [row["event_id"] for row in await rows()]
    assert stored == ["0", "1", "2", "3", "4", "5"]
    assert acknowledged <= {1, 2, 3, 4, 5, 6}
    assert {1, 2, 3} <= acknowledged
    lines, summary = await sent(ingest, seller, *full)
    assert said(lines)[:6] == [(n, "DUPLICATE") for n in range(1, 7)]
    assert (summary["accepted"], summary["duplicate"]) == (3, 6)


async def test_a_stream_has_a_bound(
    db: Database, host: PluginHost, seller: CreatedTenant, rows: Rows, present: Subscription
) -> None:
    """The summary says from which line to send again."""
    small = BulkIngest(database=db, host=host, gate=GATE, limits=BulkLimits(most_lines=2))
    lines, summary = await sent(small, seller, *(line(f"{n}") for n in range(4)))
    assert said(lines) == [(1, "ACCEPTED"), (2, "ACCEPTED")]
    assert (summary["complete"], summary["problem"]) == (False, "TOO_MANY_LINES")
    assert summary["resumeAtLine"] == 3
    assert len(await rows()) == 2


@pytest.mark.parametrize("count", [1, 700])
async def test_a_wrong_header_is_told_once_for_the_file(
    ingest: BulkIngest, seller: CreatedTenant, present: Subscription, rows: Rows, *, count: int
) -> None:
    """Line 1 says what is wrong, the summary that nothing was taken, however many rows came."""
    table = "account,source,id,occurredAt,event.email.people\n"
    table += "client,app,e,2026-01-09T12:00:00Z,1\n" * count
    wrong = replace(ingest, is_csv=True)
    lines, summary = await sent(wrong, seller, table.encode())
    assert said(lines) == [(1, "INVALID_VALUE")]
    assert lines[0]["message"].startswith(
        "the header row is wrong, so no row is read: there is no field 'event.email.people'"
    )
    assert summary == {
        "received": 1,
        "accepted": 0,
        "duplicate": 0,
        "rejected": 1,
        "complete": False,
        "problem": "WRONG_HEADER",
        "resumeAtLine": 1,
    }
    assert await rows() == []


async def test_a_database_that_is_gone_ends_the_stream_with_the_place(
    host: PluginHost, seller: CreatedTenant
) -> None:
    """Nobody listens there: nothing is acknowledged, and the summary says so."""
    nowhere = Database("postgresql://nobody@127.0.0.1:9/none", role="api")
    lines, summary = await sent(
        BulkIngest(database=nowhere, host=host, gate=GATE), seller, line("a")
    )
    await nowhere.close()
    assert lines == []
    assert (summary["problem"], summary["resumeAtLine"]) == ("UNAVAILABLE", 1)


async def test_only_problems_can_be_asked_for(
    ingest: BulkIngest, seller: CreatedTenant, present: Subscription
) -> None:
    """For senders that read the answer at the end; the summary counts everything."""
    data = (line("a"), line("a"), line("b", recipients=0))
    lines, summary = await sent(ingest, seller, *data, only_problems=True)
    assert said(lines) == [(3, "INVALID_VALUE")]
    assert (summary["accepted"], summary["duplicate"], summary["rejected"]) == (1, 1, 1)


@asynccontextmanager
async def endpoint(
    db: Database, host: PluginHost, seller: CreatedTenant
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of `POST /usage` that sends the right key."""

    async def authenticate(request: Request) -> Sender | Response:
        if request.headers.get("authorization") != "Bearer right":
            return JSONResponse({"error": {"code": "UNAUTHENTICATED"}}, status_code=401)
        return Sender(seller.tenant.id, "key:right")

    ingest = BulkIngest(database=db, host=host, gate=GATE, names=typed_names())
    app = Starlette(routes=[usage_route(ingest, authenticate=authenticate)])
    headers = {"authorization": "Bearer right", "content-type": "application/x-ndjson"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test", headers=headers
    ) as client:
        yield client


async def test_the_endpoint_streams_and_authenticates(
    db: Database, host: PluginHost, seller: CreatedTenant, rows: Rows, present: Subscription
) -> None:
    """A refused sender stores nothing; an accepted one may name accounts by id or ref."""
    async with endpoint(db, host, seller) as client:
        wrong = {"authorization": "Bearer wrong"}
        assert (
            await client.post("/usage", content=line("a"), headers=wrong)
        ).status_code == 401
        plain = {"content-type": "text/plain"}
        assert (
            await client.post("/usage", content=line("a"), headers=plain)
        ).status_code == 415
        zipped = {"content-encoding": "gzip"}
        assert (await client.post("/usage", content=b"?", headers=zipped)).status_code == 415
        assert (await client.post("/usage?verdicts=few", content=b"")).status_code == 400
        assert await rows() == []
        answer = await client.post("/usage", content=line("a") + line("b", account="acc_7"))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    lines = [orjson.loads(one) for one in answer.text.splitlines()]
    assert said(lines[:-1]) == [(1, "ACCEPTED"), (2, "UNKNOWN_ACCOUNT")]
    assert lines[-1]["summary"]["complete"] is True


async def test_a_sender_who_falls_silent_loses_its_place(
    *,
    db: Database,
    host: PluginHost,
    seller: CreatedTenant,
    rows: Rows,
    present: Subscription,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without the bound a few silent uploads would keep everybody else out."""
    monkeypatch.setattr(bulk_usage, "IDLE_SECONDS", 0.05)
    silence = asyncio.Event()

    async def stalling() -> AsyncIterator[bytes]:
        yield line("a")
        await silence.wait()

    async with endpoint(db, host, seller) as client, asyncio.timeout(10):
        answer = await client.post("/usage", content=stalling())
    assert answer.content == b""  # no verdict and no summary: all of it is sent again
    assert await rows() == []


async def test_a_name_that_is_too_long_is_refused_and_not_remembered(
    ingest: BulkIngest, seller: CreatedTenant, rows: Rows, present: Subscription
) -> None:
    """200 characters may be an unknown ref; 201 are none."""
    lines, _summary = await sent(
        ingest, seller, line("a", account="x" * 200), line("b", account="x" * 201)
    )
    assert said(lines) == [(1, "UNKNOWN_ACCOUNT"), (2, "INVALID_VALUE")]
    assert lines[1]["path"] == ["account"]
    assert await rows() == []
