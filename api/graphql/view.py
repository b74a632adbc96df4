"""GraphQL over HTTP, by the book (working draft of the GraphQL foundation).

One operation a request, by POST or, for what changes nothing, by GET. A request error is 400
under `application/graphql-response+json` and 200 under `application/json`, and has no
`data`: execution never began. Nothing is cached by anybody.

Subscriptions, and whatever is asked by who accepts nothing else, are answered as events
(`api.graphql.sse`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from graphql import OperationType as GraphQLOperationType
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry import Schema
from strawberry.schema.exceptions import (
    CannotGetOperationTypeError,
    InvalidOperationTypeError,
)
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from api.graphql.context import Context
from api.graphql.exchange import (
    Exchange,
    answered,
    failed,
    not_admitted,
    refused,
    request_id_of,
    unavailable,
)
from api.graphql.live_connections import LiveConnections
from api.graphql.negotiation import (
    EVENT_STREAM,
    GRAPHQL_RESPONSE,
    JSON,
    accepts_event_stream,
    chosen_media_type,
    prefers_html,
)
from api.graphql.page import page_response
from api.graphql.policy import TIMED_OUT_MESSAGE, GraphQLCode, unknown_operation
from api.graphql.request import (
    NO_DOCUMENTS,
    ClientGone,
    GraphQLRequest,
    HttpRefusal,
    read_request,
)
from api.graphql.sse import EventStream
from api.graphql.streams import (
    EXECUTION_SECONDS,
    is_subscription,
    kind_of,
    run_within,
)
from api.graphql.trusted import TrustedDocuments
from core.database_errors import Unavailable
from core.kernel.errors import Refusal

BODY_SECONDS: Final = 10

ContextFactory = Callable[[Request, str], Awaitable[Context]]
"""Makes the context of a request from it and its id.

