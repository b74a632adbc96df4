"""GraphQL over HTTP: what is accepted, in which type and status it is answered."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import orjson
import pytest
import structlog
from starlette.requests import Request

from api.graphql.context import Context
from api.graphql.negotiation import GRAPHQL_RESPONSE, JSON, chosen_media_type
from api.graphql.request import MAX_BODY_BYTES
from api.graphql.view import GraphQLEndpoint
from tests.graphql import sample
from tests.graphql.conftest import GraphQLClient

HELLO = {"query": "{ hello }"}


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("application/graphql-response+json", GRAPHQL_RESPONSE),
        ("APPLICATION/JSON", JSON),
        ("application/json, application/graphql-response+json", GRAPHQL_RESPONSE),
        ("application/graphql-response+json;q=0.5, application/json", JSON),
        ("application/graphql-response+json;q=0.9, application/json;q=0.8", GRAPHQL_RESPONSE),
        ("application/graphql-response+json;q=0, */*", JSON),
        ("application/graphql-response+json; charset=utf-8", GRAPHQL_RESPONSE),
        ("application/graphql-response+json; charset=iso-8859-1, application/json", JSON),
        ("text/event-stream, application/json", JSON),
        ("text/event-stream", None),
        ("text/plain", None),
        ("application/json;q=0", None),
        ("application/json;q=0, */*", None),
        ("application/json;q=nonsense", JSON),
    ],
)
def test_the_answers_media_type_follows_the_accept_header(
    accept: str, chosen: str | None
) -> None:
    """A tie goes to the new type; a wildcard alone stays with application/json."""
    assert chosen_media_type(accept) == chosen


async def test_an_answer_is_typed_and_never_cached(http: httpx.AsyncClient) -> None:
    """The headers of an ordinary answer."""
    response = await http.post("/graphql", json=HELLO, headers={"accept": GRAPHQL_RESPONSE})
    assert response.status_code == 200
    assert response.json()["data"] == {"hello": "Hello you"}
    assert response.headers["content-type"] == f"{GRAPHQL_RESPONSE}; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["vary"] == "Accept"
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_a_request_id_is_kept_or_made(http: httpx.AsyncClient) -> None:
    """A sensible id of the caller's is returned; another one is replaced."""
    kept = await http.post("/graphql", json=HELLO, headers={"x-request-id": "abc-1"})
    made = await http.post("/graphql", json=HELLO, headers={"x-request-id": "a b" * 40})
    assert kept.headers["x-request-id"] == "abc-1"
    assert len(made.headers["x-request-id"]) == 32


async def test_nothing_acceptable_is_406(http: httpx.AsyncClient) -> None:
    """A caller that accepts neither type is told so."""
    response = await http.post("/graphql", json=HELLO, headers={"accept": "text/plain"})
    assert response.status_code == 406
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ hello", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { hello } query B { hello }", "OPERATION_RESOLUTION_FAILURE"),
        ("fragment A on Query { hello }", "OPERATION_RESOLUTION_FAILURE"),
        ("query($n: String!) { hello(name: $n) }", "BAD_USER_INPUT"),
    ],
)
async def test_a_request_error_has_no_data_and_its_status_follows_the_type(
    http: httpx.AsyncClient, query: str, code: str
) -> None:
    """400 under the new media type, 200 under application/json."""
    for accept, status in ((GRAPHQL_RESPONSE, 400), (JSON, 200)):
        response = await http.post(
            "/graphql", json={"query": query}, headers={"accept": accept}
        )
        body = response.json()
        assert (response.status_code, "data" in body) == (status, False)
        assert [error["extensions"]["code"] for error in body["errors"]] == [code]


