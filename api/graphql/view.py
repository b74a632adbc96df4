"""GraphQL over HTTP, by the book (working draft of the GraphQL foundation).

One operation a request, by POST or, for what changes nothing, by GET. A request error is 400
under `application/graphql-response+json` and 200 under `application/json`, and has no
`data`: execution never began. Nothing is cached by anybody.

Subscriptions, and whatever is asked by who accepts nothing else, are answered as events
(`api.graphql.sse`).
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import orjson
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
from api.graphql.policy import (
    UNAVAILABLE_MESSAGE,
    GraphQLCode,
    refusal_extensions,
    unavailable_extensions,
    unknown_operation,
)
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
    never_began,
    shown,
)
from api.graphql.trusted import TrustedDocuments
from core.database_errors import Unavailable
from core.kernel.errors import Refusal
from core.kernel.ids import new_id

BODY_SECONDS: Final = 10

ContextFactory = Callable[[Request, str], Awaitable[Context]]
"""Makes the context of a request from it and its id.

A refusal that it raises with the code UNAUTHENTICATED is answered with 401, FORBIDDEN
with 403, another with 400.
"""

LEAVES_THE_QUEUE: Final = "forfait.leaves_the_queue"
"""A function in the scope by which a stream gives back its place among the requests."""

_log = structlog.get_logger("api.graphql")
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_COME_AGAIN: Final = {
    GraphQLCode.RATE_LIMITED.value: 429,
    GraphQLCode.UNAVAILABLE.value: 503,
}
_BY_METHOD: Final = {
    "GET": frozenset({OperationType.QUERY}),
    "POST": frozenset({OperationType.QUERY, OperationType.MUTATION}),
}


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One request and what became of it, for its log line."""

    request: Request
    request_id: str
    media_type: str = JSON
    started_ns: int = 0
    operation: str | None = None
    tenant: str | None = None
    outcome: str = "ok"
    takes_events: bool = False
    """Whether the caller accepts an event stream."""
    takes_json: bool = True


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
        exchange = Exchange(
            request=request, request_id=_request_id(request), started_ns=time.monotonic_ns()
        )
        with structlog.contextvars.bound_contextvars(request_id=exchange.request_id):
            try:
                response = await self._answer(exchange, receive)
            except ClientGone:
                exchange.outcome = "client_gone"
                _log_exchange(exchange, status=499)
                return
            response.headers["cache-control"] = "no-store"
            response.headers["vary"] = "Accept"
            response.headers["x-request-id"] = exchange.request_id
            response.headers["x-content-type-options"] = "nosniff"
            _log_exchange(exchange, status=response.status_code)
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
            return _refused(exchange, refusal)
        except Refusal as refusal:
            return _not_admitted(exchange, refusal)
        except Unavailable as unavailable:
            return _unavailable(exchange, unavailable)
        except Exception:  # noqa: BLE001 - logged there; the process serves others
            return _failed(exchange)

    async def _served(self, exchange: Exchange, receive: Receive, accept: str) -> Response:
        request = exchange.request
        _negotiate(exchange, accept)
        asked = await _read(request, receive, self._documents)
        exchange.operation = asked.operation_name
        context = await self._context_factory(request, exchange.request_id)
        exchange.tenant = str(context.tenant_id) if context.tenant_id else None
        if exchange.takes_events and (is_subscription(asked) or not exchange.takes_json):
            return self._streamed(exchange, asked, context)
        return _answered(exchange, await self._execute(request.method, asked, context))

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
            async with asyncio.timeout(self._execution_seconds):
                return await self._schema.execute(
                    asked.query,
                    variable_values=asked.variables,
                    context_value=context,
                    operation_name=asked.operation_name,
                    allowed_operation_types=_BY_METHOD[method],
                    operation_extensions=asked.extensions,
                )
        except TimeoutError:
            raise HttpRefusal(
                503,
                "The operation took too long and was stopped. Ask for less, or try again "
                "with the same idempotency key.",
                code=GraphQLCode.OPERATION_TIMED_OUT,
                headers={"retry-after": "1"},
            ) from None
        except InvalidOperationTypeError as error:
            raise _wrong_transport(method, error) from None
        except CannotGetOperationTypeError:
            return PreExecutionError(data=None, errors=[unknown_operation()])


