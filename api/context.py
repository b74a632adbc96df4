"""What the resolvers of Forfait's own schema get: who asks, and transactions of theirs.

A mutation runs in one transaction, committed before its answer leaves. A query has no
transaction as a whole: each resolver or loader opens a short one, because sibling fields
run concurrently.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from api.graphql.context import Context
from api.graphql.spending import Spending, shared_count
from core.bootstrap import Application
from core.db import Tx
from core.tenancy import Capability, Forbidden, Principal


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

    def transaction(self) -> AbstractAsyncContextManager[Tx]:
        """Open a transaction of the caller's tenant; it commits when the block ends.

        It sees what the caller's unit may see. For an operator's key it is the platform's,
        which sees no tenant's rows.
        """
        return self.application.transaction(
            self.principal.tenant_id,
            actor=self.principal.actor,
            unit_id=self.principal.org_unit_id,
        )

    def tenants_transaction(self) -> AbstractAsyncContextManager[Tx]:
        """Open a transaction that sees all of the caller's tenant, whatever their unit.

        For what is done to the tenant as a whole, and shows no account.
        """
        return self.application.transaction(
            self.principal.tenant_id, actor=self.principal.actor
        )

    def may(self, capability: Capability) -> bool:
        """Say whether the caller has a capability, and a tenant to use it in."""
        return self.principal.may(capability)


Info: TypeAlias = strawberry.Info[ApiContext, None]


def context_for(
    application: Application,
    principal: Principal,
    *,
    request_id: str,
    spending: Spending | None = None,
) -> ApiContext:
    """Make the context of one request."""

    @asynccontextmanager
    async def session() -> AsyncIterator[AsyncSession]:
        async with application.transaction(
            principal.tenant_id, actor=principal.actor, unit_id=principal.org_unit_id
        ) as tx:
            yield tx.session

    return ApiContext(
        request_id=request_id,
        viewer=KeyViewer(principal),
        session=session,
        spending=spending,
        application=application,
        principal=principal,
    )


def spending_of(application: Application) -> Spending | None:
    """Return what counts the cost of tenants' requests; None where nothing limits it."""
    capacity = application.settings.cost_per_minute
    if not capacity or application.redis is None:
        return None
    return Spending(capacity=capacity, tell=shared_count(application.redis, capacity=capacity))
