"""Alerts and what they have told, as the schema shows them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.loading import load_accounts
from api.features.accounts.types import Account
from api.features.alerts.loading import load_alerts
from api.features.catalogue.loading import load_price_plans, load_products
from api.features.catalogue.plans import PricePlan
from api.features.catalogue.types import Product
from api.features.subscriptions.loading import load_subscriptions
from api.features.subscriptions.types import Subscription
from api.features.tenancy.actors import Actor
from api.graphql.ids import IdKind
from api.graphql.nodes import Node
from api.graphql.scalars import CurrencyCode
from api.linked import linked
from core.alerts import records
from core.rating.working import plain
from core.tenancy import Capability

ALERT_ID: Final = IdKind(prefix="alr", type_name="Alert")
ALERT_EVENT_ID: Final = IdKind(prefix="ale", type_name="AlertEvent")


@strawberry.enum(description="What an alert measures.")
class AlertMeasure(Enum):
    """The measures of alerts."""

    USAGE_AMOUNT = strawberry.enum_value(
        "usage_amount",
        description="What the usage of a period costs, before tax and discounts.",
    )
    NEXT_INVOICE = strawberry.enum_value(
        "next_invoice",
        description="What the next invoice would be before tax, with fees and discounts.",
    )
    QUANTITY = strawberry.enum_value(
        "quantity", description="How much was used of a product in a period."
    )
    ALLOWANCE = strawberry.enum_value(
        "allowance", description="How many percent of what is granted of a feature are used up."
    )


@strawberry.type(
    description="What is watched. It only tells: a threshold that is reached stops nothing."
)
class Alert(Node):
    """An alert; it stays readable when it is removed."""

    name: str = strawberry.field(description="What it is called.")
    measure: AlertMeasure = strawberry.field(description="What it measures.")
    thresholds: list[Decimal] = strawberry.field(
        description="What has to be reached: amounts, quantities, or percents of the budget or "
        "of what is granted; ascending."
    )
    budget: Decimal | None = strawberry.field(
        description="What the thresholds are percents of; null where they are none, and with "
        "an allowance, which is its own."
    )
    currency: CurrencyCode | None = strawberry.field(
        description="The currency of amounts; what is priced in another one is not measured."
    )
    feature: str | None = strawberry.field(description="The feature of an allowance.")
    is_active: bool = strawberry.field(description="Whether it watches; false once removed.")
    created_at: datetime = strawberry.field(description="When it was defined.")
    defined_by: Actor = strawberry.field(description="Who defined it.")
    key: strawberry.Private[UUID]
    record: strawberry.Private[records.Alert]

    @classmethod
    def of(cls, record: records.Alert) -> Alert:
        """Show a record."""
        currency = record.currency
        return cls(
            id=ALERT_ID.encode(record.id),
            name=record.name,
            measure=AlertMeasure(record.measure),
            thresholds=[Decimal(plain(each)) for each in record.thresholds],
            budget=None if record.budget is None else Decimal(plain(record.budget)),
            currency=None if currency is None else CurrencyCode(currency),
            feature=record.feature,
            is_active=record.state == "active",
            created_at=record.created_at,
            defined_by=Actor.of(record.defined_by),
            key=record.id,
            record=record,
        )

    @strawberry.field(description="The account that it watches; null: it watches several.")
    @requires(Capability.ACCOUNT_READ)
    async def account(self, info: Info) -> Account | None:
        """Load the account."""
        return await linked(info, load_accounts, key=self.record.account_id, show=Account.of)

    @strawberry.field(description="The subscription that it watches; null: it watches several.")
    @requires(Capability.SUBSCRIPTION_READ)
    async def subscription(self, info: Info) -> Subscription | None:
        """Load the subscription."""
        return await linked(
            info, load_subscriptions, key=self.record.subscription_id, show=Subscription.of
        )

    @strawberry.field(description="Subscriptions that hold this product are watched.")
    @requires(Capability.CATALOGUE_READ)
    async def holds(self, info: Info) -> Product | None:
        """Load the product that is held."""
        return await linked(
            info, load_products, key=self.record.holds_product_id, show=Product.of
        )

    @strawberry.field(description="Subscriptions on this plan are watched.")
    @requires(Capability.CATALOGUE_READ)
    async def price_plan(self, info: Info) -> PricePlan | None:
        """Load the plan."""
        return await linked(
            info, load_price_plans, key=self.record.price_plan_id, show=PricePlan.of
        )

    @strawberry.field(description="The product whose usage is measured.")
    @requires(Capability.CATALOGUE_READ)
    async def product(self, info: Info) -> Product | None:
        """Load the product that is used."""
        return await linked(info, load_products, key=self.record.product_id, show=Product.of)


@strawberry.type(
    description="A threshold was reached: once for each threshold, subscription and period."
)
class AlertEvent(Node):
    """What an alert has told; it never changes."""

    threshold: Decimal = strawberry.field(description="The threshold, as the alert had it.")
    level: Decimal = strawberry.field(
        description="What had to be reached: the threshold, or that percentage of the budget."
    )
    value: Decimal = strawberry.field(
        description="What was measured: an amount, a quantity, or percents of an allowance."
    )
    currency: CurrencyCode | None = strawberry.field(description="The currency of an amount.")
    period_from: datetime = strawberry.field(
        description="The first instant of the period, or of the allowance."
    )
    period_until: datetime | None = strawberry.field(
        description="The first instant behind it; null for an allowance without an end."
    )
    raised_at: datetime = strawberry.field(description="When it was told, in account time.")
    key: strawberry.Private[UUID]
    record: strawberry.Private[records.AlertEvent]

    @classmethod
    def of(cls, record: records.AlertEvent) -> AlertEvent:
        """Show a record."""
        currency = record.currency
        return cls(
            id=ALERT_EVENT_ID.encode(record.id),
            threshold=Decimal(plain(record.threshold)),
            level=Decimal(plain(record.level)),
            value=Decimal(plain(record.value)),
            currency=None if currency is None else CurrencyCode(currency),
            period_from=record.period_from,
            period_until=record.period_until,
            raised_at=record.raised_at,
            key=record.id,
            record=record,
        )

    @strawberry.field(description="The alert.")
    @requires(Capability.USAGE_READ)
    async def alert(self, info: Info) -> Alert | None:
        """Load the alert."""
        return await linked(info, load_alerts, key=self.record.alert_id, show=Alert.of)

    @strawberry.field(description="The account.")
    @requires(Capability.ACCOUNT_READ)
    async def account(self, info: Info) -> Account | None:
        """Load the account."""
        return await linked(info, load_accounts, key=self.record.account_id, show=Account.of)

    @strawberry.field(description="The subscription whose usage it was.")
    @requires(Capability.SUBSCRIPTION_READ)
    async def subscription(self, info: Info) -> Subscription | None:
        """Load the subscription."""
        return await linked(
            info, load_subscriptions, key=self.record.subscription_id, show=Subscription.of
        )
