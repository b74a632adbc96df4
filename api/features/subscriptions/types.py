"""Subscriptions, their phases and items as the schema shows them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Final
from uuid import UUID

import strawberry

from api.access import requires, requires_a_key, unless_customer
from api.context import Info
from api.features.accounts.loading import load_accounts
from api.features.accounts.types import Account, Attribute, shown_attributes
from api.features.catalogue.loading import (
    load_plan_version_heads,
    load_products,
    load_terms,
)
from api.features.catalogue.plans import PricePlanVersion
from api.features.catalogue.terms import BillingTermsVersion
from api.features.catalogue.types import Product
from api.features.subscriptions import loading
from api.graphql.ids import IdKind
from api.graphql.nodes import Node
from api.graphql.scalars import CurrencyCode
from api.linked import linked
from core.catalogue.plain import decimal_text
from core.subscriptions import records
from core.subscriptions.lifecycle import shown, state_at
from core.tenancy import Capability

SUBSCRIPTION_ID: Final = IdKind(prefix="sub", type_name="Subscription")
ITEM_ID: Final = IdKind(prefix="item", type_name="SubscriptionItem")


@strawberry.enum(description="Where a subscription is in its life.")
class SubscriptionState(Enum):
    """The states of a subscription."""

    TRIAL = strawberry.enum_value("trial", description="It is tried out.")
    ACTIVE = strawberry.enum_value("active", description="It renews.")
    ENDING = strawberry.enum_value("ending", description="Renewal is off; it runs to its end.")
    ENDED = strawberry.enum_value("ended", description="It is over.")
    SUSPENDED = strawberry.enum_value("suspended", description="It is held up, or rests.")


@strawberry.type(description="Which price plan and which billing terms hold, from when on.")
class SubscriptionPhase:
    """A phase."""

    from_at: datetime = strawberry.field(description="Its first instant.")
    until_at: datetime | None = strawberry.field(
        description="The first instant behind it; null: it goes on."
    )
    anchor: date | None = strawberry.field(
        description="The day that periods are counted from under these terms; null: that of "
        "the subscription."
    )
    is_conditional: bool = strawberry.field(
        description="Whether the price plan is conditional: at each billing it prices while "
        "its condition holds, and its base plan alone where not."
    )
    plan_version_key: strawberry.Private[UUID]
    base_version_key: strawberry.Private[UUID | None]
    terms_version_key: strawberry.Private[UUID]

    @classmethod
    def of(cls, record: records.Phase) -> SubscriptionPhase:
        """Show a record."""
        return cls(
            from_at=record.from_at,
            until_at=record.until_at,
            anchor=record.anchor,
            is_conditional=record.base_plan_version_id is not None,
            plan_version_key=record.price_plan_version_id,
            base_version_key=record.base_plan_version_id,
            terms_version_key=record.billing_terms_version_id,
        )

    @strawberry.field(description="The version of the price plan.")
    @requires(Capability.CATALOGUE_READ, customers=Capability.SUBSCRIPTION_READ)
    async def price_plan_version(self, info: Info) -> PricePlanVersion | None:
        """Load the version."""
        return await linked(
            info, load_plan_version_heads, key=self.plan_version_key, show=PricePlanVersion.of
        )

    @strawberry.field(
        description="The version of a conditional plan's base plan, which prices what it lacks."
    )
    @requires(Capability.CATALOGUE_READ, customers=Capability.SUBSCRIPTION_READ)
    async def base_plan_version(self, info: Info) -> PricePlanVersion | None:
        """Load the version."""
        return await linked(
            info, load_plan_version_heads, key=self.base_version_key, show=PricePlanVersion.of
        )

    @strawberry.field(description="The version of the billing terms.")
    @requires(Capability.CATALOGUE_READ, customers=Capability.SUBSCRIPTION_READ)
    async def billing_terms_version(self, info: Info) -> BillingTermsVersion | None:
        """Load the version."""
        return await linked(
            info, load_terms, key=self.terms_version_key, show=BillingTermsVersion.of
        )


@strawberry.type(description="A product of a subscription, with a quantity, from when on.")
class SubscriptionItem:
    """One revision of an item; several share an id when the quantity changed."""

    id: strawberry.ID = strawberry.field(
        description="The same through all changes of its quantity."
    )
    revision: int = strawberry.field(description="Counts the changes of its quantity.")
    quantity: Decimal = strawberry.field(
        description="How many; 1 where usage or a gauge gives the quantity."
    )
    from_at: datetime = strawberry.field(description="The first instant of this quantity.")
    until_at: datetime | None = strawberry.field(
        description="The first instant behind it; null: it goes on."
    )
    is_trial: bool = strawberry.field(
        description="Whether it is tried: it owes nothing, and its usage is free."
    )
    committed: Decimal | None = strawberry.field(
        description="The units that are charged at least, by what was agreed; null: its own."
    )
    product_key: strawberry.Private[UUID]

    @classmethod
    def of(cls, record: records.Item) -> SubscriptionItem:
        """Show a record."""
        return cls(
            id=ITEM_ID.encode(record.item_id),
            revision=record.revision,
            quantity=Decimal(decimal_text(record.quantity)),
            from_at=record.from_at,
            until_at=record.until_at,
            is_trial=record.is_trial,
            committed=_units(record.committed),
            product_key=record.product_id,
        )

    @strawberry.field(description="The product.")
    @requires(Capability.CATALOGUE_READ, customers=Capability.SUBSCRIPTION_READ)
    async def product(self, info: Info) -> Product | None:
        """Load the product."""
        return await linked(info, load_products, key=self.product_key, show=Product.of)


def _units(quantity: Decimal | None) -> Decimal | None:
    return None if quantity is None else Decimal(decimal_text(quantity))


@strawberry.type(description="What an account is subscribed to.")
class Subscription(Node):
    """A subscription; its columns are here, what hangs from it is loaded."""

    ref: str | None = strawberry.field(description="Your own reference, unique when given.")
    type: str | None = strawberry.field(description="Your own word for its kind.")
    agreement_date: date = strawberry.field(description="When it was agreed.")
    currency: CurrencyCode = strawberry.field(description="What it is billed in.")
    timezone: str = strawberry.field(description="The zone that its periods begin in.")
    anchor: date = strawberry.field(description="The day that its periods are counted from.")
    starts_at: datetime = strawberry.field(description="When it starts.")
    ends_at: datetime | None = strawberry.field(description="When it ends; null: it goes on.")
    created_at: datetime = strawberry.field(description="When it was made.")
    key: strawberry.Private[UUID]
    account_key: strawberry.Private[UUID]
    record: strawberry.Private[records.Subscription]

    @classmethod
    def of(cls, record: records.Subscription) -> Subscription:
        """Show a record."""
        return cls(
            id=SUBSCRIPTION_ID.encode(record.id),
            ref=record.ref,
            type=record.type,
            agreement_date=record.agreement_date,
            currency=CurrencyCode(record.currency),
            timezone=record.timezone,
            anchor=record.anchor,
            starts_at=record.starts_at,
            ends_at=record.ends_at,
            created_at=record.created_at,
            key=record.id,
            account_key=record.account_id,
            record=record,
        )

    @strawberry.field(description="Your own grouping; customers do not read it.")
    @requires_a_key(customers=True)
    async def classification(self, info: Info) -> str | None:
        """Return the grouping."""
        return unless_customer(info, self.record.classification, None)

    @strawberry.field(
        description="Attributes of your own, which conditions read; customers read none."
    )
    @requires_a_key(customers=True)
    async def attributes(self, info: Info) -> list[Attribute]:
        """Return the attributes."""
        return unless_customer(info, shown_attributes(self.record.attributes), [])

    @strawberry.field(description="Where it is in its life, by the account's time.")
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    async def state(self, info: Info) -> SubscriptionState:
        """Return the state as of now: what is over says so before the closing stores it."""
        now = await loading.account_time(info.context, self.account_key)
        rests = await info.context.loaders.of(loading.load_rests).load(self.key)
        is_resting = any(rest.holds(now) for rest in rests)
        found = state_at(
            self.record.state, ends_at=self.record.ends_at, now=now, is_resting=is_resting
        )
        return SubscriptionState(shown(found))

    @strawberry.field(description="The account.")
    @requires(Capability.ACCOUNT_READ, customers=True)
    async def account(self, info: Info) -> Account | None:
        """Load the account."""
        return await linked(info, load_accounts, key=self.account_key, show=Account.of)

    @strawberry.field(
        description="Its items as they are now and will be; with `history`, as they were too."
    )
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    async def items(
        self, info: Info, *, history: loading.History = False
    ) -> list[SubscriptionItem]:
        """Load the items, revision by revision."""
        found = await info.context.loaders.of(loading.load_items).load(self.key)
        if not history:
            now = await loading.account_time(info.context, self.account_key)
            found = [item for item in found if item.until_at is None or item.until_at > now]
        return [SubscriptionItem.of(item) for item in found]

    @strawberry.field(
        description="The phase that holds now, or the first one where the start is ahead; null "
        "once it is over."
    )
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    async def phase(self, info: Info) -> SubscriptionPhase | None:
        """Choose the present phase."""
        now = await loading.account_time(info.context, self.account_key)
        at = max(now, self.record.starts_at)
        found = await info.context.loaders.of(loading.load_phases).load(self.key)
        return next((SubscriptionPhase.of(phase) for phase in found if phase.holds(at)), None)

    @strawberry.field(description="Its phases, the first one first.")
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    async def phases(self, info: Info) -> list[SubscriptionPhase]:
        """Load the phases."""
        found = await info.context.loaders.of(loading.load_phases).load(self.key)
        return [SubscriptionPhase.of(phase) for phase in found]
