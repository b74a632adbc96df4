"""Results as server-sent events: one operation a request, in `graphql-sse`'s distinct mode.

Each result is an event `next`, the end an event `complete`; a comment says now and then that
the stream lives. What a subscription tells has the cursor behind it as the event's id, which
browsers send as `Last-Event-ID` when they come again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

import orjson
from starlette.responses import StreamingResponse
from strawberry import Schema
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from api.graphql.context import Context
from api.graphql.live_connections import LiveConnections
from api.graphql.negotiation import EVENT_STREAM
from api.graphql.policy import GraphQLCode, coded_error
from api.graphql.request import GraphQLRequest
from api.graphql.streams import has_code, results, shown
from core.database_errors import Unavailable
from core.kernel.errors import Refusal

KEEP_ALIVE_SECONDS: Final = 15.0
COMPLETE: Final = b"event: complete\ndata:\n\n"

_SIGN_OF_LIFE: Final = b":\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStream:
    """One operation whose results are streamed."""

    schema: Schema
    asked: GraphQLRequest
    context: Context
    connections: LiveConnections
    authenticate: Callable[[], Awaitable[object]]
    """Asks again who the caller is; raises the refusal that ends the stream."""
    begun: Callable[[], None]
    """Called when the stream begins: it is no request that is soon over any more."""

    def response(self) -> StreamingResponse:
        """Return what sends the stream."""
        return StreamingResponse(
            self._written(), media_type=EVENT_STREAM, headers={"x-accel-buffering": "no"}
        )

    async def _written(self) -> AsyncIterator[bytes]:
        ending = asyncio.Event()
        with self.connections.opened("event_stream", end=ending.set):
            self.begun()
            self.connections.began("event_stream")
            yield _SIGN_OF_LIFE  # so that the headers leave before the first event
            stream = results(self.schema, self.asked, self.context)
            async with aclosing(stream), aclosing(self._until_ended(stream, ending)) as told:
                async for result in told:
                    if result is None:
                        yield _SIGN_OF_LIFE
                        continue
                    yield self._event(result)
                    self.connections.sent("event_stream")
                    if has_code(result, GraphQLCode.UNAUTHENTICATED):
                        break
            # Where the process stops, the operation is not over: clients connect again for
            # what breaks off, and not for what is complete.
            if not ending.is_set():
                yield COMPLETE

    async def _until_ended(
        self, stream: AsyncGenerator[ExecutionResult, None], ending: asyncio.Event
    ) -> AsyncGenerator[ExecutionResult | None, None]:
        """Go through the results; None where for a while there was none."""
        ended = asyncio.create_task(ending.wait())
        following: asyncio.Task[ExecutionResult | None] | None = None
        try:
            while not ending.is_set():
                following = following or asyncio.create_task(_next(stream))
                await asyncio.wait(
                    {following, ended},
                    timeout=KEEP_ALIVE_SECONDS,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if following.done():
                    result = following.result()
                    if result is None:
                        return
                    following = None
                    yield result
                elif not ended.done():
                    yield await self._refusal()
        finally:
            tasks = [task for task in (following, ended) if task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _refusal(self) -> ExecutionResult | None:
        """Return why the caller may hear no more, or None."""
        try:
            await self.authenticate()
        except Refusal as refusal:
            told = coded_error(GraphQLCode.UNAUTHENTICATED, refusal.message)
            return PreExecutionError(data=None, errors=[told])
        except Unavailable:
            pass  # the next look will tell
        return None

    def _event(self, result: ExecutionResult) -> bytes:
        told: Any = self.context.place.told
        line = b"" if told is None else f"id: {told}\n".encode()
        return b"event: next\n" + line + b"data: " + orjson.dumps(shown(result)) + b"\n\n"


async def _next(stream: AsyncGenerator[ExecutionResult, None]) -> ExecutionResult | None:
    return await anext(stream, None)