def _request_id(request: Request) -> str:
    given = request.headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else new_id().hex


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


def _refused(exchange: Exchange, refusal: HttpRefusal) -> Response:
    exchange.outcome = refusal.code.value
    body = {
        "errors": [{"message": refusal.message, "extensions": {"code": refusal.code.value}}]
    }
    response = _json(exchange, body, refusal.status)
    response.headers.update(refusal.headers)
    return response


def _not_admitted(exchange: Exchange, refusal: Refusal) -> Response:
    exchange.outcome = refusal.code
    status = {"UNAUTHENTICATED": 401, "FORBIDDEN": 403}.get(refusal.code, 400)
    error = {"message": refusal.message, "extensions": refusal_extensions(refusal)}
    response = _json(exchange, {"errors": [error]}, status)
    if status == 401:
        response.headers["www-authenticate"] = "Bearer"
    return response


def _unavailable(exchange: Exchange, unavailable: Unavailable) -> Response:
    """Answer when the caller could not even be looked up."""
    _log.warning("graphql.unavailable", error=str(unavailable))
    exchange.outcome = GraphQLCode.UNAVAILABLE.value
    extensions = unavailable_extensions(unavailable)
    body = {"errors": [{"message": UNAVAILABLE_MESSAGE, "extensions": extensions}]}
    response = _json(exchange, body, 503)
    response.headers["retry-after"] = str(unavailable.retry_after_seconds)
    return response


def _failed(exchange: Exchange) -> Response:
    """Answer for a bug outside of every resolver; its text stays in the log."""
    _log.exception("graphql.request_failed", reference=exchange.request_id)
    exchange.outcome = GraphQLCode.INTERNAL_SERVER_ERROR.value
    error = {
        "message": f"Something went wrong on our side. Quote {exchange.request_id} to support.",
        "extensions": {"code": exchange.outcome, "reference": exchange.request_id},
    }
    return _json(exchange, {"errors": [error]}, 500)


def _answered(exchange: Exchange, result: ExecutionResult) -> Response:
    body = shown(result)
    if result.errors:
        exchange.outcome = str((result.errors[0].extensions or {}).get("code"))
    again = _come_again(result)
    if again is not None:
        # Whatever the media type: what stands between us and the caller acts on the status.
        status, retry_after = again
        response = _json(exchange, body, status)
        response.headers["retry-after"] = str(retry_after)
        return response
    refuses = never_began(result) and exchange.media_type == GRAPHQL_RESPONSE
    return _json(exchange, body, 400 if refuses else 200)


def _come_again(result: ExecutionResult) -> tuple[int, int] | None:
    """Return the status, and after how many seconds to come again, when that is the answer."""
    waits = [
        (_COME_AGAIN[error.extensions["code"]], int(error.extensions["retryAfterSeconds"]))
        for error in result.errors or ()
        if error.extensions and error.extensions.get("code") in _COME_AGAIN
    ]
    return max(waits, default=None)


def _json(exchange: Exchange, body: dict[str, Any], status: int) -> Response:
    return Response(
        orjson.dumps(body),
        status_code=status,
        headers={"content-type": f"{exchange.media_type}; charset=utf-8"},
    )


def _log_exchange(exchange: Exchange, *, status: int) -> None:
    _log.info(
        "graphql.request",
        method=exchange.request.method,
        operation=(exchange.operation or "")[:100] or None,
        tenant=exchange.tenant,
        status=status,
        outcome=exchange.outcome,
        duration_us=(time.monotonic_ns() - exchange.started_ns) // 1000,
    )
