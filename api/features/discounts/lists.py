"""The lists of discounts that were given, and of what they took off."""

from __future__ import annotations

from typing import Any, Final, cast
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, Select, select
from sqlmodel import col

from api.access import requires
from api.context import Info
from api.features.accounts.types import ACCOUNT_ID
from api.features.discounts.types import (
    AppliedDiscount,
    AppliedRecord,
    DiscountGrant,
    DiscountGrantState,
)
from api.features.invoices.types import Invoice
from api.features.jobs.ids import JOB_ID
from api.features.jobs.types import Job
from api.features.subscriptions.types import SUBSCRIPTION_ID, Subscription
from api.features.tenancy.types import ORG_UNIT_ID
from api.graphql.connection import Connection
from api.graphql.keyset import Sort
from api.page_arguments import PageArguments, paged
from api.pages import Listing, key
from api.pages_below import pages_below
from api.references import choice, given, named_in, reference
from core.accounts.tables import AccountRow
from core.discounts import records
from core.discounts.tables import AppliedDiscountRow, DiscountGrantRow
from core.invoices.tables import InvoiceRow
from core.jobs.tables import JobRow
from core.subscriptions.tables import SubscriptionRow
from core.tenancy import Capability
from core.tenancy.tables import OrgUnitRow

GRANTS: Final = Listing(
    table=DiscountGrantRow, record=records.DiscountGrant, show=DiscountGrant.of
)
BY_CREATION: Final = Sort("discountGrant.id", key(col(DiscountGrantRow.id), UUID))
_BY_USE: Final = Sort("appliedDiscount.id", key(col(AppliedDiscountRow.id), UUID))


class AppliedListing(Listing[AppliedRecord, AppliedDiscount]):
    """Uses of discounts with their invoices' currency."""

    def statement(self, tenant_id: UUID, *where: ColumnElement[bool]) -> Select[Any]:
        """Select the tenant's uses that fulfil the conditions."""
        use = AppliedDiscountRow
        columns: list[Any] = [
            col(use.id), col(use.grant_id), col(use.invoice_id), col(use.amount),
            col(use.free_time), col(InvoiceRow.currency),
        ]  # fmt: skip
        invoice = (col(InvoiceRow.tenant_id) == col(use.tenant_id)) & (
            col(InvoiceRow.id) == col(use.invoice_id)
        )
        found = select(*columns).join(InvoiceRow, invoice)
        return cast("Select[Any]", found.where(col(use.tenant_id) == tenant_id, *where))


APPLIED: Final = AppliedListing(
    table=AppliedDiscountRow, record=AppliedRecord, show=AppliedDiscount.of
)
_of_invoices = pages_below(APPLIED, parent=col(AppliedDiscountRow.invoice_id), sort=_BY_USE)
_of_grants = pages_below(APPLIED, parent=col(AppliedDiscountRow.grant_id), sort=_BY_USE)
_of_subscriptions = pages_below(
    GRANTS, parent=col(DiscountGrantRow.subscription_id), sort=BY_CREATION
)
_of_jobs = pages_below(GRANTS, parent=col(DiscountGrantRow.job_id), sort=BY_CREATION)


@strawberry.input(description="Which discounts a list holds; everything given must hold.")
class DiscountGrantWhere:
    """Filters on grants."""

    state: strawberry.Maybe[DiscountGrantState] = strawberry.field(
        description="Only those in this state."
    )
    approver_unit: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="Only those that this org unit's staff approve, by id or code."
    )
    account: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="Only those of this account, by id or ref."
    )
    subscription: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="Only those of this subscription, by id or ref."
    )
    job: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="Only those of this job, by id or ref."
    )


_NAMED: Final = {
    "account": (ACCOUNT_ID, AccountRow, col(DiscountGrantRow.account_id)),
    "subscription": (SUBSCRIPTION_ID, SubscriptionRow, col(DiscountGrantRow.subscription_id)),
    "job": (JOB_ID, JobRow, col(DiscountGrantRow.job_id)),
}


def conditions(
    where: DiscountGrantWhere | None, tenant_id: UUID | None
) -> list[ColumnElement[bool]]:
    """Return a filter as conditions of SQL; an unknown name leads to no discount."""
    found: list[ColumnElement[bool]] = []
    wanted = given(where)
    if wanted is None:
        return found
    if wanted.state is not None:
        found.append(col(DiscountGrantRow.state) == choice(wanted.state.value))
    if wanted.approver_unit is not None:
        found.append(_approved_by(wanted.approver_unit.value, tenant_id))
    found += named_in(wanted, _NAMED, tenant_id=tenant_id)
    return found


def _approved_by(text: str, tenant_id: UUID | None) -> ColumnElement[bool]:
    named = reference(ORG_UNIT_ID, text, path=("where", "approverUnit"))
    column = col(DiscountGrantRow.approver_unit_id)
    if isinstance(named, UUID):
        return column == named
    unit = select(col(OrgUnitRow.id)).where(
        col(OrgUnitRow.tenant_id) == tenant_id, col(OrgUnitRow.code) == named
    )
    return column == unit.scalar_subquery()


@strawberry.type(description="What discounts took off an invoice.")
class InvoiceDiscounts:
    """A field of `Invoice`."""

    @strawberry.field(description="The discounts that reduced it, and by how much each.")
    @requires(Capability.INVOICE_READ, customers=True)
    @paged
    async def discounts(
        self,
        info: Info,
        root: strawberry.Parent[Invoice],
        *,
        asked: PageArguments,
    ) -> Connection[AppliedDiscount] | None:
        """Return a page of uses."""
        return await _of_invoices.page(info, parent=root.key, asked=asked)


@strawberry.type(description="What a discount took off.")
class GrantApplications:
    """A field of `DiscountGrant`."""

    @strawberry.field(description="The bills that it reduced, and by how much each.")
    @requires(Capability.INVOICE_READ)
    @paged
    async def applied(
        self,
        info: Info,
        root: strawberry.Parent[DiscountGrant],
        *,
        asked: PageArguments,
    ) -> Connection[AppliedDiscount] | None:
        """Return a page of uses."""
        return await _of_grants.page(info, parent=root.key, asked=asked)


@strawberry.type(description="The discounts of a subscription.")
class SubscriptionDiscounts:
    """A field of `Subscription`."""

    @strawberry.field(description="The discounts that it was given, in that order.")
    @requires(Capability.SUBSCRIPTION_READ)
    @paged
    async def discount_grants(
        self,
        info: Info,
        root: strawberry.Parent[Subscription],
        *,
        asked: PageArguments,
    ) -> Connection[DiscountGrant] | None:
        """Return a page of grants."""
        return await _of_subscriptions.page(info, parent=root.key, asked=asked)


@strawberry.type(description="The discounts of a job.")
class JobDiscounts:
    """A field of `Job`."""

    @strawberry.field(description="The discounts that it was given, in that order.")
    @requires(Capability.JOB_READ)
    @paged
    async def discount_grants(
        self,
        info: Info,
        root: strawberry.Parent[Job],
        *,
        asked: PageArguments,
    ) -> Connection[DiscountGrant] | None:
        """Return a page of grants."""
        return await _of_jobs.page(info, parent=root.key, asked=asked)
