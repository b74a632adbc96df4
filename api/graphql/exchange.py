"""One request and its answer: the status, the headers and the log line that it gets."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response
from strawberry.types import ExecutionResult

from api.graphql.negotiation import GRAPHQL_RESPONSE, JSON
from api.graphql.policy import (
    UNAVAILABLE_MESSAGE,
    GraphQLCode,
    refusal_extensions,
    unavailable_extensions,
)
from api.graphql.request import HttpRefusal
from api.graphql.streams import never_began, shown
from core.database_errors import Unavailable
from core.kernel.errors import Refusal
from core.kernel.ids import new_id

_log = structlog.get_logger("api.graphql")
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_COME_AGAIN: Final = {
    GraphQLCode.RATE_LIMITED.value: 429,
    GraphQLCode.UNAVAILABLE.value: 503,
}


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One request and what became of it, for its log line."""

    request: Request
    request_id: str
    media_type: str = JSON
    started_ns: int = field(default_factory=time.monotonic_ns)
    operation: str | None = None
    tenant: str | None = None
    outcome: str = "ok"
    takes_events: bool = False
    """Whether the caller accepts an event stream."""
    takes_json: bool = True

    def log(self, *, status: int) -> None:
        """Say in one line what was asked and what came of it."""
        _log.info(
            "graphql.request",
            method=self.request.method,
            operation=(self.operation or "")[:100] or None,
            tenant=self.tenant,
            status=status,
            outcome=self.outcome,
            duration_us=(time.monotonic_ns() - self.started_ns) // 1000,
        )


def request_id_of(request: Request) -> str:
    """Return the id that the caller gave the request, if it fits a log line, or a new one."""
    given = request.headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else new_id().hex


def refused(exchange: Exchange, refusal: HttpRefusal) -> Response:
    """Answer what is no GraphQL request."""
    exchange.outcome = refusal.code.value
    extensions = {"code": refusal.code.value}
    response = _error(exchange, refusal.message, extensions, status=refusal.status)
    response.headers.update(refusal.headers)
    return response


def not_admitted(exchange: Exchange, refusal: Refusal) -> Response:
    """Answer a caller who is not let in."""
    exchange.outcome = refusal.code
    status = {"UNAUTHENTICATED": 401, "FORBIDDEN": 403}.get(refusal.code, 400)
    extensions = refusal_extensions(refusal)
    response = _error(exchange, refusal.message, extensions, status=status)
    if status == 401:
        response.headers["www-authenticate"] = "Bearer"
    return response


def unavailable(exchange: Exchange, unavailable: Unavailable) -> Response:
    """Answer when the caller could not even be looked up."""
    _log.warning("graphql.unavailable", error=str(unavailable))
    exchange.outcome = GraphQLCode.UNAVAILABLE.value
    extensions = unavailable_extensions(unavailable)
    response = _error(exchange, UNAVAILABLE_MESSAGE, extensions, status=503)
    response.headers["retry-after"] = str(unavailable.retry_after_seconds)
    return response


def failed(exchange: Exchange) -> Response:
    """Answer for a bug outside of every resolver; its text stays in the log."""
    _log.exception("graphql.request_failed", reference=exchange.request_id)
    exchange.outcome = GraphQLCode.INTERNAL_SERVER_ERROR.value
    message = f"Something went wrong on our side. Quote {exchange.request_id} to support."
    extensions = {"code": exchange.outcome, "reference": exchange.request_id}
    return _error(exchange, message, extensions, status=500)


def answered(exchange: Exchange, result: ExecutionResult) -> Response:
    """Answer with the result of an operation."""
    body = shown(result)
    if result.errors:
        exchange.outcome = str((result.errors[0].extensions or {}).get("code"))
    again = _come_again(result)
    if again is not None:
        # Whatever the media type: what stands between us and the caller acts on the status.
        status, retry_after = again
        response = _json(exchange, body, status=status)
        response.headers["retry-after"] = str(retry_after)
        return response
    refuses = never_began(result) and exchange.media_type == GRAPHQL_RESPONSE
    return _json(exchange, body, status=400 if refuses else 200)


def _come_again(result: ExecutionResult) -> tuple[int, int] | None:
    """Return the status, and after how many seconds to come again, when that is the answer."""
    waits = [
        (_COME_AGAIN[error.extensions["code"]], int(error.extensions["retryAfterSeconds"]))
        for error in result.errors or ()
        if error.extensions and error.extensions.get("code") in _COME_AGAIN
    ]
    return max(waits, default=None)


def _error(
    exchange: Exchange, message: str, extensions: dict[str, Any], *, status: int
) -> Response:
    return _json(
        exchange, {"errors": [{"message": message, "extensions": extensions}]}, status=status
    )


def _json(exchange: Exchange, body: dict[str, Any], *, status: int) -> Response:
    return Response(
        orjson.dumps(body),
        status_code=status,
        headers={"content-type": f"{exchange.media_type}; charset=utf-8"},
    )