A refusal that it raises with the code UNAUTHENTICATED is answered with 401, FORBIDDEN
with 403, another with 400.
"""

LEAVES_THE_QUEUE: Final = "forfait.leaves_the_queue"
"""A function in the scope by which a stream gives back its place among the requests."""

_BY_METHOD: Final = {
    "GET": frozenset({OperationType.QUERY}),
    "POST": frozenset({OperationType.QUERY, OperationType.MUTATION}),
}


class GraphQLEndpoint:
    """An ASGI application that answers GraphQL requests with one schema."""

    def __init__(
        self,
        *,
        schema: Schema,
        context_factory: ContextFactory,
        documents: TrustedDocuments = NO_DOCUMENTS,
        execution_seconds: float = EXECUTION_SECONDS,
        connections: LiveConnections | None = None,
    ) -> None:
        self._connections = connections or LiveConnections(limit=100)
        self._schema = schema
        self._context_factory = context_factory
        self._documents = documents
        self._execution_seconds = execution_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request and log it in one line."""
        request = Request(scope)
        exchange = Exchange(request=request, request_id=request_id_of(request))
        with structlog.contextvars.bound_contextvars(request_id=exchange.request_id):
            try:
                response = await self._answer(exchange, receive)
            except ClientGone:
                exchange.outcome = "client_gone"
                exchange.log(status=499)
                return
            response.headers["cache-control"] = "no-store"
            response.headers["vary"] = "Accept"
            response.headers["x-request-id"] = exchange.request_id
            response.headers["x-content-type-options"] = "nosniff"
            exchange.log(status=response.status_code)
        await response(scope, receive, send)

    async def _answer(self, exchange: Exchange, receive: Receive) -> Response:
        request = exchange.request
        accept = ",".join(request.headers.getlist("accept"))
        if _is_for_people(request, accept):
            exchange.outcome = "page"
            return page_response()
        try:
            return await self._served(exchange, receive, accept)
        except ClientGone:
            raise
        except HttpRefusal as refusal:
            return refused(exchange, refusal)
        except Refusal as refusal:
            return not_admitted(exchange, refusal)
        except Unavailable as error:
            return unavailable(exchange, error)
        except Exception:  # noqa: BLE001 - logged there; the process serves others
            return failed(exchange)

    async def _served(self, exchange: Exchange, receive: Receive, accept: str) -> Response:
        request = exchange.request
        _negotiate(exchange, accept)
        asked = await _read(request, receive, self._documents)
        exchange.operation = asked.operation_name
        context = await self._context_factory(request, exchange.request_id)
        exchange.tenant = str(context.tenant_id) if context.tenant_id else None
        if exchange.takes_events and (is_subscription(asked) or not exchange.takes_json):
            return self._streamed(exchange, asked, context)
        return answered(exchange, await self._execute(request.method, asked, context))

    def _streamed(
        self, exchange: Exchange, asked: GraphQLRequest, context: Context
    ) -> Response:
        """Answer with events, for as long as it takes."""
        request = exchange.request
        if request.method == "GET" and kind_of(asked) is GraphQLOperationType.MUTATION:
            raise HttpRefusal(405, "Send mutations by POST.", headers={"allow": "POST"})
        if not self._connections.has_place:
            raise HttpRefusal(
                503,
                "This process holds as many streams as it may. Try again in a moment.",
                code=GraphQLCode.UNAVAILABLE,
                headers={"retry-after": "5"},
            )
        context.place.after = request.headers.get("last-event-id") or None
        exchange.outcome = "streamed"
        return EventStream(
            schema=self._schema,
            asked=asked,
            context=context,
            connections=self._connections,
            authenticate=lambda: self._context_factory(request, exchange.request_id),
            begun=request.scope.get(LEAVES_THE_QUEUE, _nothing),
        ).response()

    async def _execute(
        self, method: str, asked: GraphQLRequest, context: Context
    ) -> ExecutionResult:
        try:
            return await run_within(
                self._execution_seconds,
                self._schema,
                asked,
                context=context,
                allowed=_BY_METHOD[method],
            )
        except TimeoutError:
            raise HttpRefusal(
                503,
                TIMED_OUT_MESSAGE,
                code=GraphQLCode.OPERATION_TIMED_OUT,
                headers={"retry-after": "1"},
            ) from None
        except InvalidOperationTypeError as error:
            raise _wrong_transport(method, error) from None
        except CannotGetOperationTypeError:
            return PreExecutionError(data=None, errors=[unknown_operation()])


def _is_for_people(request: Request, accept: str) -> bool:
    asks_nothing = request.method == "GET" and "query" not in request.query_params
    return asks_nothing and prefers_html(accept)


async def _read(
    request: Request, receive: Receive, documents: TrustedDocuments
) -> GraphQLRequest:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await read_request(request, receive, documents=documents)
    except TimeoutError:
        raise HttpRefusal(
            408, "The request did not arrive in time.", headers={"connection": "close"}
        ) from None


def _negotiate(exchange: Exchange, accept: str) -> None:
    """Note what the caller takes; who takes events alone is refused in JSON."""
    media_type = chosen_media_type(accept)
    exchange.takes_events = accepts_event_stream(accept)
    exchange.takes_json = media_type is not None
    if media_type is None and not exchange.takes_events:
        raise HttpRefusal(406, f"Accept {GRAPHQL_RESPONSE} or {JSON}.")
    exchange.media_type = media_type or JSON


def _nothing() -> None:
    """Hold no place that could be left."""


def _wrong_transport(method: str, error: InvalidOperationTypeError) -> HttpRefusal:
    if error.operation_type is OperationType.SUBSCRIPTION:
        told = f"Subscriptions are streamed: accept {EVENT_STREAM}, or use a socket."
        return HttpRefusal(400, told)
    if method == "GET":
        return HttpRefusal(405, "Send mutations by POST.", headers={"allow": "POST"})
    return HttpRefusal(400, error.as_http_error_reason(method))
