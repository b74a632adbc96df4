"""Discounts that were given, and what they took off, as the schema shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.loading import load_accounts
from api.features.accounts.types import Account
from api.features.catalogue.entry_types import TYPES, entry_node
from api.features.discounts import loading
from api.features.discounts.ids import APPLIED_ID, GRANT_ID
from api.features.invoices.lines import money
from api.features.invoices.loading import load_invoices
from api.features.invoices.types import Invoice
from api.features.jobs.loading import load_jobs
from api.features.jobs.types import Job
from api.features.subscriptions.loading import load_subscriptions
from api.features.subscriptions.types import Subscription
from api.features.tenancy.actors import Actor
from api.features.tenancy.loading import load_org_units
from api.features.tenancy.types import OrgUnit
from api.graphql.money import Money
from api.graphql.nodes import Node
from api.linked import linked
from core.catalogue.plain import decimal_text
from core.discounts import records
from core.discounts.available import AvailableDiscount as Available
from core.tenancy import Capability


@strawberry.enum(description="Where a discount that was given is in its life.")
class DiscountGrantState(Enum):
    """The states of a grant."""

    PENDING = strawberry.enum_value(
        "pending", description="It waits to be approved, and reduces nothing."
    )
    APPROVED = strawberry.enum_value("approved", description="It reduces bills.")
    CANCELLED = strawberry.enum_value("cancelled", description="It reduces no bill any more.")


@strawberry.enum(description="How a discount came about.")
class GrantMethod(Enum):
    """The methods."""

    AD_HOC = strawberry.enum_value("ad_hoc", description="Somebody gave it.")
    AUTO = strawberry.enum_value("auto", description="Its criteria held at a billing.")


@strawberry.type(description="A discount that was given to a subscription or to a job.")
class DiscountGrant(Node):
    """A grant; its columns are here, what hangs from it is loaded."""

    method: GrantMethod = strawberry.field(description="How it came about.")
    state: DiscountGrantState = strawberry.field(description="Where it is in its life.")
    percent: Decimal | None = strawberry.field(
        description="What it takes off in percent; null: it takes money, or gives free time."
    )
    amount: Money | None = strawberry.field(
        description="The money that it takes off in the definition's unit of time, or off the "
        "whole of a job; null: it takes a percentage, or gives free time."
    )
    effective_from: datetime = strawberry.field(description="From when it reduces charges.")
    expires_at: datetime | None = strawberry.field(
        description="Until when it does, exclusive; null: for good."
    )
    uses: int = strawberry.field(description="How many bills it has reduced.")
    uses_allowed: int | None = strawberry.field(
        description="How many it may reduce; null: any number, within the definition's."
    )
    note: str = strawberry.field(description="Why it was given.")
    provided_by: Actor = strawberry.field(description="Who gave it.")
    provided_at: datetime = strawberry.field(description="When, by its account's time.")
    approved_by: Actor | None = strawberry.field(description="Who approved it.")
    approved_at: datetime | None = strawberry.field(description="When it was approved.")
    cancelled_by: Actor | None = strawberry.field(description="Who cancelled it.")
    cancelled_at: datetime | None = strawberry.field(description="When it was cancelled.")
    key: strawberry.Private[UUID]
    record: strawberry.Private[records.DiscountGrant]

    @classmethod
    def of(cls, record: records.DiscountGrant) -> DiscountGrant:
        """Show a record."""
        amount = record.amount
        return cls(
            id=GRANT_ID.encode(record.id),
            method=GrantMethod(record.method),
            state=DiscountGrantState(record.state),
            percent=None if record.percent is None else Decimal(decimal_text(record.percent)),
            amount=None if amount is None else money(amount, record.currency or ""),
            effective_from=record.effective_from,
            expires_at=record.expires_at,
            uses=record.uses,
            uses_allowed=record.uses_allowed,
            note=record.note,
            provided_by=Actor.of(record.provided_by),
            provided_at=record.provided_at,
            approved_by=Actor.maybe(record.approved_by),
            approved_at=record.approved_at,
            cancelled_by=Actor.maybe(record.cancelled_by),
            cancelled_at=record.cancelled_at,
            key=record.id,
            record=record,
        )

    @strawberry.field(
        description="The definition, in the version that it was given by.",
        graphql_type=TYPES["discounts"],
    )
    @requires(Capability.CATALOGUE_READ)
    async def discount(self, info: Info) -> Any:
        """Load the definition."""
        loader = info.context.loaders.of(loading.load_definitions)
        found = await loader.load(self.record.definition_version_id)
        assert found is not None  # a foreign key
        return entry_node(found)

    @strawberry.field(description="The account.")
    @requires(Capability.ACCOUNT_READ)
    async def account(self, info: Info) -> Account | None:
        """Load the account."""
        return await linked(info, load_accounts, key=self.record.account_id, show=Account.of)

    @strawberry.field(description="The subscription; null: it was given to a job.")
    @requires(Capability.SUBSCRIPTION_READ)
    async def subscription(self, info: Info) -> Subscription | None:
        """Load the subscription."""
        return await linked(
            info, load_subscriptions, key=self.record.subscription_id, show=Subscription.of
        )

    @strawberry.field(description="The job; null: it was given to a subscription.")
    @requires(Capability.JOB_READ)
    async def job(self, info: Info) -> Job | None:
        """Load the job."""
        return await linked(info, load_jobs, key=self.record.job_id, show=Job.of)

    @strawberry.field(description="The unit whose staff approve it; null: nobody has to.")
    @requires(Capability.STAFF_READ)
    async def approver_unit(self, info: Info) -> OrgUnit | None:
        """Load the unit."""
        return await linked(
            info, load_org_units, key=self.record.approver_unit_id, show=OrgUnit.of
        )


@dataclass(frozen=True, slots=True)
class AppliedRecord:
    """What a discount took off, with its invoice's currency."""

    id: UUID
    grant_id: UUID
    invoice_id: UUID
    amount: Decimal
    free_time: Decimal | None
    currency: str


