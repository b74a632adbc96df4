"""`POST /usage` over a real server: streamed lines in, verdicts out, behind the same keys."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import uvicorn
from typer.testing import CliRunner

from api.cli import build_app
from api.usage_file import Rejected, UploadFailed, load_file
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


CSV = "account,source,id,occurredAt,event.email.recipients\n"


def csv_row(number: int, account: str, recipients: object = 1) -> str:
    """A row of a mailing of now."""
    at = datetime.now(UTC).isoformat()
    return f"{account},file,row-{number},{at},{recipients}\n"


async def test_rows_of_csv_are_stored_and_answered_by_their_line(
    api: Api, base_url: str, client_ref: str
) -> None:
    """The header is line 1; of three rows the second has no number of recipients."""
    rows = [csv_row(1, client_ref), csv_row(2, client_ref, "many"), csv_row(3, client_ref)]
    async with httpx.AsyncClient(base_url=base_url) as http:
        answer = await http.post(
            "/usage",
            content=(CSV + "".join(rows)).encode(),
            headers={"content-type": "text/csv", "authorization": f"Bearer {api.one.key}"},
        )
    *verdicts, last = [orjson.loads(line) for line in answer.content.splitlines()]
    assert [(one["line"], one["verdict"]) for one in verdicts] == [
        (2, "ACCEPTED"),
        (3, "REJECTED"),
        (4, "ACCEPTED"),
    ]
    assert verdicts[1]["path"] == ["event", "email", "recipients"]
    assert last["summary"]["accepted"] == 2


async def test_a_file_is_loaded_by_the_command_and_may_be_loaded_again(
    api: Api, base_url: str, client_ref: str, tmp_path: Path
) -> None:
    """Five rows, one of a stranger: exit code 1 and its field. Then four are duplicates."""
    file = tmp_path / "usage.csv"
    rows = [csv_row(n, "stranger" if n == 13 else client_ref) for n in range(11, 16)]
    file.write_text(CSV + "".join(rows))
    arguments = ["usage", "load", str(file), "--url", base_url, "--key", api.one.key]
    first = await asyncio.to_thread(CliRunner().invoke, build_app(), arguments)
    assert first.exit_code == 1
    assert "line 4: UNKNOWN_ACCOUNT at account: there is no account stranger" in first.output
    assert "5 lines: 4 accepted, 0 duplicates, 1 rejected." in first.output
    again = await asyncio.to_thread(CliRunner().invoke, build_app(), arguments)
    assert "5 lines: 0 accepted, 4 duplicates, 1 rejected." in again.output


async def test_parts_of_a_file_keep_the_files_own_line_numbers(
    api: Api, base_url: str, client_ref: str, tmp_path: Path
) -> None:
    """Two lines at a time: of NDJSON line 5 is rejected, of CSV line 6, behind the header."""
    names = [client_ref] * 4 + ["stranger"]
    rows = [csv_row(n, name) for n, name in enumerate(names, start=21)]
    lines = [
        orjson.dumps(
            {
                "account": name,
                "source": "file",
                "id": f"line-{n}",
                "occurredAt": datetime.now(UTC).isoformat(),
                "event": {"email": {"recipients": 1}},
            }
        ).decode()
        + "\n"
        for n, name in enumerate(names, start=31)
    ]
    for name, text, expected in (
        ("usage.csv", CSV + "".join(rows), 6),
        ("usage.ndjson", "".join(lines), 5),
    ):
        file = tmp_path / name
        file.write_text(text)
        problems: list[Rejected] = []
        sizes: list[int] = []
        loaded = await asyncio.to_thread(
            load_file,
            file,
            url=base_url,
            key=api.one.key,
            sent=sizes.append,
            rejected=problems.append,
            lines_at_once=2,
        )
        assert (loaded.received, loaded.accepted, loaded.rejected) == (5, 4, 1)
        assert [(one.line, one.reason) for one in problems] == [(expected, "UNKNOWN_ACCOUNT")]
        assert sum(sizes) == file.stat().st_size


async def test_a_file_with_a_wrong_header_is_not_sent_on(
    api: Api, base_url: str, tmp_path: Path
) -> None:
    """Of three parts only the first one leaves; line 1 is told once, and nothing is stored."""
    file = tmp_path / "usage.csv"
    rows = "".join(csv_row(n, "client") for n in range(41, 46))
    file.write_text(CSV.replace("source", "sauce") + rows)
    before = await api.rows("usage_event")
    problems: list[Rejected] = []
    with pytest.raises(UploadFailed, match="mend the header in line 1"):
        await asyncio.to_thread(
            load_file,
            file,
            url=base_url,
            key=api.one.key,
            sent=lambda _size: None,
            rejected=problems.append,
            lines_at_once=2,
        )
    assert [(one.line, one.reason) for one in problems] == [(1, "INVALID_VALUE")]
    assert await api.rows("usage_event") == before


async def test_a_load_that_is_not_taken_says_why(base_url: str, tmp_path: Path) -> None:
    """A wrong key, no key, no server, no address: exit code 2, by the refusal."""
    file = tmp_path / "usage.csv"
    file.write_text(CSV + csv_row(1, "client"))
    for url, key, told in (
        (base_url, "wrong", "does not know this key: .* Give one with --key or FORFAIT_KEY."),
        (base_url, "two\nlines", "copy it again"),
        ("http://127.0.0.1:9", "wrong", "cannot be reached"),
        ("http://127.0.0.1:port", "wrong", "no address"),
        ("localhost", "wrong", "no address"),
    ):
        with pytest.raises(UploadFailed, match=told):
            await asyncio.to_thread(
                load_file, file, url=url, key=key, sent=lambda _size: None, rejected=print
            )
