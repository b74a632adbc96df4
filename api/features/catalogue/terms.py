"""Billing terms, in versions, as the schema shows them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.catalogue import loading
from api.features.catalogue.enums import (
    BelowThreshold,
    BilledIn,
    DiscountsAllowed,
    JobBills,
    OfferState,
    PeriodAnchor,
    Proration,
    TermsKind,
)
from api.features.catalogue.plans import PricePlan
from api.features.catalogue.terms_changes import OfChanges, change_fields
from api.graphql.ids import IdKind
from api.graphql.nodes import Node
from api.linked import linked
from core.catalogue import records
from core.catalogue.compile import Binding, Resting, TermsVersion
from core.catalogue.delays import delay_text
from core.tenancy import Capability

BILLING_TERMS_ID: Final = IdKind(prefix="terms", type_name="BillingTerms")
TERMS_VERSION_ID: Final = IdKind(prefix="termsver", type_name="BillingTermsVersion")


@strawberry.type(description="How and when a subscription is billed, in versions.")
class BillingTerms(Node):
    """Billing terms."""

    code: str = strawberry.field(description="Your own code, unique among billing terms.")
    name: str = strawberry.field(description="The name shown to people.")
    kind: TermsKind = strawberry.field(description="What they are for.")
    state: OfferState = strawberry.field(description="Whether they are still offered.")
    created_at: datetime = strawberry.field(description="When they were created.")
    key: strawberry.Private[UUID]

    @classmethod
    def of(cls, record: records.BillingTerms) -> BillingTerms:
        """Show a record."""
        return cls(
            id=BILLING_TERMS_ID.encode(record.id),
            code=record.code,
            name=record.name,
            kind=TermsKind(record.kind),
            state=OfferState(record.state),
            created_at=record.created_at,
            key=record.id,
        )

    @strawberry.field(description="The version that new subscriptions get.")
    @requires(Capability.CATALOGUE_READ)
    async def current_version(self, info: Info) -> BillingTermsVersion | None:
        """Load the current version."""
        head = await info.context.loaders.of(loading.load_current_terms).load(self.key)
        if head is None:
            return None
        return await linked(info, loading.load_terms, key=head.id, show=BillingTermsVersion.of)


@strawberry.type(description="A minimum term, and what ending it early costs.")
class TermsBinding:
    """A binding."""

    term: str = strawberry.field(description="Its length.")
    penalty: str | None = strawberry.field(
        description="Code of the expense charged for ending it early; null: nothing is."
    )

    @classmethod
    def of(cls, binding: Binding) -> TermsBinding:
        """Show a binding."""
        return cls(term=str(binding.term), penalty=binding.penalty)


@strawberry.type(description="How often and how long a subscription may rest.")
class TermsResting:
    """The limits of rests."""

    times: int | None = strawberry.field(description="How often; null: any number of times.")
    days: int | None = strawberry.field(description="How many days in all; null: any number.")
    per: str = strawberry.field(description="The time in which both are counted.")
    billed: bool = strawberry.field(description="Whether resting days are billed.")
    extends_binding: bool = strawberry.field(
        description="Whether a rest moves the end of a binding."
    )

    @classmethod
    def of(cls, resting: Resting) -> TermsResting:
        """Show the limits."""
        return cls(
            times=resting.times,
            days=resting.days,
            per=str(resting.per),
            billed=resting.billed,
            extends_binding=resting.extends_binding,
        )


@strawberry.type(description="A version of billing terms; it never changes.")
class BillingTermsVersion(OfChanges, Node):
    """A version."""

    number: int = strawberry.field(description="Its number in the terms.")
    frequency: str = strawberry.field(description="The length of a billing period.")
    usage_frequency: str = strawberry.field(description="The length of a period of usage.")
    anchor: PeriodAnchor = strawberry.field(description="Where periods begin.")
    fixed_charges: BilledIn = strawberry.field(description="When fixed charges are billed.")
    proration: Proration = strawberry.field(description="How a part of a period is priced.")
    closes_after: str = strawberry.field(
        description="How long usage of an ended period may still arrive; empty: not at all."
    )
    discounts: DiscountsAllowed = strawberry.field(
        description="Whether discounts may reduce what is billed."
    )
    max_unbilled_amount: Decimal | None = strawberry.field(
        description="Unbilled usage of this amount is billed at once; null: by usage rules."
    )
    max_unbilled_events: int | None = strawberry.field(
        description="So many unbilled events are billed at once; null: by usage rules."
    )
    below_threshold: BelowThreshold = strawberry.field(
        description="Whether what stays below is billed at the period's end, or carried on."
    )
    binding: TermsBinding | None = strawberry.field(description="The minimum term.")
    resting: TermsResting | None = strawberry.field(
        description="What rests are allowed; null: none."
    )
    grace: str = strawberry.field(
        description="How long a wallet may fall short; empty: not at all."
    )
    bills: JobBills = strawberry.field(description="When a completed job is billed.")
    terms_key: strawberry.Private[UUID]
    plan_keys: strawberry.Private[tuple[UUID, ...]]
    default_plan_key: strawberry.Private[UUID | None]

    @classmethod
    def of(cls, version: TermsVersion) -> BillingTermsVersion:
        """Show a version."""
        return cls(
            id=TERMS_VERSION_ID.encode(version.id),
            number=version.number,
            frequency=str(version.frequency),
            usage_frequency=str(version.usage_frequency),
            anchor=PeriodAnchor(version.anchor),
            fixed_charges=BilledIn(version.fixed_charges),
            proration=Proration(version.proration),
            closes_after=delay_text(version.closes_after),
            discounts=DiscountsAllowed(version.discounts),
            max_unbilled_amount=version.max_unbilled_amount,
            max_unbilled_events=version.max_unbilled_events,
            below_threshold=BelowThreshold(version.below_threshold),
            binding=None if version.binding is None else TermsBinding.of(version.binding),
            resting=None if version.resting is None else TermsResting.of(version.resting),
            grace=delay_text(version.grace),
            bills=JobBills(version.bills),
            terms_key=version.terms_id,
            plan_keys=tuple(sorted(version.plans)),
            default_plan_key=version.default_plan_id,
            **change_fields(version),
        )

    @strawberry.field(description="The billing terms.")
    @requires(Capability.CATALOGUE_READ, customers=Capability.SUBSCRIPTION_READ)
    async def billing_terms(self, info: Info) -> BillingTerms | None:
        """Load the terms."""
        return await linked(
            info, loading.load_billing_terms, key=self.terms_key, show=BillingTerms.of
        )

    @strawberry.field(description="The price plans that a subscription may use.")
    @requires(Capability.CATALOGUE_READ)
    async def price_plans(self, info: Info) -> list[PricePlan]:
        """Load the plans."""
        plans = info.context.loaders.of(loading.load_price_plans)
        found = await plans.load_many(self.plan_keys)
        return [PricePlan.of(plan) for plan in found if plan is not None]

    @strawberry.field(description="The plan used where none is named.")
    @requires(Capability.CATALOGUE_READ)
    async def default_plan(self, info: Info) -> PricePlan | None:
        """Load the default plan."""
        return await linked(
            info, loading.load_price_plans, key=self.default_plan_key, show=PricePlan.of
        )