@strawberry.type(description="What a discount took off an invoice: one use of it.")
class AppliedDiscount:
    """A use of a grant."""

    id: strawberry.ID = strawberry.field(description="Names the use.")
    amount: Money = strawberry.field(
        description="What was taken off, in the invoice's mode of tax; never below 0."
    )
    free_months: Decimal | None = strawberry.field(
        description="The months that became free, over all items; null: it gives no free time."
    )
    record: strawberry.Private[AppliedRecord]

    @classmethod
    def of(cls, record: AppliedRecord) -> AppliedDiscount:
        """Show a record."""
        free = record.free_time
        return cls(
            id=APPLIED_ID.encode(record.id),
            amount=money(record.amount, record.currency),
            free_months=None if free is None else Decimal(decimal_text(free)),
            record=record,
        )

    @strawberry.field(description="The discount that was given.")
    @requires(Capability.SUBSCRIPTION_READ)
    async def grant(self, info: Info) -> DiscountGrant | None:
        """Load the grant."""
        return await linked(
            info, loading.load_grants, key=self.record.grant_id, show=DiscountGrant.of
        )

    @strawberry.field(description="The invoice.")
    @requires(Capability.INVOICE_READ)
    async def invoice(self, info: Info) -> Invoice | None:
        """Load the invoice."""
        return await linked(info, load_invoices, key=self.record.invoice_id, show=Invoice.of)


@strawberry.type(
    description="A discount that may be given now. Its definition says what to fill in: where "
    "it has a range, `percent` or `amount` is picked from it."
)
class AvailableDiscount:
    """An offer to staff."""

    effective_from: datetime = strawberry.field(
        description="From when it would reduce charges, unless a later time is given."
    )
    expires_at: datetime | None = strawberry.field(
        description="Until when at the latest, exclusive; null: for good."
    )
    times_left: int | None = strawberry.field(
        description="How often it may be used yet; null: without a limit."
    )
    needs_approval: bool = strawberry.field(
        description="Whether it waits for the unit that the definition names."
    )
    needs_value: bool = strawberry.field(
        description="Whether a value must be picked from the definition's range."
    )
    offer: strawberry.Private[Available]

    @classmethod
    def of(cls, offer: Available) -> AvailableDiscount:
        """Show an offer."""
        definition: Any = offer.entry.definition
        return cls(
            effective_from=offer.effective_from,
            expires_at=offer.expires_at,
            times_left=offer.times_left,
            needs_approval=bool(definition.approval),
            needs_value=definition.range is not None,
            offer=offer,
        )

    @strawberry.field(description="The definition.", graphql_type=TYPES["discounts"])
    @requires(Capability.CATALOGUE_READ)
    async def discount(self, info: Info) -> Any:
        """Show the definition."""
        return entry_node(self.offer.entry)
