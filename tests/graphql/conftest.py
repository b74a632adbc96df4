"""A client for the sample application, and the whole API for the features' tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from api.app import create_app
from api.graphql.executor import ShortCutExecutor
from api.graphql.negotiation import GRAPHQL_RESPONSE
from api.graphql.view import GraphQLEndpoint
from core.bootstrap import Application
from core.embedded import DatabaseUrls
from core.tenancy.create_tenant import CreateTenant, create_tenant
from core.tenancy.issue_platform_key import IssuePlatformKey, issue_platform_key
from tests.graphql import sample
from tests.graphql.api_clients import Api, KeyClient
from tests.graphql.features.billing.selling import NOON, MovableClock, Selling
from tests.graphql.processes import started


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


@pytest.fixture(scope="module")
async def application(module_database: DatabaseUrls) -> AsyncIterator[Application]:
    """The process as it serves, on this module's own database; the installed plugins."""
    async with started(module_database) as opened:
        yield opened


@pytest.fixture(scope="module")
async def api(application: Application) -> AsyncIterator[Api]:
    """The whole API with two sellers, Paris in euros and New York in dollars.

    One for a module: tests make what they need under names of their own.
    """
    app = create_app(application)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        async with application.transaction(None, actor="test") as tx:
            platform = await issue_platform_key(
                tx, IssuePlatformKey(name="operator"), pepper=application.pepper
            )
        made = []
        for slug, currency, zone, country in (
            ("one", "EUR", "Europe/Paris", "FR"),
            ("other", "USD", "America/New_York", "US"),
        ):
            command = CreateTenant(
                slug=slug, name=slug.title(), currency=currency, timezone=zone, country=country
            )
            async with application.transaction(None, actor="test") as tx:
                created = await create_tenant(tx, command, pepper=application.pepper)
            made.append(KeyClient(http, created.admin_key.text, created.tenant.id))
        yield Api(
            application=application,
            app=app,
            http=http,
            one=made[0],
            other=made[1],
            operator=KeyClient(http, platform.text),
        )


@pytest.fixture(scope="module")
def clock() -> MovableClock:
    """What time an application takes it to be whose tests choose it."""
    return MovableClock()


@pytest.fixture(scope="module")
async def catalogue(api: Api, clock: MovableClock) -> Selling:
    """The seller with its catalogue, applied once for a module."""
    selling = Selling(api, clock)
    await selling.apply()
    return selling


@pytest.fixture
def selling(catalogue: Selling) -> Selling:
    """The seller at noon of 10 January 2026."""
    catalogue.clock.at = NOON
    return catalogue


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which fields graphql-core resolves: `Type.field` each, as it comes to them."""
    seen: list[str] = []
    original = ShortCutExecutor.execute_field

    def execute_field(self: Any, parent: Any, source: Any, details: Any, *rest: Any) -> Any:
        seen.append(f"{parent.name}.{details[0].node.name.value}")
        return original(self, parent, source, details, *rest)

    monkeypatch.setattr(ShortCutExecutor, "execute_field", execute_field)
    return seen