async def test_a_field_error_is_200_with_data(client: GraphQLClient) -> None:
    """Execution began: the rest of the answer is there."""
    response = await client.post("{ hello refused }")
    assert response.status_code == 200
    assert response.json()["data"] == {"hello": "Hello you", "refused": None}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"null", 400),
        (b'"x"', 400),
        (b"1", 400),
        (b"[]", 400),
        (b'[{"query":"{ hello }"}]', 400),
        (b"{", 400),
        (b'{"query":"\xff"}', 400),
        (b'{"query":"\\ud800"}', 400),
        (b"[" * 50_000, 400),
        (b'{"a":' * 50_000, 400),
        (b'{"query":"{ hello }","variables":' + b"[" * 5000 + b"]" * 5000 + b"}", 400),
        (b"{}", 400),
        (b'{"query":null}', 400),
        (b'{"query":1}', 400),
        (b'{"query":" "}', 400),
        (b'{"query":"{ hello }","variables":[]}', 400),
        (b'{"query":"{ hello }","variables":"{}"}', 400),
        (b'{"query":"{ hello }","extensions":1}', 400),
        (b'{"query":"{ hello }","operationName":1}', 400),
        (b'{"query":"{ hello(name: \\"\\\\u0000\\") }"}', 400),
        (b'{"query":"{ hello }","variables":{"n":["a\\u0000"]}}', 400),
        (b'{"query":"{ hello }","variables":{"a\\u0000":1}}', 400),
        (b'{"query":"{ hello }","variables":null,"operationName":null,"extensions":null}', 200),
        (b'{"query":"{ hello }","unknown":1}', 200),
    ],
)
async def test_a_body_that_is_no_request_is_the_callers_error(
    http: httpx.AsyncClient, body: bytes, status: int
) -> None:
    """Broken, deep or foreign bodies are a 4xx with a code, never a 500."""
    response = await http.post(
        "/graphql", content=body, headers={"content-type": "application/json"}
    )
    assert response.status_code == status
    if status == 400:
        assert "data" not in response.json()
        assert response.json()["errors"][0]["extensions"]["code"] in {
            "BAD_REQUEST",
            "BAD_USER_INPUT",
        }


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ('Application/JSON; Charset="UTF-8"', 200),
        ("application/json; charset=latin-1", 415),
        ("text/plain", 415),
        ("application/graphql", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/x-www-form-urlencoded", 415),
        ("", 415),
    ],
)
async def test_only_json_is_taken(
    http: httpx.AsyncClient, content_type: str, status: int
) -> None:
    """A form of another site could send the other types without asking first."""
    response = await http.post(
        "/graphql", content=orjson.dumps(HELLO), headers={"content-type": content_type}
    )
    assert response.status_code == status


async def test_a_declared_length_beyond_1_mib_is_413(http: httpx.AsyncClient) -> None:
    """1 MiB passes, one byte more does not."""
    padding = b" " * (MAX_BODY_BYTES - len(orjson.dumps(HELLO)))
    headers = {"content-type": "application/json"}
    fits = await http.post("/graphql", content=orjson.dumps(HELLO) + padding, headers=headers)
    beyond = await http.post(
        "/graphql", content=orjson.dumps(HELLO) + padding + b" ", headers=headers
    )
    assert (MAX_BODY_BYTES, fits.status_code, beyond.status_code) == (1_048_576, 200, 413)
    assert beyond.json()["errors"][0]["extensions"]["code"] == "PAYLOAD_TOO_LARGE"


async def test_an_undeclared_body_is_cut_while_it_arrives(schema: Any) -> None:
    """An endless body of 64 KiB pieces is refused after 17 of them: 16 make 1 MiB."""
    pieces = 0

    async def receive() -> dict[str, Any]:
        nonlocal pieces
        pieces += 1
        return {"type": "http.request", "body": b" " * 65_536, "more_body": True}

    sent = await call(schema, receive)
    assert (sent[0]["status"], pieces) == (413, 17)


