"""What the resolvers of Forfait's own schema get: who asks, and transactions of theirs.

A mutation runs in one transaction, committed before its answer leaves. A query has no
transaction as a whole: each resolver or loader opens a short one, because sibling fields
run concurrently.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Self, TypeAlias

import strawberry

from api.graphql.context import Context
from api.graphql.loaders import Loaders
from api.graphql.shared_reads import SharedReads
from api.graphql.spending import Spending, shared_count
from core.bootstrap import Application
from core.db import Tx
from core.tenancy import Capability, Forbidden, Principal

Reauthenticate: TypeAlias = Callable[[], Awaitable[Principal]]
"""Looks up again who sent a request, by its credentials."""


@dataclass(frozen=True, slots=True)
class KeyViewer:
    """Who asks, as the log and the generic face see it."""

    principal: Principal

    @property
    def tenant_id(self) -> Any:
        """The tenant whose rows the caller may see; None for the operator."""
        return self.principal.tenant_id

    @property
    def label(self) -> str:
        """The actor's name, as audit entries carry it."""
        return self.principal.actor


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiContext(Context):
    """One request: the application, the caller, and transactions of the caller's tenant."""

    application: Application
    principal: Principal
    reauthenticate: Reauthenticate | None = field(default=None, repr=False, compare=False)
    reads: SharedReads[Tx] | None = field(default=None, repr=False, compare=False)

    async def renew(self) -> None:
        """Ask again who this is, and forget what was loaded: for the next event.

        A subscription calls it between two events, when nothing is being resolved.

        Raises:
            Unauthenticated: the credentials do not hold any more.
        """
        if self.reauthenticate is not None:
            principal = await self.reauthenticate()
            object.__setattr__(self, "principal", principal)
            object.__setattr__(self, "viewer", KeyViewer(principal))
        object.__setattr__(self, "loaders", Loaders(self))

    def transaction(self) -> AbstractAsyncContextManager[Tx]:
        """Open a transaction of the caller's tenant; it commits when the block ends.

        It sees what the caller's unit may see, or the customer's account. For an operator's
        key it is the platform's, which sees no tenant's rows. Loaders take turns in one.
        """
        if self.reads is not None:
            return self.reads.transaction()
        return _transaction(self.application, self.principal)

    def for_reading(self) -> Self:
        """Return the same context for loaders, whose transactions are one where they meet."""
        application, principal = self.application, self.principal
        return replace(self, reads=SharedReads(lambda: _reading(application, principal)))

    def tenants_transaction(self) -> AbstractAsyncContextManager[Tx]:
        """Open a transaction that sees all of the caller's tenant, whatever their unit.

        For what is done to the tenant as a whole, and shows no account.

        Raises:
            Forbidden: the caller is a customer.
        """
        if self.principal.is_customer:
            raise Forbidden("this is not open to customers; it is the seller's own")
        return self.application.transaction(
            self.principal.tenant_id, actor=self.principal.actor
        )

    def may(self, capability: Capability) -> bool:
        """Say whether the caller has a capability, and a tenant to use it in."""
        return self.principal.may(capability)


def _transaction(
    application: Application, principal: Principal
) -> AbstractAsyncContextManager[Tx]:
    return application.transaction(
        principal.tenant_id,
        actor=principal.actor,
        unit_id=principal.org_unit_id,
        account_id=principal.account_id,
    )


def _reading(application: Application, principal: Principal) -> AbstractAsyncContextManager[Tx]:
    return application.reading(
        principal.tenant_id,
        actor=principal.actor,
        unit_id=principal.org_unit_id,
        account_id=principal.account_id,
    )


Info: TypeAlias = strawberry.Info[ApiContext, None]


def context_for(
    application: Application,
    principal: Principal,
    *,
    request_id: str,
    spending: Spending | None = None,
    reauthenticate: Reauthenticate | None = None,
) -> ApiContext:
    """Make the context of one request."""
    return ApiContext(
        request_id=request_id,
        viewer=KeyViewer(principal),
        spending=spending,
        application=application,
        principal=principal,
        reauthenticate=reauthenticate,
    )


def spending_of(application: Application) -> Spending | None:
    """Return what counts the cost of tenants' requests; None where nothing limits it."""
    capacity = application.settings.cost_per_minute
    if not capacity or application.redis is None:
        return None
    return Spending(capacity=capacity, tell=shared_count(application.redis, capacity=capacity))
