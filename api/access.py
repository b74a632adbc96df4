"""Default-deny: each field that reads or changes something says which capability it needs.

    @strawberry.field(description="…")
    @requires(Capability.ACCOUNT_READ)
    async def account(self, info: Info, …) -> Account | None: …

A root field without it fails a test; a caller without it gets `FORBIDDEN`. Fields of
another feature's type say it too: who may read accounts need not see their invoices.

A customer's token is refused by each field that does not say `customers=`, whatever it may
do else: what is the seller's own stays so without anybody thinking of it.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, ParamSpec, TypeAlias, TypeVar
from uuid import UUID

import strawberry

from api.context import ApiContext
from api.graphql.ids import IdKind
from api.graphql.nodes import Node, NodeSource
from core.tenancy import Capability, Forbidden, Principal

P = ParamSpec("P")
T = TypeVar("T")

_MARK: Final = "__forfait_requires__"
_CUSTOMERS: Final = "__forfait_customers__"
Customers: TypeAlias = bool | Capability
"""Whether a field is open to customers; a capability: to those who have that one instead."""


def requires(
    capability: Capability, *, customers: Customers = False
) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    """Refuse callers that lack the capability before the resolver runs.

    `customers` opens the field to tokens of customers with the capability, or with another
    one: a customer lacks `catalogue.read`, and may see what their account may choose.
    """
    return _guarding(capability, customers)


def requires_a_key(
    *, customers: bool = False
) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    """Let every authenticated caller in: for what concerns the caller alone."""
    return _guarding(None, customers)


def required_by(resolver: Callable[..., Any]) -> Capability | None:
    """Return the capability that a resolver asks for; None when any key will do.

    Raises:
        LookupError: it says nothing, so that it would let anybody in.
    """
    if not hasattr(resolver, _MARK):
        raise LookupError(f"{resolver.__qualname__} does not say what it requires")
    found: Capability | None = getattr(resolver, _MARK)
    return found


def customers_need(resolver: Callable[..., Any]) -> Capability | bool:
    """Return what a customer's token needs for a resolver; True: nothing; False: it is shut."""
    customers: Customers = getattr(resolver, _CUSTOMERS, False)
    if customers is True:
        return required_by(resolver) or True
    return customers


def sellers_alone(context: ApiContext, *, path: tuple[str, ...]) -> None:
    """Refuse an argument of a field that is open to customers, and whose value is not theirs.

    Raises:
        Forbidden: a customer gives it.
    """
    if context.principal.is_customer:
        told = f"{path[-1]} is not a customer's to say; leave it out"
        raise Forbidden(told, path=("input", *path))


def unless_customer(info: strawberry.Info[ApiContext, None], value: T, instead: T) -> T:
    """Return what staff and keys read of an object that customers see too, and they do not."""
    return instead if info.context.principal.is_customer else value


def guarded_source(
    kind: IdKind,
    capability: Capability,
    fetch: Callable[[ApiContext, Sequence[UUID]], Awaitable[Mapping[UUID, Node]]],
    *,
    customers: Customers = False,
) -> NodeSource:
    """Let `node` and `nodes` find a type; who lacks the capability finds nothing."""

    async def fetch_allowed(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
        if not _admits(context.principal, capability, customers):
            return {}
        return await fetch(context, keys)

    return NodeSource(kind, fetch_allowed)


def _admits(principal: Principal, capability: Capability | None, customers: Customers) -> bool:
    if not principal.is_customer:
        return capability is None or principal.may(capability)
    if customers is False:
        return False
    needed = capability if customers is True else customers
    return needed is None or principal.may(needed)


def _check(principal: Principal, capability: Capability | None, customers: Customers) -> None:
    if _admits(principal, capability, customers):
        return
    if principal.is_customer and customers is False:
        raise Forbidden("this is not open to customers; it is the seller's own")
    needed = customers if principal.is_customer and customers is not True else capability
    assert isinstance(needed, Capability), "who is refused lacks something"
    raise principal.lacking(needed)


def _guarding(
    capability: Capability | None, customers: Customers
) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    def decorate(resolver: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        @functools.wraps(resolver)
        async def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            info: Any = kwargs["info"]
            _check(info.context.principal, capability, customers)
            return await resolver(*args, **kwargs)

        setattr(guarded, _MARK, capability)
        setattr(guarded, _CUSTOMERS, customers)
        return guarded

    return decorate
