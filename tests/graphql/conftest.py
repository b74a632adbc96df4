"""A client for the sample application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from api.graphql.negotiation import GRAPHQL_RESPONSE
from api.graphql.view import GraphQLEndpoint
from tests.graphql import sample


class GraphQLClient:
    """Posts operations as a client of the new media type would."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def post(
        self, query: str, variables: dict[str, Any] | None = None, **headers: str
    ) -> httpx.Response:
        """Send one operation with a good key."""
        return await self.http.post(
            "/graphql",
            json={"query": query, "variables": variables},
            headers={"accept": GRAPHQL_RESPONSE, "authorization": "Bearer good", **headers},
        )

    async def ask(self, query: str, variables: dict[str, Any] | None = None) -> Any:
        """Return the decoded answer."""
        return (await self.post(query, variables)).json()


@pytest.fixture(scope="session")
def schema() -> Any:
    """The sample schema."""
    return sample.sample_schema()


@pytest.fixture
async def http(schema: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A real Starlette application without a network."""
    endpoint = GraphQLEndpoint(
        schema=schema, context_factory=sample.sample_context, execution_seconds=0.2
    )
    app = Starlette(routes=[Route("/graphql", endpoint)])
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.fixture
def client(http: httpx.AsyncClient) -> GraphQLClient:
    """A client with a good key."""
    return GraphQLClient(http)
