"""Jobs and their lines as the schema shows them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.loading import load_accounts
from api.features.accounts.types import Account, Attribute, shown_attributes
from api.features.catalogue.entry_types import TYPES, entry_node
from api.features.catalogue.loading import (
    load_plan_version_heads,
    load_products,
    load_terms,
)
from api.features.catalogue.plans import PricePlanVersion
from api.features.catalogue.terms import BillingTermsVersion
from api.features.catalogue.types import Product
from api.features.invoices.types import Invoice
from api.features.jobs import loading
from api.features.jobs.ids import JOB_ID, JOB_LINE_ID
from api.graphql.nodes import Node
from api.graphql.scalars import CurrencyCode
from api.linked import linked
from core.catalogue.plain import decimal_text
from core.jobs import records
from core.tenancy import Capability


@strawberry.enum(description="Where a job is in its life.")
class JobState(Enum):
    """The states of a job."""

    DRAFT = strawberry.enum_value("draft", description="It is planned.")
    IN_PROGRESS = strawberry.enum_value("in_progress", description="It is being done.")
    COMPLETED = strawberry.enum_value("completed", description="It is done.")
    CANCELLED = strawberry.enum_value("cancelled", description="It came to nothing.")


@strawberry.type(description="A product that a job brings.")
class JobLine:
    """A line; it is priced by itself."""

    id: strawberry.ID = strawberry.field(description="Names the line.")
    quantity: Decimal = strawberry.field(
        description="Hours of a one-time service; pieces of anything else."
    )
    product_key: strawberry.Private[UUID]

    @classmethod
    def of(cls, record: records.Line) -> JobLine:
        """Show a record."""
        return cls(
            id=JOB_LINE_ID.encode(record.id),
            quantity=Decimal(decimal_text(record.quantity)),
            product_key=record.product_id,
        )

    @strawberry.field(description="The product.")
    @requires(Capability.CATALOGUE_READ)
    async def product(self, info: Info) -> Product | None:
        """Load the product."""
        return await linked(info, load_products, key=self.product_key, show=Product.of)


@strawberry.type(description="Why a completed job could not be billed, and what follows.")
class JobParking:
    """The last failure."""

    code: str = strawberry.field(description="Why, for programs.")
    reason: str = strawberry.field(description="Why, for people.")
    attempts: int = strawberry.field(description="How often billing it failed.")
    retry_at: datetime = strawberry.field(description="When it is tried again by itself.")


@strawberry.type(description="Work that is done for an account.")
class Job(Node):
    """A job; its columns are here, what hangs from it is loaded."""

    ref: str | None = strawberry.field(description="Your own reference, unique when given.")
    description: str = strawberry.field(description="What is to be done.")
    state: JobState = strawberry.field(description="Where it is in its life.")
    classification: str | None = strawberry.field(description="Your own grouping.")
    attributes: list[Attribute] = strawberry.field(
        description="Attributes of your own, which conditions read."
    )
    is_billable: bool = strawberry.field(
        description="Whether it is billed, as its type says; if so it has terms and a plan."
    )
    currency: CurrencyCode | None = strawberry.field(description="What it is billed in.")
    agreement_date: date = strawberry.field(description="When it was agreed.")
    starts_at: datetime = strawberry.field(description="When it starts, or was to start.")
    expected_at: datetime = strawberry.field(
        description="When it is expected to be completed: its start and its type's estimate, "
        "unless another time was given."
    )
    completed_at: datetime | None = strawberry.field(
        description="When it was completed, by its account's time; null while it is not."
    )
    due_at: datetime | None = strawberry.field(
        description="When it is to be billed; null before it is completed and once it is "
        "billed. A discount that waits to be decided holds it back."
    )
    parking: JobParking | None = strawberry.field(
        description="Why billing it failed; null where it did not."
    )
    created_at: datetime = strawberry.field(description="When it was made.")
    key: strawberry.Private[UUID]
    account_key: strawberry.Private[UUID]
    type_key: strawberry.Private[UUID]
    record: strawberry.Private[records.Job]

    @classmethod
    def of(cls, record: records.Job) -> Job:
        """Show a record."""
        currency = record.currency
        return cls(
            id=JOB_ID.encode(record.id),
            ref=record.ref,
            description=record.description,
            state=JobState(record.state),
            classification=record.classification,
            attributes=shown_attributes(record.attributes),
            is_billable=record.is_billable,
            currency=None if currency is None else CurrencyCode(currency),
            agreement_date=record.agreement_date,
            starts_at=record.starts_at,
            expected_at=record.expected_at,
            completed_at=record.completed_at,
            due_at=record.due_at,
            parking=_parking(record),
            created_at=record.created_at,
            key=record.id,
            account_key=record.account_id,
            type_key=record.type_id,
            record=record,
        )

    @strawberry.field(description="The account.")
    @requires(Capability.ACCOUNT_READ)
    async def account(self, info: Info) -> Account | None:
        """Load the account."""
        return await linked(info, load_accounts, key=self.account_key, show=Account.of)

    @strawberry.field(description="Its type.", graphql_type=TYPES["job_types"])
    @requires(Capability.CATALOGUE_READ)
    async def type(self, info: Info) -> Any:
        """Load the type."""
        found = await info.context.loaders.of(loading.load_job_types).load(self.type_key)
        assert found is not None  # a foreign key
        return entry_node(found)

    @strawberry.field(description="Its lines in the order in which they were added.")
    @requires(Capability.JOB_READ)
    async def lines(self, info: Info) -> list[JobLine]:
        """Load the lines."""
        found = await info.context.loaders.of(loading.load_job_lines).load(self.key)
        return [JobLine.of(line) for line in found]

    @strawberry.field(description="The version of its price plan; null: it is not billed.")
    @requires(Capability.CATALOGUE_READ)
    async def price_plan_version(self, info: Info) -> PricePlanVersion | None:
        """Load the version."""
        return await linked(
            info,
            load_plan_version_heads,
            key=self.record.price_plan_version_id,
            show=PricePlanVersion.of,
        )

    @strawberry.field(
        description="The version of the base plan where the plan is conditional; it prices "
        "what the plan lacks, and everything where the plan does not apply."
    )
    @requires(Capability.CATALOGUE_READ)
    async def base_plan_version(self, info: Info) -> PricePlanVersion | None:
        """Load the version."""
        return await linked(
            info,
            load_plan_version_heads,
            key=self.record.base_plan_version_id,
            show=PricePlanVersion.of,
        )

    @strawberry.field(description="The version of its terms; null: it is not billed.")
    @requires(Capability.CATALOGUE_READ)
    async def billing_terms_version(self, info: Info) -> BillingTermsVersion | None:
        """Load the version."""
        return await linked(
            info,
            load_terms,
            key=self.record.billing_terms_version_id,
            show=BillingTermsVersion.of,
        )

    @strawberry.field(
        description="Whether it is billed; nothing of it changes any more. One that owed "
        "nothing has no invoice."
    )
    @requires(Capability.JOB_READ)
    async def is_billed(self, info: Info) -> bool:
        """Load whether it is billed."""
        return (await info.context.loaders.of(loading.load_billings).load(self.key)).is_billed

    @strawberry.field(description="The invoice that it is on.")
    @requires(Capability.INVOICE_READ)
    async def invoice(self, info: Info) -> Invoice | None:
        """Load the invoice."""
        found = await info.context.loaders.of(loading.load_billings).load(self.key)
        return None if found.invoice is None else Invoice.of(found.invoice)


def _parking(record: records.Job) -> JobParking | None:
    if record.park_code is None or record.retry_at is None:
        return None
    return JobParking(
        code=record.park_code,
        reason=record.park_reason or "",
        attempts=record.attempts,
        retry_at=record.retry_at,
    )
