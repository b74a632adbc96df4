"""From an event to what one caller may see of it, asked anew each time.

At each event: who asks is looked up again, their capability is checked again, and the object
is read in a transaction of theirs. What their unit or their account does not show is passed
over without a word.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Protocol, TypeAlias, TypeVar
from uuid import UUID

import strawberry

from api.context import Info
from api.graphql.ids import IdKind
from api.references import given
from core.database_errors import Unavailable
from core.kernel.ids import new_id
from core.live import Cursor, Listener, LiveEvent, read_cursor
from core.live.listener import Matches, everything

EVENT_ID: Final = IdKind(prefix="evt", type_name="event")
PAUSE_SECONDS: Final = 1.0
"""Between two tries while the database is away."""

After: TypeAlias = Annotated[
    str | None,
    strawberry.argument(
        description="The `cursor` of the event heard last: everything since then is told "
        "first, once or more often. Left out: what happens from now on."
    ),
]


_NOTHING: Final = UUID(int=0)


class Payload(Protocol):
    """What every root tells has these."""

    cursor: str


PayloadT = TypeVar("PayloadT", bound=Payload)

Show: TypeAlias = Callable[..., Awaitable[PayloadT | None]]
"""Reads, given `info` and `event`, what is told of an event in the caller's own transaction;
None: the caller may not see it. It says what it requires, as a field does."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An event, or a look at how things are: what every payload says of it."""

    id: strawberry.ID
    cursor: str
    occurred_at: datetime
    subject_id: UUID

    @classmethod
    def of(cls, event: LiveEvent) -> Heard:
        """Show an event."""
        return cls(
            id=EVENT_ID.encode(event.id),
            cursor=event.cursor.encode(),
            occurred_at=event.occurred_at,
            subject_id=event.subject_id or _NOTHING,
        )

    @classmethod
    def looked(cls, cursor: Cursor, subject_id: UUID, *, at: datetime) -> Heard:
        """Show a look at something that tells nothing by itself."""
        return cls(EVENT_ID.encode(new_id()), cursor.encode(), at, subject_id)

    def told(self) -> dict[str, Any]:
        """Return what every payload says."""
        return {"id": self.id, "cursor": self.cursor, "occurred_at": self.occurred_at}


async def place_of(info: Info, after: str | None) -> Cursor | None:
    """Return where to begin: at a cursor, or where a browser's event stream broke off.

    Raises:
        LiveCursorInvalid, LiveCursorTooOld: the cursor does not fit.
    """
    context = info.context
    text = given(after) or context.place.after
    if text is None:
        return None
    async with context.transaction() as tx:
        return read_cursor(text, tenant_id=tx.tenant_id, now=tx.now)


async def told(
    info: Info,
    *,
    topics: Iterable[str],
    show: Show[PayloadT],
    matches: Matches = everything,
    after: Cursor | None,
) -> AsyncGenerator[PayloadT, None]:
    """Go through the events of a tenant that the caller may see, as payloads."""
    context = info.context
    tenant_id = context.principal.tenant_id
    assert tenant_id is not None  # the capability belongs to a tenant
    async with context.application.live.listen(
        tenant_id, topics=topics, matches=matches, after=after
    ) as listener:
        async for event in listener:
            payload = await seen(info, Heard.of(event), show)
            if payload is not None:
                yield payload


async def told_until_over(
    info: Info,
    *,
    topics: Iterable[str],
    subject_id: UUID,
    show: Show[PayloadT],
    is_over: Callable[[PayloadT], bool],
    after: Cursor | None,
) -> AsyncGenerator[PayloadT, None]:
    """Tell one object as it is, then as it changes, until it will not change any more."""
    context = info.context
    tenant_id = context.principal.tenant_id
    assert tenant_id is not None  # the capability belongs to a tenant
    async with context.application.live.listen(
        tenant_id,
        topics=topics,
        matches=lambda event: event.subject_id == subject_id,
        after=after,
    ) as listener:
        begun = listener.cursor
        first = Heard.looked(begun, subject_id, at=begun.read_at)
        async with aclosing(_beginning_with(first, listener)) as all_heard:
            async for heard in all_heard:
                payload = await seen(info, heard, show)
                if payload is not None:
                    yield payload
                    if is_over(payload):
                        return


async def _beginning_with(first: Heard, listener: Listener) -> AsyncGenerator[Heard, None]:
    yield first
    async for event in listener:
        yield Heard.of(event)


async def seen(info: Info, heard: Heard, show: Show[PayloadT]) -> PayloadT | None:
    """Return what the caller may see now of an event, waiting for a database that is away.

    Raises:
        Unauthenticated, Forbidden: the caller may hear no more.
    """
    while True:
        try:
            await info.context.renew()
            payload = await show(info=info, event=heard)
        except Unavailable:
            await asyncio.sleep(PAUSE_SECONDS)
            continue
        if payload is not None:
            info.context.place.told = payload.cursor
        return payload
