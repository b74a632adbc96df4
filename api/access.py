"""Default-deny: each field that reads or changes something says which capability it needs.

    @strawberry.field(description="…")
    @requires(Capability.ACCOUNT_READ)
    async def account(self, info: Info, …) -> Account | None: …

A root field without it fails a test; a caller without it gets `FORBIDDEN`. Fields of
another feature's type say it too: who may read accounts need not see their invoices.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, ParamSpec, TypeVar
from uuid import UUID

from api.context import ApiContext
from api.graphql.ids import IdKind
from api.graphql.nodes import Node, NodeSource
from core.tenancy import Capability

P = ParamSpec("P")
T = TypeVar("T")

_MARK: Final = "__forfait_requires__"


def requires(
    capability: Capability,
) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    """Refuse callers that lack the capability before the resolver runs."""
    return _guarding(capability)


def requires_a_key() -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    """Let every authenticated caller in: for what concerns the caller alone."""
    return _guarding(None)


def required_by(resolver: Callable[..., Any]) -> Capability | None:
    """Return the capability that a resolver asks for; None when any key will do.

    Raises:
        LookupError: it says nothing, so that it would let anybody in.
    """
    if not hasattr(resolver, _MARK):
        raise LookupError(f"{resolver.__qualname__} does not say what it requires")
    found: Capability | None = getattr(resolver, _MARK)
    return found


def guarded_source(
    kind: IdKind,
    capability: Capability,
    fetch: Callable[[ApiContext, Sequence[UUID]], Awaitable[Mapping[UUID, Node]]],
) -> NodeSource:
    """Let `node` and `nodes` find a type; who lacks the capability finds nothing."""

    async def fetch_allowed(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
        return await fetch(context, keys) if context.may(capability) else {}

    return NodeSource(kind, fetch_allowed)


def _guarding(
    capability: Capability | None,
) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    def decorate(resolver: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        @functools.wraps(resolver)
        async def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            if capability is not None:
                info: Any = kwargs["info"]
                info.context.principal.require(capability)
            return await resolver(*args, **kwargs)

        setattr(guarded, _MARK, capability)
        return guarded

    return decorate
