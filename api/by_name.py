"""Asking for one object by its id or by the seller's own reference."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, TypeAlias, TypeVar
from uuid import UUID

import strawberry

from api.context import ApiContext, Info
from api.graphql.ids import IdKind
from api.references import one_name
from core.db import Tx

RecordT = TypeVar("RecordT")

ById: TypeAlias = Annotated[strawberry.ID | None, strawberry.argument(description="Its id.")]
ByRef: TypeAlias = Annotated[str | None, strawberry.argument(description="Your own reference.")]


async def record_named(
    info: Info,
    by_id: str | None,
    by_ref: str | None,
    *,
    kind: IdKind,
    load: Callable[[ApiContext, list[UUID]], Awaitable[Sequence[RecordT | None]]],
    read: Callable[[Tx, str], Awaitable[RecordT | None]],
) -> RecordT | None:
    """Return the record of a `ById` or a `ByRef`, as they were given; None if there is none.

    `load` finds records by their keys, as loaders do, and `read` finds one by its reference.

    Raises:
        OneNameOnly: none of them is given, or both are.
        IdMalformed, IdOfOtherType: the id is none, or that of something else.
    """
    key, ref = one_name(by_id, by_ref)
    if key is not None:
        return await info.context.loaders.of(load).load(kind.parse(key, path=("id",)))
    async with info.context.transaction() as tx:
        return await read(tx, ref or "")
