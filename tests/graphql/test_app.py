"""The application around GraphQL: who gets in, what is answered when things are amiss."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import build_schema

import api as api_package
from api import graphql as api_graphql
from api.access import required_by
from api.app import create_app
from api.graphql.negotiation import GRAPHQL_RESPONSE, JSON
from api.schema import make_schema, schema_text
from core.catalogue.checks.known import LISTS, WORDS
from core.db import Database
from core.plugin_host import PluginHost
from tests.graphql.api_clients import Api

SNAPSHOT = Path(api_package.__file__).parent / "schema.graphql"
VIEWER = "{ viewer { label isOperator scopes } }"
OWN_SCALES = {"node", "nodes"}


def test_the_schema_is_the_one_in_the_repository() -> None:
    """`forfait schema -o api/schema.graphql` writes it; a change of it is reviewed there."""
    assert schema_text(PluginHost()) == SNAPSHOT.read_text(encoding="utf-8")


def test_refusals_of_the_catalogue_name_queries_that_there_are() -> None:
    """One for each section, as `look at the list, query …` says."""
    schema = build_schema(SNAPSHOT.read_text(encoding="utf-8"))
    assert schema.query_type is not None
    assert set(LISTS.values()) <= set(schema.query_type.fields)
    assert set(LISTS) == set(WORDS)


def test_every_field_that_reads_says_what_it_requires() -> None:
    """Nested ones too; what is only computed from its own object needs no leave."""
    silent = []
    for owner, kind in make_schema(PluginHost()).schema_converter.type_map.items():
        definition = kind.definition
        for field in getattr(definition, "fields", ()):
            resolver = field.base_resolver
            if resolver is None or field.python_name in OWN_SCALES:
                continue
            if not resolver.wrapped_func.__module__.startswith("api.features"):
                continue  # the generic face: totalCount, formatted
            if "info" not in inspect.signature(resolver.wrapped_func).parameters:
                continue
            try:
                required_by(resolver.wrapped_func)
            except LookupError:
                silent.append(f"{owner}.{field.python_name}")
    assert silent == []


def test_every_root_field_says_what_it_requires() -> None:
    """Whatever module it comes from, a plugin's too; nodes ask per type."""
    schema = make_schema(PluginHost())
    silent = []
    for root in (schema.query, schema.mutation):
        for field in root.__strawberry_definition__.fields:
            if field.python_name in OWN_SCALES:
                continue
            try:
                required_by(field.base_resolver.wrapped_func)
            except LookupError:
                silent.append(field.python_name)
    assert silent == []


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer nonsense",
        "Basic dXNlcjpwYXNz",
        "Bearer fft_0123456789abcdef." + "a" * 43,
    ],
)
async def test_without_a_valid_key_nobody_gets_in(api: Api, authorization: str) -> None:
    """Absent, malformed and unknown keys get the same status, and nothing is executed."""
    headers = {"authorization": authorization} if authorization else {}
    answer = await api.http.post("/graphql", json={"query": VIEWER}, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "data" not in answer.json()


async def test_a_key_says_who_asks(api: Api) -> None:
    """A seller's administrator may everything of a seller, and nothing of the operator."""
    viewer = (await api.one.ask(VIEWER))["viewer"]
    assert viewer["label"].startswith("key:")
    assert (viewer["isOperator"], len(viewer["scopes"])) == (False, 26)
    operator = (await api.operator.ask(VIEWER))["viewer"]
    assert (operator["isOperator"], operator["scopes"]) == (True, ["platform.tenant.create"])


async def test_each_key_sees_its_own_seller(api: Api) -> None:
    """Two sellers, two answers; the operator has none."""
    query = "{ tenant { id slug currency timezone country } }"
    one = (await api.one.ask(query))["tenant"]
    other = (await api.other.ask(query))["tenant"]
    assert (one["slug"], one["currency"]) == ("one", "EUR")
    assert (other["slug"], other["currency"]) == ("other", "USD")
    assert one["id"].startswith("ten_")
    assert one["id"] != other["id"]
    assert await api.operator.ask(query) == {"tenant": None}


async def test_a_request_keeps_its_id_through_log_and_answer(api: Api) -> None:
    """A caller's own id comes back; a long one is replaced by a new one."""
    given = await api.one.post(VIEWER, **{"x-request-id": "mine-1"})
    assert given.headers["x-request-id"] == "mine-1"
    made = await api.one.post(VIEWER, **{"x-request-id": "x" * 65})
    assert len(made.headers["x-request-id"]) == 32


async def test_the_bare_address_leads_to_the_query_page(api: Api) -> None:
    """A browser that came to the server's root is shown where it can ask something."""
    answer = await api.http.get("/", follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (307, "/graphql")


async def test_the_query_page_begins_with_a_query_that_is_answered(api: Api) -> None:
    """It is the first thing that a newcomer runs, and the bundle holds this very text."""
    folder = Path(api_graphql.__path__[0])
    query = (folder / "query_page/first_query.graphql").read_text()
    answer = await api.one.ask(query)
    assert answer["viewer"]["label"].startswith("key:")
    bundle = (folder / "static/query_page.js").read_text()
    assert "query Start {\n  viewer {\n" in bundle
    assert query.strip() in bundle


@pytest.mark.skipif(shutil.which("node") is None, reason="the page's script is for Node here")
@pytest.mark.parametrize(
    ("call", "answer"),
    [
        ("keyWithin(' fft_a-1_B ')", "fft_a-1_B"),
        ("keyWithin('Bearer fft_a-1_B')", "fft_a-1_B"),
        ("keyWithin('Authorization: Bearer fft_a-1_B')", "fft_a-1_B"),
        ('keyWithin(\'{"Authorization": "Bearer fft_a-1_B"}\')', "fft_a-1_B"),
        ("keyWithin('')", ""),
        ('authorizationWithin(\'{"authorization": "Bearer fft_a"}\')', "Bearer fft_a"),
        ("authorizationWithin('')", ""),
        ("authorizationWithin('null')", ""),
        ("authorizationWithin('{\"Autho')", None),
    ],
)
def test_the_query_page_takes_a_key_as_it_is_printed(call: str, answer: str | None) -> None:
    """With `Bearer` or the header's name before it; half-written Headers change nothing."""
    script = Path(api_graphql.__path__[0]) / "query_page/api_key.mjs"
    program = f"import {{ keyWithin, authorizationWithin }} from '{script}';"
    told = f"{program} console.log(JSON.stringify({call}))"
    node = ["node", "--input-type=module", "-e", told]
    ran = subprocess.run(node, capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == answer


async def test_the_query_page_finds_what_it_loads(api: Api) -> None:
    """Every file that the page names is there, may be kept, and says what it is."""
    page = await api.one.http.get("/graphql", headers={"accept": "text/html"})
    named = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    assert len(named) == 2
    for address in (*named, "/graphql/query_page.licences.txt"):
        found = await api.one.http.get(address)
        assert found.status_code == 200, address
        assert "immutable" in found.headers["cache-control"]
        assert len(found.content) > 10_000


async def test_live_and_ready_are_told_apart(api: Api) -> None:
    """Ready: the database answers and its schema is at head; Redis is reported apart."""
    assert (await api.http.get("/live")).json() == {"live": True}
    ready = await api.http.get("/ready")
    assert ready.status_code == 200
    assert ready.json() == {"ready": True, "database": "ok", "redis": "not configured"}


async def test_a_process_without_its_database_is_alive_and_not_ready(api: Api) -> None:
    """Nobody listens on port 9: live stays 200, ready and GraphQL are 503 with Retry-After."""
    nowhere = Database("postgresql://nobody:none@127.0.0.1:9/none", role="api")
    lost = replace(
        api.application,
        database=nowhere,
        authenticator=type(api.application.authenticator)(nowhere, pepper=b"x"),
    )
    transport = httpx.ASGITransport(app=create_app(lost))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        assert (await http.get("/live")).status_code == 200
        ready = await http.get("/ready")
        assert (ready.status_code, ready.json()["database"]) == (503, "unavailable")
        answer = await http.post(
            "/graphql",
            json={"query": VIEWER},
            headers={"authorization": f"Bearer {api.one.key}"},
        )
    await nowhere.close()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"


@pytest.mark.parametrize("accept", [JSON, GRAPHQL_RESPONSE])
async def test_a_resolver_without_its_database_answers_503(api: Api, accept: str) -> None:
    """The caller is remembered, the database is gone: a code, a status, when to come again."""
    await api.one.ask(VIEWER)  # from here on the key is remembered
    nowhere = Database("postgresql://nobody:none@127.0.0.1:9/none", role="api")
    lost = replace(api.application, database=nowhere)
    transport = httpx.ASGITransport(app=create_app(lost))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        answer = await http.post(
            "/graphql",
            json={"query": "{ tenant { slug } }"},
            headers={"authorization": f"Bearer {api.one.key}", "accept": accept},
        )
    await nowhere.close()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "UNAVAILABLE", "retryAfterSeconds": 1}
    assert "127.0.0.1" not in answer.text


async def test_a_full_process_sheds_and_its_operators_still_see_it(api: Api) -> None:
    """With room for one request, a second one is told to come again in a second."""
    settings = api.application.settings.model_copy(update={"concurrency_limit": 1})
    app = create_app(replace(api.application, settings=settings))
    entered, release = asyncio.Event(), asyncio.Event()

    async def slow_body() -> Any:
        entered.set()
        await release.wait()
        yield b'{"query": "{ viewer { label } }"}'

    headers = {
        "authorization": f"Bearer {api.one.key}",
        "content-type": "application/json",
        "accept": JSON,
    }
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        first = asyncio.create_task(http.post("/graphql", content=slow_body(), headers=headers))
        await entered.wait()
        shed = await http.post("/graphql", json={"query": VIEWER}, headers=headers)
        assert (shed.status_code, shed.headers["retry-after"]) == (503, "1")
        assert shed.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        assert (await http.get("/live")).status_code == 200
        release.set()
        assert (await first).status_code == 200
        assert (await http.post("/graphql", json={"query": VIEWER}, headers=headers)).is_success


async def test_prometheus_reads_what_was_served(api: Api) -> None:
    """Requests are counted by path and status; unknown paths share one label."""
    await api.one.ask(VIEWER)
    assert (await api.http.get("/wp-admin")).status_code == 404
    text = (await api.http.get("/metrics")).text
    assert 'forfait_http_requests_total{path="/graphql",status="200"}' in text
    assert 'forfait_http_requests_total{path="other",status="404"}' in text
    assert "wp-admin" not in text


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [("https://portal.example", True), ("https://portal.example.evil", False)],
)
async def test_pages_of_allowed_origins_may_ask(api: Api, origin: str, allowed: bool) -> None:
    """A browser asks first whether it may; what it may not, it does not show the page."""
    settings = api.application.settings.model_copy(
        update={"allowed_origins": ("https://portal.example/",)}
    )
    app = create_app(replace(api.application, settings=settings))
    transport = httpx.ASGITransport(app=app)
    asking = {"origin": origin, "access-control-request-method": "POST"}
    wanted = {"access-control-request-headers": "authorization,content-type"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        first = await http.options("/graphql", headers=asking | wanted)
        answer = await http.post("/graphql", json={"query": VIEWER}, headers={"origin": origin})
    assert first.status_code == (200 if allowed else 400)
    shown = answer.headers.get("access-control-allow-origin")
    assert shown == (origin if allowed else None)


async def test_without_allowed_origins_no_other_page_may_ask(api: Api) -> None:
    """Nothing is said of other origins unless the installation names some."""
    answer = await api.one.http.post(
        "/graphql", json={"query": VIEWER}, headers={"origin": "https://portal.example"}
    )
    assert "access-control-allow-origin" not in answer.headers
