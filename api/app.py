"""The application that a web server runs: GraphQL, bulk endpoints, health, measurements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute

from api.authentication import context_factory
from api.features.simulations.export import export_route
from api.features.usage.upload import upload_route
from api.graphql.live_connections import LiveConnections
from api.graphql.page import PATH, page_routes
from api.graphql.request import NO_DOCUMENTS
from api.graphql.socket import SocketEndpoint
from api.graphql.socket_service import SocketService
from api.graphql.trusted import (
    TrustedDocuments,
    TrustedDocumentsInvalid,
    read_trusted_documents,
)
from api.graphql.view import GraphQLEndpoint
from api.health import health_routes
from api.lingering import LingeringClose
from api.measurements import Measurements
from api.middleware import ConcurrencyLimit, RequestIds
from api.schema import make_schema
from core.bootstrap import Application
from core.config import Settings

RouteFactory = Callable[[Application], Route]

BULK_ROUTES: Final[tuple[RouteFactory, ...]] = (upload_route, export_route)
"""Endpoints beside GraphQL, such as `POST /usage`; each authenticates by itself
(`api.authentication.authenticated`)."""


def create_app(application: Application) -> Starlette:
    """Make the ASGI application of a process that `bootstrap` has put together.

    The caller opened the application and closes it; the app may then serve no more.
    """
    settings, registry = application.settings, CollectorRegistry()
    connections = LiveConnections(limit=settings.max_live_connections, registry=registry)
    service = SocketService(
        schema=make_schema(application.host),
        context_factory=context_factory(application),
        connections=connections,
        documents=_trusted_documents(settings),
    )
    endpoint = GraphQLEndpoint(
        schema=service.schema,
        context_factory=service.context_factory,
        documents=service.documents,
        connections=connections,
    )
    sockets = SocketEndpoint(service, allowed_origins=settings.allowed_origins)
    bulk = [make(application) for make in BULK_ROUTES]
    routes: list[Route | WebSocketRoute] = [
        Route("/", _to_the_query_page),
        Route(PATH, endpoint),
        WebSocketRoute(PATH, sockets),
        *page_routes(),
        *bulk,
        *health_routes(application),
    ]
    paths = frozenset(route.path for route in routes)
    measurements = Measurements(paths=paths, registry=registry)

    async def metrics(_request: Request) -> Response:
        return Response(measurements.text(), media_type=measurements.content_type)

    app = Starlette(
        routes=[*routes, Route("/metrics", metrics)],
        middleware=[
            Middleware(LingeringClose),
            Middleware(RequestIds, measurements=measurements),
            *_cross_origin(settings.allowed_origins),
            Middleware(ConcurrencyLimit, limit=settings.concurrency_limit),
        ],
    )
    app.state.application = application
    app.state.live_connections = connections
    return app


def _cross_origin(origins: tuple[str, ...]) -> list[Middleware]:
    """Let browsers show our answers to the pages of these origins.

    Credentials travel in a header that a page sets itself, never in a cookie.
    """
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=[each.rstrip("/") for each in origins],
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "last-event-id", "x-request-id"],
            expose_headers=["retry-after", "x-request-id"],
        )
    ]


def _trusted_documents(settings: Settings) -> TrustedDocuments:
    """Read the installation's trusted documents, if it has any.

    Raises:
        TrustedDocumentsInvalid: the file cannot be used, or there is none to be exclusive.
    """
    if settings.trusted_documents is not None:
        return read_trusted_documents(
            settings.trusted_documents, is_exclusive=settings.only_trusted_documents
        )
    if settings.only_trusted_documents:
        raise TrustedDocumentsInvalid(
            "FORFAIT_ONLY_TRUSTED_DOCUMENTS is set, so set FORFAIT_TRUSTED_DOCUMENTS too: "
            "a JSON file of {hash: document}."
        )
    return NO_DOCUMENTS


async def _to_the_query_page(_request: Request) -> Response:
    """Send a browser that came to the bare address where it can ask something."""
    return RedirectResponse(PATH)
