"""`POST /usage`: usage as NDJSON or CSV, streamed in; verdicts as NDJSON, streamed out.

The shape of a line is that of the mutation `usageRecord`; the header row of CSV names the
same fields, such as `event.sms.to`. Verdicts leave while the upload
goes on, so a sender reads while it sends; one that cannot asks for `?verdicts=problems`,
which leaves out what was accepted. What has a verdict is committed; after a broken upload
the rest, or all of it, is sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from api.features.usage.names import account_named, subscription_named
from core.usage.bulk import BrokenOff, BulkIngest, ingest_lines
from core.usage.lines import Names

MEDIA_TYPE: Final = "application/x-ndjson"
CSV_TYPE: Final = "text/csv"
IDLE_SECONDS: Final = 60
"""A sender who sends nothing for so long has gone: its place is another's."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who may send usage: the tenant it is for, the actor that is written down, their unit."""

    tenant_id: UUID
    actor: str
    unit_id: UUID | None = None


Authenticate = Callable[[Request], Awaitable[Sender | Response]]
"""Say who sends a request, or answer it: with 401 or 403."""


def usage_route(ingest: BulkIngest, *, authenticate: Authenticate) -> Route:
    """Return the route; `ingest.names` should be `typed_names()`."""

    async def endpoint(request: Request) -> Response:
        sender = await authenticate(request)
        if isinstance(sender, Response):
            return sender
        sent = request.headers.get("content-type", "").partition(";")[0].strip()
        if sent not in {MEDIA_TYPE, CSV_TYPE}:
            told = f"send {MEDIA_TYPE} or {CSV_TYPE}, one event a line"
            return _refused(415, "UNSUPPORTED_MEDIA_TYPE", told)
        if request.headers.get("content-encoding", "identity") != "identity":
            return _refused(415, "UNSUPPORTED_ENCODING", "send the lines as they are")
        wanted = request.query_params.get("verdicts", "all")
        if wanted not in {"all", "problems"}:
            return _refused(400, "BAD_USER_INPUT", "verdicts is all or problems")
        answer = ingest_lines(
            _received(request),
            replace(ingest, is_csv=sent == CSV_TYPE),
            tenant_id=sender.tenant_id,
            actor=sender.actor,
            unit_id=sender.unit_id,
            only_problems=wanted == "problems",
        )
        return _TwoWay(answer, media_type=MEDIA_TYPE)

    return Route("/usage", endpoint, methods=["POST"])


class _TwoWay(StreamingResponse):
    """Streams an answer while the request's body is still read.

    The parent would listen for a disconnect meanwhile, and take the body's blocks away; here
    the body itself tells that the sender has gone.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.stream_response(send)


def typed_names() -> Names:
    """Return how clients name things: by an id such as `acc_01k…`, or by their own ref."""
    return Names(account=account_named, subscription=subscription_named)


async def _received(request: Request) -> AsyncIterator[bytes]:
    blocks = request.stream()
    while True:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                block = await anext(blocks)
        except StopAsyncIteration:
            return
        except (ClientDisconnect, TimeoutError) as gone:
            raise BrokenOff from gone
        yield block


def _refused(status: int, code: str, message: str) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status)
