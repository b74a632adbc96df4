"""Documents that are asked for by their hash, and servers that answer no others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from api.graphql.negotiation import GRAPHQL_RESPONSE
from api.graphql.trusted import (
    TrustedDocuments,
    TrustedDocumentsInvalid,
    read_trusted_documents,
)
from api.graphql.view import GraphQLEndpoint
from tests.graphql.sample import sample_context

HELLO = "query Hello { hello }"
HASH = "8f1f3a0c"


Send = Callable[[dict[str, Any]], Awaitable[httpx.Response]]


def serving(schema: Any, documents: TrustedDocuments) -> Send:
    """Return what sends a body to a server with these documents."""
    endpoint = GraphQLEndpoint(
        schema=schema, context_factory=sample_context, documents=documents
    )
    app = Starlette(routes=[Route("/graphql", endpoint)])
    headers = {"authorization": "Bearer good", "accept": GRAPHQL_RESPONSE}

    async def send(body: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            return await http.post("/graphql", json=body, headers=headers)

    return send


@pytest.mark.parametrize(
    "body",
    [
        {"documentId": HASH},
        {"documentId": f"sha256:{HASH}"},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": HASH}}},
    ],
)
async def test_a_hash_stands_for_its_document(schema: Any, body: dict[str, Any]) -> None:
    """In each of the spellings that clients use."""
    answer = await serving(schema, TrustedDocuments({HASH: HELLO}))(body)
    assert (answer.status_code, answer.json()["data"]) == (200, {"hello": "Hello you"})


async def test_an_unknown_hash_asks_for_the_document(schema: Any) -> None:
    """Clients that know the code send the text next."""
    answer = await serving(schema, TrustedDocuments({HASH: HELLO}))({"documentId": "beef"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


async def test_others_are_served_unless_only_trusted_ones_are(schema: Any) -> None:
    """Beside a hash a text is taken; where only trusted ones are served, it must be one."""
    for is_exclusive, expected in ((False, 200), (True, 403)):
        send = serving(schema, TrustedDocuments({HASH: HELLO}, is_exclusive=is_exclusive))
        other = await send({"query": "{ hello }"})
        assert other.status_code == expected
        assert (await send({"query": HELLO})).status_code == 200
    (error,) = other.json()["errors"]
    assert error["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"
    assert "data" not in other.json()


def test_a_file_of_documents(tmp_path: Path) -> None:
    """As compilers write it; the algorithm before the hash may be there."""
    file = tmp_path / "documents.json"
    file.write_bytes(orjson.dumps({f"sha256:{HASH}": HELLO, "cafe": "{ hello }"}))
    found = read_trusted_documents(file)
    assert (len(found), found.find(HASH), found.find("sha256:cafe")) == (2, HELLO, "{ hello }")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"[]", "one JSON object"),
        (b"nonsense", "cannot be read"),
        (b'{"cafe": 1}', "cafe is no document"),
        (b'{"cafe": "{ hello"}', "cafe: Syntax Error"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, content: bytes, told: str) -> None:
    """A server with half of its documents would fail later, and not say so."""
    file = tmp_path / "documents.json"
    file.write_bytes(content)
    with pytest.raises(TrustedDocumentsInvalid, match=told):
        read_trusted_documents(file)
