"""The application that a web server runs: GraphQL, bulk endpoints, health, measurements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from api.authentication import context_factory
from api.features.usage.upload import upload_route
from api.graphql.view import GraphQLEndpoint
from api.health import health_routes
from api.measurements import Measurements
from api.middleware import ConcurrencyLimit, RequestIds
from api.schema import make_schema
from core.bootstrap import Application

RouteFactory = Callable[[Application], Route]

BULK_ROUTES: Final[tuple[RouteFactory, ...]] = (upload_route,)
"""Endpoints beside GraphQL, such as `POST /usage`; each authenticates by itself
(`api.authentication.authenticated`)."""


def create_app(application: Application) -> Starlette:
    """Make the ASGI application of a process that `bootstrap` has put together.

    The caller opened the application and closes it; the app may then serve no more.
    """
    endpoint = GraphQLEndpoint(
        schema=make_schema(application.host), context_factory=context_factory(application)
    )
    bulk = [make(application) for make in BULK_ROUTES]
    routes = [
        Route("/", _to_the_query_page),
        Route("/graphql", endpoint),
        *bulk,
        *health_routes(application),
    ]
    measurements = Measurements(paths=frozenset(route.path for route in routes))

    async def metrics(_request: Request) -> Response:
        return Response(measurements.text(), media_type=measurements.content_type)

    app = Starlette(
        routes=[*routes, Route("/metrics", metrics)],
        middleware=[
            Middleware(RequestIds, measurements=measurements),
            Middleware(ConcurrencyLimit, limit=application.settings.concurrency_limit),
        ],
    )
    app.state.application = application
    return app


async def _to_the_query_page(_request: Request) -> Response:
    """Send a browser that came to the bare address where it can ask something."""
    return RedirectResponse("/graphql")
