"""What another object refers to, loaded with all else that is asked of its kind, and shown."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

from api.context import ApiContext, Info
from api.graphql.loaders import BatchLoad

KeyT = TypeVar("KeyT", bound=Hashable)
RecordT = TypeVar("RecordT")
NodeT = TypeVar("NodeT")


async def linked(
    info: Info,
    load: BatchLoad[ApiContext, KeyT, RecordT | None],
    *,
    key: KeyT | None,
    show: Callable[[RecordT], NodeT],
) -> NodeT | None:
    """Return the object that `key` names; None without a key, or where it is not visible."""
    if key is None:
        return None
    found = await info.context.loaders.of(load).load(key)
    return None if found is None else show(found)
