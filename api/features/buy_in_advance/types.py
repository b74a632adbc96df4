"""Requests, and the durations on offer, as the schema shows them."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.subscriptions.loading import load_periods, load_subscriptions
from api.features.subscriptions.periods import BillingPeriod
from api.features.subscriptions.types import Subscription
from api.features.tenancy.actors import Actor
from api.graphql.ids import IdKind
from api.graphql.nodes import Node
from api.linked import linked
from core.buy_in_advance import records
from core.buy_in_advance.durations import Durations
from core.tenancy import Capability

REQUEST_ID: Final = IdKind(prefix="advance", type_name="AdvanceRequest")


@strawberry.enum(description="What became of a request to be billed in advance.")
class AdvanceRequestState(Enum):
    """The states of a request."""

    WAITING = strawberry.enum_value(
        "waiting", description="The next billing takes it; it may be amended or cancelled."
    )
    BILLED = strawberry.enum_value("billed", description="A billing took it.")
    REJECTED = strawberry.enum_value(
        "rejected", description="It did not hold any more when it was to be billed."
    )
    CANCELLED = strawberry.enum_value("cancelled", description="It was withdrawn.")


@strawberry.enum(description="What a duration counts.")
class DurationUnit(Enum):
    """Units of the calendar."""

    DAY = strawberry.enum_value("day", description="Days.")
    WEEK = strawberry.enum_value("week", description="Weeks.")
    MONTH = strawberry.enum_value("month", description="Months.")
    YEAR = strawberry.enum_value("year", description="Years.")


@strawberry.type(description="Durations that a subscription may ask for.")
class AvailableDurations:
    """From the shortest to the longest."""

    shortest: int = strawberry.field(description="The shortest, inclusive.")
    longest: int = strawberry.field(description="The longest, inclusive.")
    unit: DurationUnit = strawberry.field(description="What is counted.")

    @classmethod
    def of(cls, found: Durations) -> AvailableDurations:
        """Show what is on offer."""
        return cls(
            shortest=found.shortest, longest=found.longest, unit=DurationUnit(found.unit)
        )


@strawberry.type(
    description="A request to be billed for longer than the billing terms' frequency."
)
class AdvanceRequest(Node):
    """A request."""

    duration: str = strawberry.field(description="For how long: 12 months.")
    note: str = strawberry.field(description="A word of whoever made it.")
    state: AdvanceRequestState = strawberry.field(description="What became of it.")
    reason: str | None = strawberry.field(description="Why it was rejected.")
    requested_by: Actor = strawberry.field(description="Who made it.")
    requested_at: datetime = strawberry.field(description="When, in the account's time.")
    settled_by: Actor | None = strawberry.field(
        description="Who billed, rejected or cancelled it."
    )
    settled_at: datetime | None = strawberry.field(description="When that was.")
    key: strawberry.Private[UUID]
    subscription_key: strawberry.Private[UUID]
    period_key: strawberry.Private[UUID | None]

    @classmethod
    def of(cls, record: records.AdvanceRequest) -> AdvanceRequest:
        """Show a record."""
        return cls(
            id=REQUEST_ID.encode(record.id),
            duration=record.duration,
            note=record.note,
            state=AdvanceRequestState(record.state),
            reason=record.reason,
            requested_by=Actor.of(record.requested_by),
            requested_at=record.requested_at,
            settled_by=Actor.maybe(record.settled_by),
            settled_at=record.settled_at,
            key=record.id,
            subscription_key=record.subscription_id,
            period_key=record.period_id,
        )

    @strawberry.field(description="The subscription.")
    @requires(Capability.SUBSCRIPTION_READ)
    async def subscription(self, info: Info) -> Subscription | None:
        """Load the subscription."""
        return await linked(
            info, load_subscriptions, key=self.subscription_key, show=Subscription.of
        )

    @strawberry.field(description="The period that it made longer, once a billing took it.")
    @requires(Capability.SUBSCRIPTION_READ)
    async def period(self, info: Info) -> BillingPeriod | None:
        """Load the period."""
        return await linked(info, load_periods, key=self.period_key, show=BillingPeriod.of)