async def test_a_caller_who_hangs_up_gets_no_answer(schema: Any) -> None:
    """Half a body, then nothing: no operation runs and nothing is sent."""
    messages = [
        {"type": "http.request", "body": b'{"query":', "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    assert await call(schema, receive) == []


async def call(schema: Any, receive: Any) -> list[dict[str, Any]]:
    """Call the endpoint as a server would, and return what it sent."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    endpoint = GraphQLEndpoint(schema=schema, context_factory=sample.sample_context)
    await endpoint(scope, receive, send)
    return sent


@pytest.mark.parametrize(
    ("method", "status", "allow"), [("PUT", 405, "GET, POST"), ("DELETE", 405, "GET, POST")]
)
async def test_other_methods_are_405(
    http: httpx.AsyncClient, method: str, status: int, allow: str
) -> None:
    """The answer names the methods that are allowed."""
    response = await http.request(method, "/graphql")
    assert (response.status_code, response.headers["allow"]) == (status, allow)


async def test_get_reads_and_never_changes(http: httpx.AsyncClient) -> None:
    """Queries may come by GET, with variables; mutations may not."""
    read = await http.get(
        "/graphql",
        params={"query": "query($n:String){hello(name:$n)}", "variables": '{"n":"Ada"}'},
    )
    assert read.json()["data"] == {"hello": "Hello Ada"}
    mutation = 'mutation { accountClose(input: {accountId: "x"}) { userErrors { code } } }'
    write = await http.get("/graphql", params={"query": mutation})
    assert (write.status_code, write.headers["allow"]) == (405, "POST")
    for variables in ("[]", "{", "null", '"x"'):
        bad = await http.get("/graphql", params={"query": "{hello}", "variables": variables})
        assert bad.status_code == 400
    assert (await http.get("/graphql")).status_code == 400


async def test_a_browser_gets_a_page_that_loads_nothing_from_elsewhere(
    http: httpx.AsyncClient,
) -> None:
    """The policy admits our own files alone, and no script in the page."""
    response = await http.get("/graphql", headers={"accept": "text/html,*/*;q=0.8"})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; connect-src 'self';")
    assert "script-src 'self';" in policy
    assert "://" not in response.text
    assert "<style" not in response.text


async def test_an_unknown_key_is_401(http: httpx.AsyncClient) -> None:
    """The refusal of the context keeps its code and message."""
    response = await http.post("/graphql", json=HELLO, headers={"authorization": "Bearer bad"})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json() == {
        "errors": [
            {
                "message": "This key is unknown. Use a current one.",
                "extensions": {"code": "UNAUTHENTICATED"},
            }
        ]
    }


async def test_an_operation_that_takes_too_long_is_stopped(client: GraphQLClient) -> None:
    """The sample application allows 0.2 s; the resolver sleeps for 30."""
    async with asyncio.timeout(5):
        response = await client.post("{ slow }")
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert response.json()["errors"][0]["extensions"]["code"] == "OPERATION_TIMED_OUT"


async def test_a_context_that_fails_is_a_500_without_its_text(schema: Any) -> None:
    """The log has the exception under the request's id; the caller has the id."""

    async def broken(_request: Request, _request_id: str) -> Context:
        raise RuntimeError("password=hunter2")

    endpoint = GraphQLEndpoint(schema=schema, context_factory=broken)
    transport = httpx.ASGITransport(app=endpoint)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        with structlog.testing.capture_logs() as logs:
            response = await http.post("/", json=HELLO, headers={"x-request-id": "r1"})
    assert response.status_code == 500
    assert "hunter2" not in response.text
    assert response.json()["errors"][0]["extensions"]["reference"] == "r1"
    assert [log["event"] for log in logs] == ["graphql.request_failed", "graphql.request"]


async def test_each_request_is_logged_in_one_line(client: GraphQLClient) -> None:
    """Operation, tenant, status, outcome and duration; the request's id is bound."""
    with structlog.testing.capture_logs(
        processors=[structlog.contextvars.merge_contextvars]
    ) as logs:
        await client.http.post(
            "/graphql",
            json={"query": "query Hi { hello }", "operationName": "Hi"},
            headers={"authorization": "Bearer good", "x-request-id": "r7"},
        )
        await client.post("{ refused }")
    first, second = logs
    assert first["duration_us"] >= 0
    assert {
        key: first[key] for key in ("event", "operation", "tenant", "status", "outcome")
    } == {
        "event": "graphql.request",
        "operation": "Hi",
        "tenant": "01900000-0000-7000-8000-000000000001",
        "status": 200,
        "outcome": "ok",
    }
    assert first["request_id"] == "r7"
    assert second["outcome"] == "NOT_LISTED"
