"""What a tenant may ask for in a minute, and documents that alone are served: end to end."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, Final

import pytest

from core.embedded import DatabaseUrls
from tests.graphql.abuse.conftest import Server, serving
from tests.graphql.api_clients import Api
from tests.graphql.live.clients import SocketClient

TRUSTED: Final = "query Slug { tenant { slug } }"
LIVE: Final = "subscription { invoiceFinalised { id } }"
COST: Final = "{ accounts(first: 100) { edges { node { id } } } }"
EVENTS: Final = {"accept": "text/event-stream"}


async def test_a_tenant_that_has_spent_its_minute_waits_and_another_does_not(
    module_database: DatabaseUrls, api: Api, redis_url: str
) -> None:
    """429 with the seconds to wait, in every media type; the other seller is served."""
    settings = {"FORFAIT_COST_PER_MINUTE": "600"}
    with serving(module_database, api.one.key, redis_url=redis_url, **settings) as server:
        async with server.client() as http:
            for _each in range(30):
                answer = await http.post("/graphql", json={"query": COST})
                if answer.status_code != 200:
                    break
            (error,) = answer.json()["errors"]
            assert (answer.status_code, error["extensions"]["code"]) == (429, "RATE_LIMITED")
            seconds = int(answer.headers["retry-after"])
            assert 1 <= seconds <= 60
            assert error["extensions"]["retryAfterSeconds"] == seconds
            assert "data" not in answer.json()
            bucket = answer.json()["extensions"]["cost"]["bucket"]
            assert (bucket["capacity"], bucket["restoresPerSecond"]) == (600, 10)
            assert bucket["remaining"] < answer.json()["extensions"]["cost"]["requested"]
            await asyncio.sleep(0.5)  # so that the shared count has been told
        await _over_a_socket(server)
        async with server.client(authorization=f"Bearer {api.other.key}") as http:
            other = await http.post("/graphql", json={"query": COST})
            assert (other.status_code, "errors" in other.json()) == (200, False)
    with serving(module_database, api.one.key, redis_url=redis_url, **settings) as another:
        async with another.client() as http:
            codes = [
                (await http.post("/graphql", json={"query": COST})).status_code
                for _each in range(3)
                if not await asyncio.sleep(0.4)
            ]
        assert codes[-1] == 429, "another process knows what was spent"


async def _over_a_socket(server: Server) -> None:
    async with server.socket(server.key) as client:
        told = await client.of(await client.subscribe(COST))
    assert told["type"] == "error"
    assert told["payload"][0]["extensions"]["code"] == "RATE_LIMITED"


@pytest.fixture
def trusted(tmp_path: Path) -> dict[str, str]:
    """The settings of an installation that serves two documents and no others."""
    file = tmp_path / "documents.json"
    file.write_text(json.dumps({"h1": TRUSTED, "h2": LIVE}))
    return {
        "FORFAIT_TRUSTED_DOCUMENTS": str(file), "FORFAIT_ONLY_TRUSTED_DOCUMENTS": "true",
    }  # fmt: skip


async def test_only_trusted_documents_are_served_by_any_way(
    module_database: DatabaseUrls, api: Api, trusted: dict[str, str]
) -> None:
    """By POST, by GET, as events and over sockets: by the hash or by the letter."""
    with serving(module_database, api.one.key, **trusted) as server:
        async with server.client() as http:
            for body in ({"documentId": "h1"}, {"query": TRUSTED}):
                answer = await http.post("/graphql", json=body)
                assert answer.json()["data"] == {"tenant": {"slug": "one"}}
            other: dict[str, Any] = {"query": "{ tenant { slug } }"}
            for answer in (
                await http.post("/graphql", json=other),
                await http.get("/graphql", params=other),
                await http.post("/graphql", json=other, headers=EVENTS),
                await http.get("/graphql", params=other, headers=EVENTS),
            ):
                code = answer.json()["errors"][0]["extensions"]["code"]
                assert (answer.status_code, code) == (403, "DOCUMENT_NOT_TRUSTED")
            answer = await http.post("/graphql", json={"documentId": "h3"})
            code = answer.json()["errors"][0]["extensions"]["code"]
            assert (answer.status_code, code) == (400, "PERSISTED_QUERY_NOT_FOUND")
        async with server.socket(server.key) as client:
            told = [await _told(client, each) for each in ({"documentId": "h1"}, other)]
        assert told[0] == ("next", {"tenant": {"slug": "one"}})
        assert told[1] == ("error", "DOCUMENT_NOT_TRUSTED")


async def _told(client: SocketClient, payload: dict[str, Any]) -> tuple[str, Any]:
    key = str(id(payload))
    await client.send("subscribe", id=key, payload=payload)
    message = await client.of(key)
    if message["type"] == "error":
        return "error", message["payload"][0]["extensions"]["code"]
    return "next", message["payload"]["data"]
